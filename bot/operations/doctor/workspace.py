"""Look at Slack: the bot token's scopes, the app token, the channel."""

from bot.operations.doctor.check import Check, failed, not_checked, passed, warned
from bot.ports.examination import SlackExamination
from bot.ports.slack import SlackError

SCOPES, APP_TOKEN, CHANNEL = "Slack scopes", "Slack app token", "Slack channel"
ESSENTIAL_SCOPES = frozenset({"chat:write", "users:read", "users:read.email"})
"""Without these no card is posted, and nobody who clicks can be told from another."""
_INSTALL = (
    "add them under 'OAuth & Permissions' (or paste the manifest anew: countersign manifest slack), then reinstall"
)


async def check_scopes(
    slack: SlackExamination, wanted: frozenset[str], *, groups_are_listed: bool
) -> tuple[Check, frozenset[str]]:
    """Whether the bot token has what the manifest asks for, and what it has as far as Slack tells.

    groups_are_listed: user groups are among those who may ask or sign.
    """
    try:
        scopes = await slack.scopes()
    except SlackError as error:
        return not_checked(SCOPES, f"Slack did not tell ({error.code})", "run the doctor again"), wanted
    if scopes is None:
        return not_checked(SCOPES, "Slack did not tell them", "compare 'OAuth & Permissions' with the manifest"), wanted
    missing = wanted - scopes
    essential = missing & (ESSENTIAL_SCOPES | ({"usergroups:read"} if groups_are_listed else frozenset()))
    if not missing:
        return passed(SCOPES, f"all {len(wanted)} granted"), scopes
    make = failed if essential else warned
    return make(SCOPES, f"missing: {_listed(missing)}", _INSTALL), scopes


async def check_app_token(slack: SlackExamination, *, is_socket_mode: bool) -> Check:
    """Whether Socket Mode could be opened; nothing is opened."""
    if not is_socket_mode:
        return passed(APP_TOKEN, "not needed in http mode")
    try:
        await slack.app_token()
    except SlackError as error:
        mend = "make an app-level token with connections:write under 'Basic Information', and set SLACK_APP_TOKEN"
        if error.code in {"not_reachable", "timeout", "connection_lost", "ratelimited"}:
            return not_checked(APP_TOKEN, f"Slack did not answer ({error.code})", "run the doctor again")
        return failed(APP_TOKEN, f"Slack refuses it ({error.code}): no click would arrive", mend)
    return passed(APP_TOKEN, "Socket Mode can be opened")


async def check_channel(slack: SlackExamination, channel_id: str, scopes: frozenset[str]) -> Check:
    """Whether cards can be posted there, and whether requests would be refused there."""
    invite = f"invite the bot: open the channel {channel_id} and write /invite @Countersign"
    try:
        channel = await slack.channel(channel_id)
    except SlackError as error:
        if error.code == "channel_not_found":
            return failed(
                CHANNEL, f"{channel_id} is not there, or private without the bot", f"set SLACK_CHANNEL, or {invite}"
            )
        if error.code == "missing_scope":
            return failed(CHANNEL, f"{channel_id} may not be looked at (channels:read, groups:read)", _INSTALL)
        return not_checked(CHANNEL, f"Slack did not tell of {channel_id} ({error.code})", "run the doctor again")
    name = f"#{channel.name}"
    if channel.is_archived:
        return failed(CHANNEL, f"{name} is archived", "unarchive it, or set SLACK_CHANNEL to another")
    if channel.is_shared_outside:
        return failed(
            CHANNEL,
            f"{name} is shared with another organisation: every request there is refused",
            "use a channel of this workspace alone: set SLACK_CHANNEL",
        )
    if not channel.is_member and (channel.is_private or "chat:write.public" not in scopes):
        return failed(CHANNEL, f"the bot is not in {name}", invite)
    if not channel.is_member:
        return warned(CHANNEL, f"the bot is not in {name}: a post whose answer was lost can't be found again", invite)
    return passed(CHANNEL, f"the bot is in {name}")


def _listed(scopes: frozenset[str]) -> str:
    return ", ".join(sorted(scopes))
