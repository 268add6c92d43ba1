"""The payloads of docs.slack.dev/reference/interaction-payloads, of slash commands and of events."""

import copy
import secrets

from sim.workspace.dialogs import state_of
from sim.workspace.methods.chat import without_metadata
from sim.workspace.rules import Json, Value
from sim.workspace.state import State
from sim.workspace.world import Channel, Person, new_id


def _interaction(state: State, person: Person, kind: str) -> Json:
    workspace = state.workspace
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": workspace.app_id,
        "token": workspace.verification_token,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def action_of(state: State, block: Json, element: Json, chosen: Value = None) -> Json:
    """One entry of `actions`: what was used, and what was chosen in it."""
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": f"{state.workspace.clock():.6f}",
    }
    if element["type"] == "button":
        action["text"] = element["text"]
        for name in ("value", "style", "url", "confirm"):
            if name in element:
                action[name] = element[name]
    else:
        action.update(chosen)
        if "placeholder" in element:
            action["placeholder"] = element["placeholder"]
    return action


def channel_name(channel: Channel) -> str:
    """As payloads call a channel."""
    if channel.im_with is not None:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def block_actions_in_message(
    state: State, person: Person, channel: Channel, message: Json, action: Json, values: Json | None, *, private: bool
) -> Json:
    """A click in a message. The app isn't shown the message again when only one person saw it (`private`)."""
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": private,
    }
    thread_ts = message.get("thread_ts")
    if thread_ts is not None:
        container["thread_ts"] = thread_ts
    payload = _interaction(state, person, "block_actions") | {
        "container": container,
        "trigger_id": state.new_trigger(person.id),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": state_of(message.get("blocks", []), values)},
        "response_url": state.new_response_url(person.id, channel.id, message["ts"], thread_ts),
        "actions": [action],
    }
    if not private:
        payload["message"] = copy.deepcopy(without_metadata(message))
    return payload


def block_actions_in_view(state: State, person: Person, view: Json, action: Json) -> Json:
    """A click in a dialog or a home tab: no channel, no message, no response URL."""
    return _interaction(state, person, "block_actions") | {
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": state.new_trigger(person.id),
        "view": copy.deepcopy(view),
        "actions": [action],
    }


def view_submission(state: State, person: Person, view: Json) -> Json:
    """The submit button of a dialog was pressed."""
    return _interaction(state, person, "view_submission") | {
        "trigger_id": state.new_trigger(person.id),
        "view": copy.deepcopy(view),
        "response_urls": [],
    }


def view_closed(state: State, person: Person, view: Json, *, cleared: bool) -> Json:
    """A dialog was closed, or all were (`cleared`)."""
    return _interaction(state, person, "view_closed") | {"view": copy.deepcopy(view), "is_cleared": cleared}


def slash_command(state: State, person: Person, channel: Channel, command: str, text: str) -> Json:
    """docs.slack.dev/interactivity/implementing-slash-commands: every value is a string."""
    workspace = state.workspace
    return {
        "token": workspace.verification_token,
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
        "response_url": state.new_response_url(person.id, channel.id),
        "trigger_id": state.new_trigger(person.id),
    }


def event_callback(state: State, event: Json) -> Json:
    """docs.slack.dev/apis/events-api: the wrapper around every event."""
    workspace = state.workspace
    now = workspace.clock()
    return {
        "token": workspace.verification_token,
        "team_id": workspace.team_id,
        "api_app_id": workspace.app_id,
        "event": {**event, "event_ts": event.get("event_ts", f"{now:.6f}")},
        "type": "event_callback",
        "event_id": new_id("Ev"),
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team_id,
                "user_id": workspace.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{secrets.token_urlsafe(24)}",
    }
