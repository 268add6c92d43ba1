"""The app's manifest: github.com/slackapi/manifest-schema. What the app may do, and what Slack tells it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from bot.slack.http_mode import PATH

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "pins:write",
    "usergroups:read",
    "users:read",
    "users:read.email",
)
"""channels:history and groups:history: a post of unknown fate is looked for by its metadata."""
EVENTS = (
    "app_home_opened",
    "app_mention",
    "message.im",
    "subteam_members_changed",
    "subteam_updated",
    "user_change",
)
DESCRIPTION = "Undoes a mass false alarm of Entra ID Protection, after a second person has signed."
LONG_DESCRIPTION = (
    "Countersign watches Microsoft Entra ID Protection and notices when risk alerts surge. It tells the identity team "
    "in one message who is hit and what the evidence says, and clears a false alarm in bulk through Microsoft Graph, "
    "but only after a second person has countersigned. Every decision is kept in a record that can be checked."
)


def manifest(
    mode: Literal["socket", "http"] = "socket", *, public_url: str = "https://countersign.example"
) -> Mapping[str, Any]:
    """The manifest. public_url: in http mode, where Slack reaches the bot from outside, without a path."""
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if mode == "http":
        address = public_url.rstrip("/") + PATH
        events = {"request_url": address, **events}
        interactivity["request_url"] = address
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Countersign",
            "description": DESCRIPTION,
            "long_description": LONG_DESCRIPTION,
            "background_color": "#1f3a5f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Countersign", "always_online": True},
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": mode == "socket",
            "token_rotation_enabled": False,
        },
    }


def as_yaml(value: Mapping[str, Any]) -> str:
    """The manifest as YAML, strings in double quotes: what JSON calls a string, YAML calls one, too."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, item in value.items():
        if isinstance(item, Mapping):
            yield f"{indent}{name}:"
            yield from _lines(item, indent + "  ")
        elif isinstance(item, Sequence) and not isinstance(item, str):
            yield f"{indent}{name}:"
            yield from (f"{indent}  - {json.dumps(each)}" for each in item)
        else:
            yield f"{indent}{name}: {json.dumps(item)}"
