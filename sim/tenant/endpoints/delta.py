"""GET /users/delta: all users once, then what changed. `Prefer: odata.maxpagesize=n` sets the page size.

Source: learn.microsoft.com, "user: delta", "Get incremental changes for users", and "Use delta query to track
changes": a link's token holds `$select`, which is not to be said again; a property that was never set is left out; a
token is good for seven days, and answers 410 afterwards, with a Location at which to begin anew; so does every token
after a synchronization reset (`Tenant.changes.reset`). `$deltatoken=latest` gives a link and no users.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from sim.tenant import odata
from sim.tenant.call import Call, Route
from sim.tenant.directory import USER, shown
from sim.tenant.graph_time import SECOND
from sim.tenant.paging import Place
from sim.tenant.permissions import READ_USERS
from sim.tenant.refusal import Answer, GraphError, bad_request

PAGE, MAXIMUM = 200, 999
TOKEN_LIVES = 7 * 86_400 * SECOND
_SELECTED = ("id", "displayName", "jobTitle", "mail", "userPrincipalName")
_EVERYONE = -1


@dataclass(frozen=True, slots=True)
class _Round:
    """What a token stands for."""

    selected: str
    """`$select` as it was first said; empty without."""
    start: int
    """The log's position from which changes are told; or all users, for a first reading."""
    end: int
    """The log's position at which the next round begins."""
    generation: int
    issued_at: int
    after: str = ""
    """The last id that was given."""

    def written(self) -> str:
        return "|".join(
            (str(self.start), str(self.end), str(self.generation), str(self.issued_at), self.after, self.selected)
        )

    @classmethod
    def read(cls, text: str) -> "_Round":
        start, end, generation, issued_at, after, selected = text.split("|")
        return cls(selected, int(start), int(end), int(generation), int(issued_at), after)


def delta(call: Call) -> Answer:
    """One page of the first reading, or of the changes since a deltaLink."""
    query = "&".join(part for part in call.query.split("&") if part not in {"$deltatoken=", "%24deltatoken="})
    options = odata.options(query, frozenset({"$select", "$skiptoken", "$deltatoken"}))
    is_latest = options.get("$deltatoken") == "latest"
    if len(options) > 1 and not (is_latest and "$skiptoken" not in options):
        raise bad_request("A token already holds the other query options: follow the link as it is.")
    if not options.keys() & {"$skiptoken", "$deltatoken"} or is_latest:
        return _first(call, options, is_latest=is_latest)
    name = "$deltatoken" if "$deltatoken" in options else "$skiptoken"
    place = call.places.resolve(f"/{call.path}", options, name)
    round_ = _Round.read(place.after if place else "")
    _must_be_good(call, round_)
    if name == "$deltatoken":
        round_ = replace(round_, start=round_.end, end=call.tenant.changes.position, after="")
    return _page(call, round_)


def _first(call: Call, options: dict[str, str], *, is_latest: bool) -> Answer:
    changes = call.tenant.changes
    start = changes.position if is_latest else _EVERYONE
    selected = options.get("$select", "")
    return _page(call, _Round(selected, start, changes.position, changes.generation, call.tenant.now()))


def _must_be_good(call: Call, round_: _Round) -> None:
    is_old = call.tenant.now() - round_.issued_at > TOKEN_LIVES
    if is_old or round_.generation != call.tenant.changes.generation:
        select = f"$select={round_.selected}&" if round_.selected else ""
        raise GraphError(
            410,
            "syncStateNotFound",
            "The sync state generation is not found.",
            {"Location": f"{call.base_url}/v1.0/{call.path}?{select}$deltatoken="},
        )


def _page(call: Call, round_: _Round) -> Answer:
    selected = odata.select(round_.selected or None, known=USER, type_name="user", default=_SELECTED)
    selected = ("id", *(name for name in selected if name != "id"))
    size = _size(call)
    changed = call.tenant.changes.since(round_.start, frozenset(selected)) if round_.start != _EVERYONE else {}
    if round_.start == _EVERYONE:
        identifiers = [user.id for user, _ in zip(call.tenant.users.after(round_.after), range(size + 1), strict=False)]
    else:
        identifiers = sorted(identifier for identifier in changed if identifier > round_.after)[: size + 1]
    body: dict[str, Any] = {"@odata.context": call.context("users", selected if round_.selected else None)}
    rows = identifiers[:size]
    path = f"/{call.path}"
    if len(identifiers) > size:
        place = Place(path, (), replace(round_, after=rows[-1]).written())
        body["@odata.nextLink"] = call.places.link(call.base_url, place)
    else:
        done = replace(round_, after="", start=round_.end, issued_at=call.tenant.now())
        body["@odata.deltaLink"] = call.places.link(call.base_url, Place(path, (), done.written()), "$deltatoken")
    is_minimal = call.prefers("return=minimal")
    body["value"] = [_row(call, one, selected, changed.get(one, frozenset()), is_minimal=is_minimal) for one in rows]
    return Answer(200, body)


def _row(
    call: Call, identifier: str, selected: tuple[str, ...], changed: frozenset[str], *, is_minimal: bool
) -> dict[str, Any]:
    user = call.tenant.users.get(identifier)
    if user is None:
        return {"id": identifier, "@removed": {"reason": "changed"}}
    if is_minimal and changed and "id" not in changed:
        return shown(user, tuple(name for name in selected if name == "id" or name in changed), USER)
    row = shown(user, selected, USER)
    return {name: value for name, value in row.items() if value is not None or name in changed}


def _size(call: Call) -> int:
    match = re.search(r"odata\.maxpagesize\s*=\s*(\d{1,6})", call.headers.get("prefer", ""), re.IGNORECASE)
    return min(max(int(match.group(1)), 1), MAXIMUM) if match else PAGE


ROUTES = (
    Route("GET", "users/delta", "directory", READ_USERS, delta),
    Route("GET", "users/delta()", "directory", READ_USERS, delta),
    Route("GET", "users/microsoft.graph.delta()", "directory", READ_USERS, delta),
)
