"""The doors as the settings name them: the same for the bot, the doctor and the other commands."""

from bot.graph.door import GraphDoor, open_graph
from bot.ports.world import World
from bot.settings import GraphSettings, Settings
from bot.slack.connection import SlackConnection


def graph_of(settings: GraphSettings, world: World) -> GraphDoor:
    """One tenant's Microsoft Graph; whoever opens it closes it. Raises ValueError where address and token don't fit."""
    token = settings.graph_access_token
    return open_graph(
        tenant_id=settings.azure_tenant_id,
        graph_url=settings.graph_url,
        access_token=token.get_secret_value() if token else None,
        world=world,
        requests_per_second=settings.identity_protection_rps,
        reports_per_second=settings.reports_rps,
    )


def slack_of(settings: Settings) -> SlackConnection:
    """The connection to Slack, not opened yet; whoever makes it closes it."""
    return SlackConnection(
        bot_token=settings.slack_bot_token.get_secret_value(),
        app_token=settings.slack_app_token.get_secret_value() if settings.slack_app_token else "",
        api_url=settings.slack_api_url,
    )
