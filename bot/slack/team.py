"""The workspace this bot lives in, and who belongs to it."""

from dataclasses import dataclass
from typing import Any

from bot.decide.policy import Person

SLACKBOT = "USLACKBOT"
"""Slack's own bot, which users.info does not mark as one."""


@dataclass(frozen=True, slots=True)
class Team:
    """Who we are, as auth.test says. bot_id names the app's messages, bot_user_id its user."""

    team_id: str
    bot_user_id: str
    bot_id: str


def person_of(user: Any, team: Team) -> Person | None:  # noqa: ANN401 - JSON from outside
    """A user object as a person: docs.slack.dev/reference/objects/user-object. None where it is no user object.

    Whatever is missing counts against the person: without a team they are a stranger. In an Enterprise Grid a member
    of several workspaces belongs to this one, too, when it is among them.
    """
    if not isinstance(user, dict) or not isinstance(user.get("id"), str):
        return None
    profile, grid = _object(user.get("profile")), _object(user.get("enterprise_user"))
    team_id = str(user.get("team_id") or profile.get("team") or "")
    if team.team_id in (grid.get("teams") or ()):
        team_id = team.team_id
    return Person(
        user_id=user["id"],
        team_id=team_id,
        name=str(profile.get("real_name") or user.get("real_name") or user.get("name") or ""),
        email=str(profile.get("email") or ""),
        is_deleted=bool(user.get("deleted")),
        is_bot=bool(user.get("is_bot") or user.get("is_workflow_bot") or user["id"] == SLACKBOT),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")) or team_id != team.team_id,
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
