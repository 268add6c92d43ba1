"""What the doctor asks of the doors besides what the bot asks of them every day."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from bot.watch.permission import Permission


class Trial(StrEnum):
    """A cheap read that shows whether a permission works; at most one entry of a list."""

    RISK_DETECTIONS = "riskDetections"
    RISKY_USERS = "riskyUsers"
    USERS = "users"
    AUDITS = "directoryAudits"
    REGISTRATION = "userRegistrationDetails"
    DOMAINS = "domains"
    FEDERATION = "federationConfiguration"
    ROLES = "roleDefinitions"
    GROUP_MEMBERS = "transitiveMembers"
    HEALTH = "issues"
    MESSAGES = "messages"
    APPS = "servicePrincipals"
    POLICIES = "conditionalAccess/policies"
    ORGANIZATION = "organization"


TRIALS: Mapping[Permission, Trial] = MappingProxyType(
    {
        Permission.RISK_EVENT_READ: Trial.RISK_DETECTIONS,
        Permission.RISKY_USER_READ: Trial.RISKY_USERS,
        Permission.USER_READ: Trial.USERS,
        Permission.AUDIT_LOG_READ: Trial.AUDITS,
        Permission.DOMAIN_READ: Trial.DOMAINS,
        Permission.FEDERATION_READ: Trial.FEDERATION,
        Permission.ROLE_READ: Trial.ROLES,
        Permission.SERVICE_HEALTH_READ: Trial.HEALTH,
        Permission.SERVICE_MESSAGE_READ: Trial.MESSAGES,
        Permission.APPLICATION_READ: Trial.APPS,
        Permission.POLICY_READ: Trial.POLICIES,
        Permission.DIRECTORY_READ: Trial.ORGANIZATION,
        Permission.GROUP_MEMBER_READ: Trial.GROUP_MEMBERS,
    }
)
"""How a permission can be tried. One that allows writing is not in it: nobody writes for a trial."""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What an access token says of itself. A token that can't be read says nothing: both fields are None then."""

    app_roles: frozenset[str] | None
    """The application permissions that an administrator consented to."""
    tenant_id: str | None


class GraphExamination(Protocol):
    """One tenant's Microsoft Graph under examination. Everything raises GraphError."""

    async def token(self) -> TokenFacts:
        """Get a token, as for any call, and read what it says. Whether Graph takes it, the first trial shows."""

    async def clock_difference(self) -> float:
        """Seconds by which this machine's clock is ahead of Microsoft's, by the Date header of one answer."""

    async def attempt(self, trial: Trial) -> None:
        """Read a little. Returns where it could be read, or where there was nothing that could be."""


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """A channel as conversations.info states it."""

    name: str
    is_private: bool
    is_archived: bool
    is_member: bool
    """Whether the bot is in it."""
    is_shared_outside: bool
    """Whether people of another organisation are, or were invited to be, in it."""


class SlackExamination(Protocol):
    """The workspace under examination. Everything raises SlackError."""

    async def scopes(self) -> frozenset[str] | None:
        """What the bot token was granted; None where Slack does not tell."""

    async def app_token(self) -> None:
        """Try the app-level token: ask for a Socket Mode address that nobody then opens."""

    async def channel(self, channel_id: str) -> ChannelFacts:
        """What kind of channel that is, and whether the bot is in it."""


class DatabaseState(StrEnum):
    """How far a database is from what this version needs."""

    READY = "ready"
    ABSENT = "absent"
    """A SQLite file that is not there yet; its folder can be written to."""
    OLDER = "older"
    """Empty, or of an earlier version."""
    NEWER = "newer"
    """Of a version that this one doesn't know."""
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What was found where the database is to be."""

    kind: str
    """SQLite or PostgreSQL, and where; never a password."""
    state: DatabaseState
    why: str = ""
    enrolled: frozenset[str] = frozenset()
    """Slack ids of those who have a one-time code."""


class StoreExamination(Protocol):
    """The database under examination: it is looked at, and neither made nor changed."""

    def database(self) -> DatabaseFacts:
        """Blocks for as long as a connection takes."""
