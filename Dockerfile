FROM python:3.11-slim AS build
COPY requirements.lock .
RUN python -m venv /app && /app/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data countersign && install -d -o countersign /data
COPY --from=build /app /app
COPY bot /app/src/bot
COPY sim /app/src/sim
RUN printf '#!/bin/sh\nexec /app/bin/python -m bot "$@"\n' > /usr/local/bin/countersign && chmod 755 /usr/local/bin/countersign
ENV PYTHONPATH=/app/src COUNTERSIGN_DATA_DIR=/data PYTHONUNBUFFERED=1
USER countersign
VOLUME /data
ENTRYPOINT ["countersign"]
CMD ["run"]
