"""Events. All are acknowledged; none changes anything yet, for people and groups are read at the click."""

import re
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.ports.slack import ClickInbox

ANY = re.compile("")


def register(app: AsyncApp, _inbox: ClickInbox) -> None:
    """Bolt acknowledges an event before its listener runs."""

    async def event_seen(event: dict[str, Any]) -> None:
        """Nothing to do: user_change, subteam_*, app_home_opened, app_mention, messages."""

    app.event(ANY)(event_seen)
