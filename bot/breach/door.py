"""The door itself: Have I Been Pwned's API v3, or a service that speaks it.

Source: Have I Been Pwned, API v3. The key goes in `hibp-api-key`, a user agent is required (403 without), 404 means
that the address is in no breach, 429 names the seconds to wait in `retry-after`.
"""

import asyncio
import ipaddress
import logging
from urllib.parse import quote, urlsplit

import httpx

from bot.breach.answers import allowed_in, leaks_in
from bot.ports.breaches import BreachError, BreachProblem
from bot.ports.world import World
from bot.watch.breach import Leak

PATIENCE_SECONDS = 15.0
TRIES = 4
"""So often a question is put that meets the rate limit."""
LONGEST_WAIT = 300.0
"""Seconds. A longer retry-after is not waited for in full."""
UNNAMED_WAIT = 2.0
"""Seconds, where a refusal names none."""
_SLACK = 1.02
"""A little slower than allowed, since calls that leave evenly arrive unevenly."""
_USER_AGENT = "Countersign (asks about a sample of flagged users of the organisation that owns this key)"
_PROBLEMS = {
    400: BreachProblem.ADDRESS_REFUSED,
    401: BreachProblem.KEY_REFUSED,
    403: BreachProblem.FORBIDDEN,
    429: BreachProblem.THROTTLED,
}
_OK, _NOT_FOUND, _THROTTLED = 200, 404, 429


class BreachDoor:
    """bot.ports.breaches.Breaches."""

    def __init__(self, *, url: str, key: str, per_minute: int, world: World) -> None:
        """Nothing is sent yet. url: without a path; http on a loopback address alone, as the settings see to."""
        for name in ("httpx", "httpcore"):  # they log URLs at INFO, and ours hold addresses
            logging.getLogger(name).setLevel(logging.WARNING)
        self._url = url.rstrip("/")
        self._per_minute = per_minute
        self._world = world
        self._turn = asyncio.Lock()
        self._opens_at = world.monotonic()
        self._client = httpx.AsyncClient(
            headers={"hibp-api-key": key, "user-agent": _USER_AGENT, "accept": "application/json"},
            timeout=PATIENCE_SECONDS,
            trust_env=not _is_loopback(url),  # a proxy is for the world outside
        )

    @property
    def per_minute(self) -> int:
        """How many questions a minute it is asked at most."""
        return self._per_minute

    async def leaks_of(self, address: str) -> tuple[Leak, ...]:
        """The breaches that have this address together with a password. Raises BreachError."""
        body = await self._ask(f"breachedaccount/{quote(address.strip(), safe='')}?truncateResponse=false")
        return leaks_in(body) if body is not None else ()

    async def allowed_per_minute(self) -> int:
        """How many questions a minute the key allows. Raises BreachError."""
        body = await self._ask("subscription/status")
        if body is None:
            raise BreachError(BreachProblem.MALFORMED)
        return allowed_in(body)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, what: str) -> bytes | None:
        """The body of the answer; None where there is nothing. One question at a time, each in its turn."""
        async with self._turn:
            for left in reversed(range(TRIES)):
                response = await self._get(what)
                if response.status_code == _THROTTLED and left:
                    self._opens_at = max(self._opens_at, self._world.monotonic() + _seconds_to_wait(response))
                    continue
                if response.status_code == _OK:
                    return response.content
                if response.status_code == _NOT_FOUND:
                    return None
                break
            raise BreachError(_PROBLEMS.get(response.status_code, BreachProblem.UNAVAILABLE))

    async def _get(self, what: str) -> httpx.Response:
        await asyncio.sleep(max(0.0, self._opens_at - self._world.monotonic()))
        self._opens_at = self._world.monotonic() + 60 / self._per_minute * _SLACK
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._client.get(f"{self._url}/api/v3/{what}")
        except (httpx.HTTPError, TimeoutError):
            raise BreachError(BreachProblem.UNAVAILABLE) from None  # its words hold the URL


def _seconds_to_wait(response: httpx.Response) -> float:
    named = response.headers.get("retry-after", "").strip()
    return min(float(named), LONGEST_WAIT) if named.isdecimal() else UNNAMED_WAIT


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class BreachDoors:
    """Opens the doors that tenants need, one a key: tenants with the same key take turns at the same pace."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._opened: dict[tuple[str, str], BreachDoor] = {}

    def open(self, *, url: str, key: str, per_minute: int) -> BreachDoor | None:
        """The door behind this key, opened or not; None without a key. The pace is the one named first."""
        if not key:
            return None
        if (url, key) not in self._opened:
            self._opened[url, key] = BreachDoor(url=url, key=key, per_minute=per_minute, world=self._world)
        return self._opened[url, key]

    async def close(self) -> None:
        """Close them all."""
        for door in self._opened.values():
            await door.close()
