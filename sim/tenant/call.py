"""One request as an endpoint sees it, and what an endpoint is."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sim.tenant import odata
from sim.tenant.paging import Place, Places
from sim.tenant.refusal import Answer, bad_request
from sim.tenant.tenant import Tenant

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(slots=True)
class Call:
    """A request that got past token, limits and permissions."""

    tenant: Tenant
    places: Places
    base_url: str
    path: str
    """Below /v1.0, decoded."""
    parameters: dict[str, str]
    """What stands at the braces of the route's template."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def options(self, *allowed: str) -> dict[str, str]:
        """The query options; any other than these is refused."""
        return odata.options(self.query, frozenset(allowed))

    def json_object(self, *required: str, optional: Iterable[str] = ()) -> dict[str, Any]:
        """The body's object, with these properties and no others."""
        if not self.headers.get("content-type", "").lower().startswith("application/json"):
            raise bad_request("Write requests (excluding DELETE) must contain the Content-Type header declaration.")
        try:
            value = json.loads(self.body)
        except ValueError:
            raise bad_request(
                "Unable to read JSON request payload. Please ensure Content-Type header is set "
                "and payload is of valid JSON format."
            ) from None
        if not isinstance(value, dict):
            raise bad_request("Unable to read JSON request payload: an object is expected.")
        for name in required:
            if name not in value:
                raise bad_request(f"The request payload lacks the parameter '{name}'.")
        for name in value:
            if name not in required and name not in optional:
                raise bad_request(
                    f"The parameter '{name}' in the request payload is not a valid parameter for the operation."
                )
        return value

    def prefers(self, preference: str) -> bool:
        """Whether the caller sent this preference."""
        return preference in {part.strip().lower() for part in self.headers.get("prefer", "").split(",")}

    def context(self, entity_set: str, selected: tuple[str, ...] | None = None) -> str:
        """The @odata.context of an answer."""
        return f"{self.base_url}/v1.0/$metadata#{entity_set}" + (f"({','.join(selected)})" if selected else "")


Handle = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: where it is, which budget it draws on, who may call it, and what it does."""

    method: str
    template: str
    """Segments below /v1.0; `{name}` stands for any one segment."""
    family: str
    permissions: frozenset[str]
    handle: Handle
    units: int = 1
    """Resource units in the directory family, before $select, $top and $expand are counted."""
    writes: str = ""
    """The name of the write in the tenant's log; empty for a reading."""
    segments: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(self.template.split("/")))

    def parameters(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """What the braces stand for in this path; None when the path is another's."""
        if len(segments) != len(self.segments):
            return None
        found = {}
        for mine, given in zip(self.segments, segments, strict=True):
            if mine.startswith("{"):
                found[mine.strip("{}")] = given
            elif mine != given:
                return None
        return found


@dataclass(frozen=True, slots=True)
class Listing:
    """How a collection is shown."""

    context: str
    size: int
    options: dict[str, str]
    """Those that a nextLink must carry on."""
    show: Callable[[Any], dict[str, Any]]


def page(
    call: Call, things: Iterable[Any], listing: Listing, mark: Callable[[Any], str] = lambda thing: str(thing.id)
) -> Answer:
    """One page of things, and the link to the next one if there is more. `mark` says where a thing stands."""
    found = list(islice(things, listing.size + 1))
    rows = found[: listing.size]
    body: dict[str, Any] = {"@odata.context": listing.context}
    if len(found) > listing.size:
        carried = tuple((name, value) for name, value in listing.options.items() if name != "$skiptoken")
        body["@odata.nextLink"] = call.places.link(call.base_url, Place(f"/{call.path}", carried, mark(rows[-1])))
    body["value"] = [listing.show(row) for row in rows]
    return Answer(200, body)


def resume(call: Call, options: dict[str, str]) -> str:
    """The mark after which the page begins; '' for the first."""
    place = call.places.resolve(f"/{call.path}", options)
    return place.after if place else ""
