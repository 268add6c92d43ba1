r"""Faults on demand: what goes wrong between the tenant and its caller, deterministic and per request.

    faults.script(("GET", r"riskDetections"), Fault.answer(503), Fault.reset())   # the next two such calls
    faults.always(("GET", r"riskyUsers\?"), Fault.broken_last_link())             # until clear()
    faults.rate(0.2, [Fault.answer(500), Fault.reset(carried_out=True)], seed=7)  # one call in five
    faults.on_request(hook)                                                       # awaited as requests come

A fault strikes only requests that token and limits let pass. Matching is on the path with its query, below /v1.0
included. Inside a batch only faults that need no wire strike (answers and changed pages).
"""

import random
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from sim.tenant.gateway import Incoming
from sim.tenant.odata import options
from sim.tenant.paging import Place, Places
from sim.tenant.refusal import Answer, GraphError

Kind = Literal[
    "nothing",
    "answer",
    "reset",
    "truncated",
    "malformed",
    "delay",
    "empty_page",
    "foreign_link",
    "repeated_link",
    "unknown_enum",
    "broken_last_link",
]
_ON_THE_WIRE = frozenset({"reset", "truncated", "malformed", "delay"})
_CODES = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "Forbidden",
    404: "NotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
FUTURE_MEMBER = "memberOfAFutureVersion"
_ENUMS = frozenset(
    {
        "authenticationType",
        "classification",
        "conditionalAccessStatus",
        "result",
        "riskDetail",
        "riskEventType",
        "riskLevel",
        "riskLevelDuringSignIn",
        "riskState",
        "severity",
        "state",
        "status",
        "userType",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `carried_out`: whether the tenant does what was asked before it goes wrong."""

    kind: Kind
    status: int = 0
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    host: str = ""
    carried_out: bool = True

    @classmethod
    def nothing(cls) -> "Fault":
        """Let this one pass."""
        return cls("nothing")

    @classmethod
    def answer(
        cls, status: int, body: object = None, *, headers: Mapping[str, str] | None = None, carried_out: bool = False
    ) -> "Fault":
        """Another answer: a JSON value, a str for a body that isn't JSON, or None for Graph's usual error body."""
        return cls("answer", status=status, body=body, headers=headers or {}, carried_out=carried_out)

    @classmethod
    def reset(cls, *, carried_out: bool = False) -> "Fault":
        """The connection is reset without an answer."""
        return cls("reset", carried_out=carried_out)

    @classmethod
    def truncated(cls) -> "Fault":
        """Half of the body, and then the connection ends; an answer without a body becomes a reset."""
        return cls("truncated")

    @classmethod
    def malformed(cls) -> "Fault":
        """A whole body that isn't JSON; an answer without a body stays as it is."""
        return cls("malformed")

    @classmethod
    def delay(cls, seconds: float) -> "Fault":
        """The right answer, late."""
        return cls("delay", seconds=seconds)

    @classmethod
    def empty_page(cls) -> "Fault":
        """An empty page whose nextLink leads to what should have stood on it."""
        return cls("empty_page")

    @classmethod
    def foreign_link(cls, host: str = "graph.example.net") -> "Fault":
        """A nextLink to another host."""
        return cls("foreign_link", host=host)

    @classmethod
    def repeated_link(cls) -> "Fault":
        """A nextLink that leads back to this page."""
        return cls("repeated_link")

    @classmethod
    def unknown_enum(cls) -> "Fault":
        """Enum values on the page's first row that nobody knows."""
        return cls("unknown_enum")

    @classmethod
    def broken_last_link(cls) -> "Fault":
        """The last page gets a nextLink, and that answers 400 with an empty message (a known fault of riskyUsers)."""
        return cls("broken_last_link")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a hook is told."""

    method: str
    path: str
    """With its query."""
    family: str
    body: bytes
    moment: Literal["arrived", "carried out"]
    """`arrived`: nothing is done yet; `carried out`: done, and the answer not yet sent."""


Match = Callable[[str, str], bool] | tuple[str, str]
"""A predicate of method and path with query, or (method, regular expression searched in the path with query)."""
Hook = Callable[[Arrival], Awaitable[None]]


class Faults:
    """The faults of one server. Scripts are tried in the order given, then `always`, then the rate."""

    def __init__(self) -> None:
        self._hooks: list[Hook] = []
        self.clear()

    def clear(self) -> None:
        """No faults and no hooks from now on."""
        self._hooks.clear()
        self._scripts: list[tuple[Match, deque[Fault]]] = []
        self._always: list[tuple[Match, Fault]] = []
        self._rate = 0.0
        self._kinds: tuple[Fault, ...] = ()
        self._random = random.Random(0)  # noqa: S311 - a story, not a secret

    def script(self, match: Match, *faults: Fault) -> None:
        """Let the next matching requests meet these faults, one each."""
        self._scripts.append((match, deque(faults)))

    def always(self, match: Match, fault: Fault) -> None:
        """Let every matching request meet this fault."""
        self._always.append((match, fault))

    def rate(self, share: float, kinds: Iterable[Fault], *, seed: int = 0) -> None:
        """Let this share of all requests meet one of these faults, by lot."""
        self._rate, self._kinds, self._random = share, tuple(kinds), random.Random(seed)  # noqa: S311 - as above

    def on_request(self, hook: Hook) -> None:
        """Await this hook as a request arrives, and again after it was carried out."""
        self._hooks.append(hook)

    async def tell(self, arrival: Arrival) -> None:
        """Await the hooks."""
        for hook in list(self._hooks):
            await hook(arrival)

    def draw(self, incoming: Incoming, *, inner: bool = False) -> Fault:
        """The fault that this request meets."""
        for match, faults in self._scripts:
            if faults and _matches(match, incoming) and not (inner and faults[0].kind in _ON_THE_WIRE):
                return faults.popleft()
        for match, fault in self._always:
            if _matches(match, incoming) and not (inner and fault.kind in _ON_THE_WIRE):
                return fault
        if self._kinds and not inner and self._random.random() < self._rate:
            return self._random.choice(self._kinds)
        return Fault.nothing()


def replaced(fault: Fault) -> GraphError | Answer:
    """What stands in for the answer under a fault of kind `answer`."""
    if fault.body is None and fault.status >= 400:  # noqa: PLR2004 - HTTP's errors
        code = _CODES.get(fault.status, "UnknownError")
        return GraphError(fault.status, code, "An error occurred; please retry your request.", fault.headers)
    return Answer(fault.status, fault.body, dict(fault.headers))


def changed(fault: Fault, answer: Answer, incoming: Incoming, places: Places, base_url: str) -> Answer:
    """The page as a fault changes it; an answer that is no page stays as it is."""
    if not isinstance(answer.body, dict) or not isinstance(answer.body.get("value"), list):
        return answer
    body = dict(answer.body)
    if fault.kind == "empty_page" and "delta" not in incoming.path:
        body |= {"value": [], "@odata.nextLink": _link(incoming, places, base_url, broken=False)}
    elif fault.kind == "broken_last_link" and "@odata.nextLink" not in body:
        body["@odata.nextLink"] = _link(incoming, places, base_url, broken=True)
    elif fault.kind == "repeated_link":
        body["@odata.nextLink"] = base_url + incoming.target
    elif fault.kind == "foreign_link":
        parts = urlsplit(body.get("@odata.nextLink", base_url + incoming.target))
        body["@odata.nextLink"] = urlunsplit(parts._replace(scheme="https", netloc=fault.host))
    elif fault.kind == "unknown_enum":
        body["value"] = [_from_the_future(row) if index == 0 else row for index, row in enumerate(body["value"])]
    return Answer(answer.status, body, answer.headers)


def _link(incoming: Incoming, places: Places, base_url: str, *, broken: bool) -> str:
    given = options(incoming.query, frozenset({"$filter", "$select", "$top", "$count", "$skiptoken"}))
    path = "/" + "/".join(incoming.segments)
    place = places.resolve(path, given)
    carried = tuple((name, value) for name, value in given.items() if name != "$skiptoken")
    after, detours = (place.after, place.detours) if place else ("", 0)
    return places.link(base_url, Place(path, carried, after, broken, detours + 1))


def _from_the_future(row: dict[str, Any]) -> dict[str, Any]:
    return {name: FUTURE_MEMBER if name in _ENUMS and isinstance(value, str) else value for name, value in row.items()}


def _matches(match: Match, incoming: Incoming) -> bool:
    if callable(match):
        return match(incoming.method, incoming.target)
    return match[0] == incoming.method and re.search(match[1], incoming.target) is not None
