"""The service on a socket: key, user agent, rate limit, then the answer.

Source: Have I Been Pwned, API v3: "Authorisation", "Specifying the user agent", "Rate limiting", "Response codes",
"Getting all breaches for an account", "Getting the subscription status".
"""

import math
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiohttp import web

_MINUTE = 60.0
_LONGEST_ACCOUNT = 254
_DEFAULT_AGENTS = ("python-httpx", "python/", "python-requests", "aiohttp", "curl/")
"""The documents let requests be refused whose agent doesn't say who asks; here they are."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach, with the fields of the breach model that are asked for."""

    name: str
    breach_date: date
    data_classes: tuple[str, ...] = ("Email addresses", "Passwords")
    is_fabricated: bool = False
    added: datetime = field(default=datetime(2025, 1, 1, tzinfo=UTC))

    def shown(self, *, whole: bool) -> dict[str, Any]:
        """As the service writes it: its name alone where the response is truncated, which is the default."""
        if not whole:
            return {"Name": self.name}
        return {
            "Name": self.name,
            "Title": self.name,
            "Domain": f"{self.name.lower()}.example",
            "BreachDate": self.breach_date.isoformat(),
            "AddedDate": f"{self.added:%Y-%m-%dT%H:%M:%SZ}",
            "ModifiedDate": f"{self.added:%Y-%m-%dT%H:%M:%SZ}",
            "PwnCount": 1000,
            "Description": f"An <em>invented</em> breach of {self.name}.",
            "DataClasses": list(self.data_classes),
            "IsVerified": True,
            "IsFabricated": self.is_fabricated,
            "IsSensitive": False,
            "IsRetired": False,
            "IsSpamList": False,
            "IsMalware": False,
            "IsStealerLog": False,
            "IsSubscriptionFree": False,
        }


class RequestRecord(NamedTuple):
    """One line of the service's log."""

    time: float
    """Monotonic seconds."""
    path: str
    """Decoded, without its query."""
    status: int


class BreachServer:
    """One subscription at the service."""

    def __init__(self, *, key: str, per_minute: int = 10, scale: float = 1.0) -> None:
        self.key = key
        self.per_minute = per_minute
        self.is_down = False
        self.requests: list[RequestRecord] = []
        self._window = _MINUTE / scale
        self._known: dict[str, list[Breach]] = {}
        self._counted: deque[float] = deque()
        self._runner: web.AppRunner | None = None
        self._address = ""

    @property
    def url(self) -> str:
        """http://host:port, without a slash at the end."""
        return self._address

    def know(self, address: str, *breaches: Breach) -> None:
        """The address is in these breaches from now on."""
        self._known.setdefault(address.strip().lower(), []).extend(breaches)

    @property
    def asked(self) -> list[str]:
        """The accounts that were asked about and answered, in order."""
        start = "/api/v3/breachedaccount/"
        return [
            each.path.removeprefix(start)
            for each in self.requests
            if each.path.startswith(start) and each.status in {200, 404}
        ]

    async def __aenter__(self) -> Self:
        """Listen on a free port of loopback."""
        application = web.Application()
        application.router.add_get("/api/v3/breachedaccount/{account:.*}", self._answer)
        application.router.add_get("/api/v3/subscription/status", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self._address = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and close all connections."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        response = self._refusal(request) or self._found(request)
        self.requests.append(RequestRecord(time.monotonic(), request.path, response.status))
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        agent = request.headers.get("User-Agent", "").strip().lower()
        if not agent or agent.startswith(_DEFAULT_AGENTS):
            return web.Response(status=403, text="Forbidden: a descriptive user agent is required")
        key = request.headers.get("hibp-api-key")
        if key != self.key:
            why = "missing" if key is None else "invalid"
            message = f"Access denied due to {why} hibp-api-key."
            return web.json_response({"statusCode": 401, "message": message}, status=401)
        if self.is_down:
            return web.Response(status=503, text="Service unavailable")
        return self._throttled()

    def _throttled(self) -> web.Response | None:
        """At most so many in any minute; what is refused does not count."""
        now = time.monotonic()
        while self._counted and self._counted[0] <= now - self._window:
            self._counted.popleft()
        if len(self._counted) < self.per_minute:
            self._counted.append(now)
            return None
        seconds = max(1, math.ceil(self._counted[0] + self._window - now))
        message = f"Rate limit is exceeded. Try again in {seconds} seconds."
        headers = {"retry-after": str(seconds)}
        return web.json_response({"statusCode": 429, "message": message}, status=429, headers=headers)

    def _found(self, request: web.Request) -> web.Response:
        account = request.match_info.get("account")
        if account is None:
            return web.json_response(
                {
                    "SubscriptionName": "Pwned 1",
                    "Description": "Domains with up to 25 breached addresses",
                    "SubscribedUntil": "2099-12-31T23:59:59",
                    "Rpm": self.per_minute,
                    "DomainSearchMaxBreachedAccounts": 25,
                    "IncludesStealerLogs": False,
                }
            )
        account = account.strip().lower()
        if not account or len(account) > _LONGEST_ACCOUNT:
            return web.json_response({"statusCode": 400, "message": "Bad request"}, status=400)
        breaches = self._known.get(account, [])
        if not breaches:
            return web.Response(status=404)
        whole = request.query.get("truncateResponse", "true").lower() == "false"
        return web.json_response([breach.shown(whole=whole) for breach in breaches])
