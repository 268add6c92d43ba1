"""GET /users/delta: all users once, then what changed. `Prefer: odata.maxpagesize=n` sets the page size.

Source: learn.microsoft.com, "user: delta", "Get incremental changes for users".
"""

import re
from typing import Any

from bot.sim.tenant import odata
from bot.sim.tenant.call import Call, Route
from bot.sim.tenant.directory import USER, shown
from bot.sim.tenant.paging import Place
from bot.sim.tenant.permissions import READ_USERS
from bot.sim.tenant.refusal import Answer, bad_request

PAGE, MAXIMUM = 200, 999
_SELECTED = ("id", "displayName", "jobTitle", "mail", "userPrincipalName")


def delta(call: Call) -> Answer:
    """One page of the first reading, or of the changes since a deltaLink."""
    options = call.options("$select", "$skiptoken", "$deltatoken")
    if "$skiptoken" in options and "$deltatoken" in options:
        raise bad_request("A request can't carry both $skiptoken and $deltatoken.")
    selected = odata.select(options.get("$select"), known=USER, type_name="user", default=_SELECTED)
    selected = ("id", *(name for name in selected if name != "id"))
    token = "$deltatoken" if "$deltatoken" in options else "$skiptoken"
    place = call.places.resolve(f"/{call.path}", options, token)
    if place is None:
        start, end, after = -1, call.tenant.changes.position, ""
    else:
        start, end, after = _position(call, place.after, fresh="$deltatoken" in options)
    return _page(call, options, selected, (start, end, after))


def _position(call: Call, after: str, *, fresh: bool) -> tuple[int, int, str]:
    """Where a token stands: changes from `start` (-1: all users), the log's end as it will be, the last id given."""
    if fresh:
        return int(after), call.tenant.changes.position, ""
    start, end, identifier = after.split("|")
    return int(start), int(end), identifier


def _page(call: Call, options: dict[str, str], selected: tuple[str, ...], position: tuple[int, int, str]) -> Answer:
    start, end, after = position
    carried = tuple((name, value) for name, value in options.items() if name == "$select")
    size = _size(call)
    if start < 0:
        identifiers = [user.id for user, _ in zip(call.tenant.users.after(after), range(size + 1), strict=False)]
    else:
        watched = frozenset(selected) | {"id"}
        changed = sorted(call.tenant.changes.since(start, watched))
        identifiers = [identifier for identifier in changed if identifier > after][: size + 1]
    body: dict[str, Any] = {"@odata.context": call.context("users", selected if "$select" in options else None)}
    rows = identifiers[:size]
    if len(identifiers) > size:
        place = Place(f"/{call.path}", carried, f"{start}|{end}|{rows[-1]}")
        body["@odata.nextLink"] = call.places.link(call.base_url, place)
    else:
        place = Place(f"/{call.path}", carried, str(end))
        body["@odata.deltaLink"] = call.places.link(call.base_url, place, "$deltatoken")
    body["value"] = [_row(call, identifier, selected) for identifier in rows]
    return Answer(200, body)


def _row(call: Call, identifier: str, selected: tuple[str, ...]) -> dict[str, Any]:
    user = call.tenant.users.get(identifier)
    if user is None:
        return {"id": identifier, "@removed": {"reason": "changed"}}
    return shown(user, selected, USER)


def _size(call: Call) -> int:
    match = re.search(r"odata\.maxpagesize\s*=\s*(\d{1,6})", call.headers.get("prefer", ""), re.IGNORECASE)
    return min(max(int(match.group(1)), 1), MAXIMUM) if match else PAGE


ROUTES = (
    Route("GET", "users/delta", "directory", READ_USERS, delta),
    Route("GET", "users/delta()", "directory", READ_USERS, delta),
)
