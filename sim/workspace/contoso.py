"""An invented company with two admins, somebody who may not sign, and the app."""

import secrets

from sim.workspace.world import Channel, Person, UserGroup, Workspace

TEAM = "T0COUNTERS"
IDENTITY_ALERTS = "C0IDENTITY"
ADA = "U0ADA000001"
GRACE = "U0GRACE0001"
MALLORY = "U0MALLORY01"
BOT = "U0BOT000001"
SIGNERS = "S0SIGNERS01"

_SCOPES = (
    "chat:write chat:write.public commands app_mentions:read im:write im:history channels:read groups:read "
    "channels:history groups:history files:write users:read users:read.email usergroups:read pins:write"
)
_EVENTS = "app_home_opened app_mention message.im user_change subteam_updated subteam_members_changed"


def contoso() -> Workspace:
    """A fresh workspace with new tokens: #identity-alerts, where the app and all three people are."""
    people = [
        Person(ADA, "ada", "Ada Admin", "ada@contoso.example", TEAM, is_admin=True),
        Person(GRACE, "grace", "Grace Approver", "grace@contoso.example", TEAM, is_admin=True),
        Person(MALLORY, "mallory", "Mallory Visitor", "mallory@contoso.example", TEAM),
        Person(BOT, "countersign", "Countersign", "", TEAM, is_bot=True),
    ]
    channel = Channel(
        IDENTITY_ALERTS,
        "identity-alerts",
        [ADA, GRACE, MALLORY, BOT],
        topic="What Entra ID Protection says, and what we do about it",
    )
    group = UserGroup(SIGNERS, "identity-signers", "Identity signers", (ADA, GRACE))
    secret = secrets.token_hex
    return Workspace(
        team_id=TEAM,
        team_name="Contoso",
        domain="contoso",
        people={person.id: person for person in people},
        groups={group.id: group},
        channels={channel.id: channel},
        app_id="A0COUNTERSN",
        app_name="Countersign",
        bot_id="B0BOT000001",
        bot_user_id=BOT,
        bot_token=f"xoxb-{secret(6)}-{secret(12)}",
        app_token=f"xapp-1-A0COUNTERSN-{secret(20)}",
        signing_secret=secret(16),
        verification_token=secret(12),
        scopes=set(_SCOPES.split()),
        subscriptions=set(_EVENTS.split()),
        commands={"/countersign": "Surges, requests and runs"},
    )
