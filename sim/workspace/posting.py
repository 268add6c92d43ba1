"""Puts messages into channels, changes them and takes them away, in the shape in which Slack keeps them."""

import re

from sim.workspace.blocks import problems_of_blocks, too_long
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json, Value, length
from sim.workspace.shaping import shaped
from sim.workspace.state import State
from sim.workspace.world import Channel, Person

TEXT_CHARACTERS = 40_000
METADATA_CHARACTERS = 16_000
_EVENT_TYPE = re.compile(r"[A-Za-z0-9_.:-]{1,255}")


def checked_blocks(blocks: Value) -> list[Json]:
    """Blocks as Slack keeps them, or invalid_blocks, or msg_blocks_too_long."""
    problems = problems_of_blocks(blocks)
    if problems:
        raise SlackError("invalid_blocks", messages=problems)
    if too_long(blocks):
        raise SlackError("msg_blocks_too_long")
    return shaped(blocks)


def checked_text(text: str) -> str:
    """The text, or msg_too_long."""
    if length(text) > TEXT_CHARACTERS:
        raise SlackError("msg_too_long")
    return text


def checked_metadata(metadata: Value) -> Json:
    """docs.slack.dev/messaging/message-metadata: an event_type and an event_payload, nothing else."""
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    event_type = metadata.get("event_type") if isinstance(metadata, dict) else None
    if (
        not isinstance(metadata, dict)
        or set(metadata) != {"event_type", "event_payload"}
        or not isinstance(event_type, str)
        or not _EVENT_TYPE.fullmatch(event_type)
        or not isinstance(payload, dict)
    ):
        raise SlackError("invalid_metadata_format")
    if length(str(payload)) > METADATA_CHARACTERS:
        raise SlackError("metadata_too_large")
    return metadata


def from_app(state: State) -> Json:
    """Who a message of the app is from."""
    workspace = state.workspace
    return {
        "user": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "app_id": workspace.app_id,
        "team": workspace.team_id,
        "bot_profile": {
            "id": workspace.bot_id,
            "app_id": workspace.app_id,
            "user_id": workspace.bot_user_id,
            "name": workspace.app_name,
            "deleted": False,
            "team_id": workspace.team_id,
        },
    }


def from_person(person: Person) -> Json:
    """Who a message of a person is from."""
    return {"user": person.id, "team": person.team_id}


def post(state: State, channel: Channel, author: Json, content: Json) -> Json:
    """Appends a message. `content` holds text and maybe blocks, metadata, thread_ts, files; `thread_ts` must name a
    message that is not itself a reply.
    """
    message: Json = {"type": "message", "ts": state.workspace.new_ts(), **author, **content}
    if (thread_ts := content.get("thread_ts")) is not None:
        parent = channel.find(thread_ts)
        if parent is None or parent.get("thread_ts", thread_ts) != thread_ts:
            raise SlackError("cannot_reply_to_message")
        parent["thread_ts"] = thread_ts
        message["parent_user_id"] = parent["user"]
    channel.messages.append(message)
    if thread_ts is not None:
        _count_replies(channel, thread_ts)
    state.changes.signal()
    return message


def update(state: State, message: Json, content: Json) -> None:
    """Replaces text and blocks: a text without blocks takes the blocks away, blocks without a text take the text away.
    Metadata stays unless it is given; an empty object removes it.
    """
    message["text"] = content.get("text", "")
    if content.get("blocks"):
        message["blocks"] = content["blocks"]
    else:
        message.pop("blocks", None)
    if content.get("metadata"):
        message["metadata"] = content["metadata"]
    elif "metadata" in content:
        message.pop("metadata", None)
    message["edited"] = {"user": message["user"], "ts": state.workspace.new_ts()}
    state.changes.signal()


def delete(state: State, channel: Channel, message: Json) -> None:
    """Takes a message away; with replies below it, a tombstone stays."""
    if message.get("reply_count"):
        message.pop("blocks", None)
        message.update(subtype="tombstone", text="This message was deleted.", hidden=True, user="USLACKBOT")
    else:
        channel.messages.remove(message)
        if (thread_ts := message.get("thread_ts")) is not None:
            _count_replies(channel, thread_ts)
    state.changes.signal()


def whisper(state: State, channel: Channel, person_id: str, content: Json) -> Json:
    """A message that only one person sees, until it is gone."""
    message: Json = {"type": "message", "ts": state.workspace.new_ts(), **from_app(state), **content}
    channel.ephemerals.append((person_id, message))
    state.changes.signal()
    return message


def _count_replies(channel: Channel, thread_ts: str) -> None:
    parent = channel.find(thread_ts)
    if parent is None:
        return
    replies = channel.replies(thread_ts)
    users = list(dict.fromkeys(reply["user"] for reply in replies))
    parent.update(reply_count=len(replies), reply_users=users[:5], reply_users_count=len(users))
    if replies:
        parent["latest_reply"] = replies[-1]["ts"]
