FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md ./
RUN python -m venv /app && /app/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY bot ./bot
RUN pip install --no-cache-dir hatchling==1.27.0 \
 && pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /app/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data countersign && install -d -o countersign /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH COUNTERSIGN_DATA_DIR=/data PYTHONUNBUFFERED=1
USER countersign
VOLUME /data
ENTRYPOINT ["countersign"]
CMD ["run"]
