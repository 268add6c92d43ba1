"""conversations.*"""

import base64
import binascii
from typing import TypeVar

from sim.workspace.limits import TIER_3, TIER_4
from sim.workspace.methods.method import Arguments, method, need_scope
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.state import State
from sim.workspace.world import Channel

Item = TypeVar("Item")

PAGE = 999
_PAGE = "cursor limit"
_SPAN = "latest oldest inclusive include_all_metadata"


def _family(channel: Channel) -> str:
    return "im" if channel.im_with else "groups" if channel.is_private else "channels"


def readable_channel(state: State, channel_id: str, *, scope: str | None = None, member: bool = False) -> Channel:
    """A channel that the app may know of; `scope` is the verb behind channels:, groups: or im:."""
    channel = state.workspace.channels.get(channel_id)
    bot = state.workspace.bot_user_id
    if channel is None or (channel.is_private and bot not in channel.members):
        raise SlackError("channel_not_found")
    if scope is not None:
        need_scope(state, f"{_family(channel)}:{scope}")
    if member and bot not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def channel_shape(state: State, channel: Channel) -> Json:
    """A conversation object: docs.slack.dev/reference/objects/conversation-object."""
    shape: Json = {
        "id": channel.id,
        "created": 1577836800,
        "is_archived": channel.is_archived,
        "is_im": channel.im_with is not None,
        "is_org_shared": False,
        "context_team_id": state.workspace.team_id,
    }
    if channel.im_with is not None:
        return {**shape, "user": channel.im_with, "is_open": True, "priority": 0}
    return {
        **shape,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_general": False,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": False,
        "is_member": state.workspace.bot_user_id in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


@method("conversations.info", "channel include_locale include_num_members", TIER_3, reads=True, takes_json=False)
def info(state: State, arguments: Arguments) -> Json:
    """channel_not_found; the scope depends on the kind of channel."""
    channel = readable_channel(state, arguments.text("channel"), scope="read")
    shape = channel_shape(state, channel)
    if arguments.flag("include_num_members"):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


@method("conversations.open", "channel users return_im prevent_creation", TIER_3, scope="im:write")
def open_conversation(state: State, arguments: Arguments) -> Json:
    """Opens the direct messages with one person; several would need mpim:write."""
    given = arguments.given.get("users")
    people = given if isinstance(given, list) else [user for user in str(given or "").split(",") if user]
    if "channel" in arguments:
        channel = readable_channel(state, arguments.text("channel"))
        if channel.im_with is None:
            raise SlackError("invalid_channel")
        people = [channel.im_with]
    if not people:
        raise SlackError("users_list_not_supplied")
    if len(people) > 1:
        need_scope(state, "mpim:write")
        raise SlackError("method_not_supported_for_channel_type")
    person = state.workspace.people.get(people[0])
    if person is None:
        raise SlackError("user_not_found")
    if person.deleted:
        raise SlackError("user_disabled")
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    channel = state.workspace.direct(person.id)
    state.changes.signal()
    return {"channel": channel_shape(state, channel) if arguments.flag("return_im") else {"id": channel.id}}


@method("conversations.join", "channel", TIER_3, scope="channels:join")
def join(state: State, arguments: Arguments) -> Json:
    """Only public channels can be joined."""
    channel = readable_channel(state, arguments.text("channel"))
    if channel.im_with is not None or channel.is_private:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if state.workspace.bot_user_id not in channel.members:
        channel.members.append(state.workspace.bot_user_id)
        state.changes.signal()
    return {"channel": channel_shape(state, channel)}


@method("conversations.members", f"channel {_PAGE}", TIER_4, reads=True, takes_json=False)
def members(state: State, arguments: Arguments) -> Json:
    """Ids of people, page by page."""
    channel = readable_channel(state, arguments.text("channel"), scope="read")
    page, cursor = paged(channel.members, arguments)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


@method("conversations.history", f"channel {_PAGE} {_SPAN}", TIER_3, reads=True, takes_json=False)
def history(state: State, arguments: Arguments) -> Json:
    """Top-level messages, newest first."""
    channel = readable_channel(state, arguments.text("channel"), scope="history", member=True)
    top = [m for m in channel.messages if m.get("thread_ts", m["ts"]) == m["ts"] or _is_broadcast(m)]
    page, cursor = paged([m for m in reversed(top) if _within(m, arguments)], arguments)
    answer = {"messages": _shown(page, arguments), "has_more": bool(cursor), "pin_count": 0}
    return {**answer, "response_metadata": {"next_cursor": cursor}}


@method("conversations.replies", f"channel ts {_PAGE} {_SPAN}", TIER_3, reads=True, takes_json=False)
def replies(state: State, arguments: Arguments) -> Json:
    """The parent and its replies, oldest first."""
    channel = readable_channel(state, arguments.text("channel"), scope="history", member=True)
    asked = channel.find(arguments.text("ts"))
    if asked is None:
        raise SlackError("thread_not_found")
    parent = asked.get("thread_ts", asked["ts"])
    thread = [m for m in channel.messages if m["ts"] == parent or (m.get("thread_ts") == parent)]
    page, cursor = paged([m for m in thread if m["ts"] == parent or _within(m, arguments)], arguments)
    answer = {"messages": _shown(page, arguments), "has_more": bool(cursor)}
    return {**answer, "response_metadata": {"next_cursor": cursor}}


def _is_broadcast(message: Json) -> bool:
    return bool(message.get("subtype") == "thread_broadcast")


def _within(message: Json, arguments: Arguments) -> bool:
    ts = message["ts"]
    oldest, latest = (_moment(arguments, name, default) for name, default in (("oldest", 0.0), ("latest", 1e11)))
    if arguments.flag("inclusive") and float(ts) in {oldest, latest}:
        return True
    return oldest < float(ts) < latest


def _moment(arguments: Arguments, name: str, default: float) -> float:
    try:
        return float(arguments.given.get(name, default))
    except (TypeError, ValueError):
        raise SlackError(f"invalid_ts_{name}") from None


def _shown(messages: list[Json], arguments: Arguments) -> list[Json]:
    if arguments.flag("include_all_metadata"):
        return messages
    return [{name: value for name, value in m.items() if name != "metadata"} for m in messages]


def paged(items: list[Item], arguments: Arguments) -> tuple[list[Item], str]:
    """One page and the cursor of the next, empty at the end."""
    limit = arguments.whole("limit", 100)
    if not 1 <= limit <= PAGE:
        raise SlackError("invalid_limit")
    start = 0
    if cursor := arguments.text("cursor", ""):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode("ascii").removeprefix("next:"))
        except (ValueError, binascii.Error):
            raise SlackError("invalid_cursor") from None
    after = start + limit
    following = base64.b64encode(f"next:{after}".encode()).decode() if after < len(items) else ""
    return items[start:after], following
