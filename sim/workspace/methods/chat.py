"""chat.*, pins.add and reactions.add."""

from sim.workspace import posting
from sim.workspace.limits import HUNDREDS, POST, TIER_2, TIER_3, TIER_4
from sim.workspace.methods.conversations import readable_channel
from sim.workspace.methods.method import Arguments, method
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.state import State
from sim.workspace.world import Channel

_LOOKS = "link_names parse mrkdwn unfurl_links unfurl_media"


@method(
    "chat.postMessage",
    f"channel text blocks metadata thread_ts reply_broadcast {_LOOKS}",
    POST,
    scope="chat:write",
    limited_by="channel",
)
def post_message(state: State, arguments: Arguments) -> Json:
    """A person for channel means direct messages. channel_not_found, not_in_channel, invalid_blocks, no_text."""
    channel = _channel_to_post_in(state, arguments.text("channel"))
    content = _content(arguments)
    if "thread_ts" in arguments:
        content["thread_ts"] = arguments.text("thread_ts")
    if arguments.flag("reply_broadcast"):
        content["subtype"] = "thread_broadcast"
    message = posting.post(state, channel, posting.from_app(state), content)
    return {"channel": channel.id, "ts": message["ts"], "message": without_metadata(message)}


@method(
    "chat.update",
    "channel ts text blocks metadata as_user link_names parse reply_broadcast",
    TIER_3,
    scope="chat:write",
)
def update(state: State, arguments: Arguments) -> Json:
    """message_not_found, cant_update_message, and what is wrong with the new content."""
    channel = _known_channel(state, arguments.text("channel"))
    message = _found(channel, arguments.text("ts"))
    if message["user"] != state.workspace.bot_user_id:
        raise SlackError("cant_update_message")
    content = _content(arguments)
    posting.update(state, message, content)
    shown = without_metadata(message)
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": shown}


@method("chat.delete", "channel ts as_user", TIER_3, scope="chat:write")
def delete(state: State, arguments: Arguments) -> Json:
    """message_not_found, cant_delete_message."""
    channel = _known_channel(state, arguments.text("channel"))
    message = _found(channel, arguments.text("ts"))
    if message["user"] != state.workspace.bot_user_id:
        raise SlackError("cant_delete_message")
    posting.delete(state, channel, message)
    return {"channel": channel.id, "ts": message["ts"]}


@method("chat.postEphemeral", "channel user text blocks thread_ts link_names parse", TIER_4, scope="chat:write")
def post_ephemeral(state: State, arguments: Arguments) -> Json:
    """A message for one person in a channel where both that person and the app are."""
    channel = _known_channel(state, arguments.text("channel"))
    if state.workspace.bot_user_id not in channel.members:
        raise SlackError("not_in_channel" if not channel.is_private else "channel_not_found")
    person_id = arguments.text("user")
    if person_id not in channel.members:
        raise SlackError("user_not_in_channel")
    content = _content(arguments)
    if "thread_ts" in arguments:
        content["thread_ts"] = arguments.text("thread_ts")
        if channel.find(content["thread_ts"]) is None:
            raise SlackError("cannot_reply_to_message")
    message = posting.whisper(state, channel, person_id, content)
    return {"message_ts": message["ts"]}


@method("chat.getPermalink", "channel message_ts", HUNDREDS, reads=True, takes_json=False)
def get_permalink(state: State, arguments: Arguments) -> Json:
    """A link to a message; message_not_found."""
    channel = _known_channel(state, arguments.text("channel"))
    message = _found(channel, arguments.text("message_ts"))
    link = f"https://{state.workspace.domain}.slack.com/archives/{channel.id}/p{message['ts'].replace('.', '')}"
    if message.get("thread_ts", message["ts"]) != message["ts"]:
        link += f"?thread_ts={message['thread_ts']}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


@method("pins.add", "channel timestamp", TIER_2, scope="pins:write")
def pins_add(state: State, arguments: Arguments) -> Json:
    """already_pinned, message_not_found."""
    channel = readable_channel(state, arguments.text("channel"), member=True)
    message = _found(channel, arguments.text("timestamp"))
    if (channel.id, message["ts"]) in state.workspace.pins:
        raise SlackError("already_pinned")
    state.workspace.pins.add((channel.id, message["ts"]))
    message["pinned_to"] = [channel.id]
    state.changes.signal()
    return {}


@method("reactions.add", "channel name timestamp", TIER_3, scope="reactions:write")
def reactions_add(state: State, arguments: Arguments) -> Json:
    """already_reacted, message_not_found."""
    channel = readable_channel(state, arguments.text("channel"), member=True)
    message = _found(channel, arguments.text("timestamp"))
    name = arguments.text("name").strip(":")
    reactions = message.setdefault("reactions", [])
    if any(reaction["name"] == name for reaction in reactions):
        raise SlackError("already_reacted")
    reactions.append({"name": name, "users": [state.workspace.bot_user_id], "count": 1})
    state.changes.signal()
    return {}


def without_metadata(message: Json) -> Json:
    """A message as everybody may see it."""
    return {name: value for name, value in message.items() if name != "metadata"}


def _content(arguments: Arguments) -> Json:
    for name in ("unfurl_links", "unfurl_media", "mrkdwn", "reply_broadcast", "link_names"):
        arguments.flag(name)
    content: Json = {"text": posting.checked_text(arguments.text("text", ""))}
    blocks = arguments.value("blocks", "invalid_blocks_format")
    if blocks is not None:
        content["blocks"] = posting.checked_blocks(blocks)
    if not content["text"] and not content.get("blocks"):
        raise SlackError("no_text")
    metadata = arguments.value("metadata", "invalid_metadata_format")
    if metadata is not None:
        content["metadata"] = {} if metadata == {} else posting.checked_metadata(metadata)
    return content


def _channel_to_post_in(state: State, name: str) -> Channel:
    """A channel by id, or the direct messages with a person by the person's id. A name (#alerts) isn't taken."""
    workspace = state.workspace
    person = workspace.people.get(name)
    if person is not None:
        if person.is_bot or person.deleted:
            raise SlackError("channel_not_found")
        return workspace.direct(person.id)
    channel = _known_channel(state, name)
    if workspace.bot_user_id not in channel.members:
        if channel.is_private:
            raise SlackError("channel_not_found")
        if "chat:write.public" not in workspace.scopes:
            raise SlackError("not_in_channel")
    return channel


def _known_channel(state: State, channel_id: str) -> Channel:
    channel = state.workspace.channels.get(channel_id)
    if channel is None or (channel.is_private and state.workspace.bot_user_id not in channel.members):
        raise SlackError("channel_not_found")
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def _found(channel: Channel, ts: str) -> Json:
    message = channel.find(ts)
    if message is None:
        raise SlackError("message_not_found")
    return message
