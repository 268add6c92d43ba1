"""What the app listens to. A listener commits a click, acknowledges it, hands it over; it decides nothing."""

from slack_bolt.async_app import AsyncApp

from bot.ports.slack import ClickInbox
from bot.slack.listeners import actions, catch_all, views


def register(app: AsyncApp, inbox: ClickInbox) -> None:
    """Register every listener. Bolt runs the first that matches, so the one that takes anything comes last."""
    actions.register(app, inbox)
    views.register(app, inbox)
    catch_all.register(app, inbox)
