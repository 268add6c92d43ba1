"""auth.test, apps.connections.open, team.info, bots.info."""

import secrets

from sim.workspace.limits import CONNECT, HUNDREDS, TIER_3
from sim.workspace.methods.method import Arguments, method
from sim.workspace.refusals import SlackError
from sim.workspace.rules import Json
from sim.workspace.state import State


@method("api.test", "error foo", HUNDREDS, reads=True)
def api_test(_state: State, arguments: Arguments) -> Json:
    """Says back what it is told."""
    if "error" in arguments:
        raise SlackError(arguments.text("error"), args=arguments.given)
    return {"args": arguments.given}


@method("auth.test", "", HUNDREDS, reads=True)
def auth_test(state: State, _arguments: Arguments) -> Json:
    """Who the token belongs to."""
    workspace = state.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.team_name,
        "user": workspace.people[workspace.bot_user_id].name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", "", CONNECT, by="app")
def apps_connections_open(state: State, _arguments: Arguments) -> Json:
    """An address for one WebSocket, good for one use."""
    ticket = secrets.token_urlsafe(24)
    state.tickets.add(ticket)
    return {"url": f"ws{state.url.removeprefix('http')}/link/?ticket={ticket}&app_id={state.workspace.app_id}"}


@method("team.info", "team domain", TIER_3, scope="team:read", reads=True, takes_json=False)
def team_info(state: State, _arguments: Arguments) -> Json:
    """The workspace itself."""
    workspace = state.workspace
    return {
        "team": {
            "id": workspace.team_id,
            "name": workspace.team_name,
            "domain": workspace.domain,
            "url": f"https://{workspace.domain}.slack.com/",
            "email_domain": f"{workspace.domain}.example",
        }
    }


@method("bots.info", "bot", TIER_3, scope="users:read", reads=True, takes_json=False)
def bots_info(state: State, arguments: Arguments) -> Json:
    """The app's bot; bot_not_found for another."""
    workspace = state.workspace
    if arguments.text("bot", workspace.bot_id) != workspace.bot_id:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": workspace.bot_id,
            "deleted": False,
            "name": workspace.app_name,
            "app_id": workspace.app_id,
            "user_id": workspace.bot_user_id,
        }
    }
