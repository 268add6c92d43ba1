"""Every option: its variable, its default and its meaning. The values come from the environment alone."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings.values import (
    CHANNEL,
    TENANT,
    Day,
    Duration,
    HeaderSecret,
    Ids,
    ObjectIds,
    Providers,
    TimeZone,
    Url,
    Words,
    YesNo,
    YesNoUnknown,
    matching,
    token,
)

_FROM_ENVIRONMENT = SettingsConfigDict(case_sensitive=True, extra="ignore", env_ignore_empty=True, frozen=True)


class StoreSettings(BaseSettings):
    """Where the database is: all that the commands need which only read."""

    model_config = _FROM_ENVIRONMENT

    data_dir: Path = Field(Path("data"), alias="COUNTERSIGN_DATA_DIR", description="Where the SQLite file lies.")
    database_url: SecretStr | None = Field(
        None,
        alias="COUNTERSIGN_DATABASE_URL",
        description="sqlite:///... or postgresql://...; default: a file in the data folder.",
    )

    @property
    def database(self) -> str:
        """The database's URL."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / 'countersign.sqlite3'}"


class GraphSettings(BaseSettings):
    """How Microsoft Graph is reached."""

    model_config = _FROM_ENVIRONMENT

    graph_url: Url = Field(
        "https://graph.microsoft.com",
        alias="GRAPH_URL",
        description="Microsoft Graph; another one for national clouds.",
    )
    azure_tenant_id: Annotated[str, matching(TENANT, "Write the tenant's id, a GUID, from the Entra overview")] = Field(
        alias="AZURE_TENANT_ID", description="The Entra tenant's id."
    )
    graph_access_token: SecretStr | None = Field(
        None, alias="GRAPH_ACCESS_TOKEN", description="A ready token, only where GRAPH_URL is a loopback address."
    )
    identity_protection_rps: float = Field(
        1.0,
        gt=0,
        le=1000,
        alias="COUNTERSIGN_IDENTITY_PROTECTION_RPS",
        description="Requests a second to Identity Protection; 1 is Microsoft's documented limit.",
    )
    reports_rps: float = Field(
        0.5,
        gt=0,
        le=1000,
        alias="COUNTERSIGN_REPORTS_RPS",
        description="Requests a second to the sign-in and audit logs; 0.5 is Microsoft's documented limit.",
    )


class SignerSettings(BaseSettings):
    """Who may ask and sign, and how many must."""

    model_config = _FROM_ENVIRONMENT

    requesters: Ids = Field(
        (), alias="COUNTERSIGN_REQUESTERS", description="Who may ask: Slack user ids or user-group ids. Empty: nobody."
    )
    approvers: Ids = Field(
        (), alias="COUNTERSIGN_APPROVERS", description="Who may sign: Slack user ids or user-group ids. Empty: nobody."
    )
    break_glass_approvers: Ids = Field(
        (),
        alias="COUNTERSIGN_BREAK_GLASS_APPROVERS",
        description="Who may sign, with a one-time code, a recovery of flagged signers, and must be among the signers "
        "where the evidence speaks of an attack: Slack user ids or user-group ids.",
    )
    approvals_needed: int = Field(
        1,
        ge=1,
        le=10,
        alias="COUNTERSIGN_APPROVALS_NEEDED",
        description="Signatures needed besides the requester's asking, at the least; the evidence may ask for more.",
    )
    signer_roles: Words = Field(
        (),
        alias="COUNTERSIGN_SIGNER_ROLES",
        description="Entra roles (names or template ids), one of which a signer must hold as well. Empty: none.",
    )
    matching_required: YesNo = Field(
        default=True,
        alias="COUNTERSIGN_MATCHING_REQUIRED",
        description="yes: who can't be matched to exactly one person of the directory can neither ask nor sign.",
    )
    codes_required: YesNo = Field(
        default=False,
        alias="COUNTERSIGN_CODES_REQUIRED",
        description="yes: every signature needs a one-time code (see countersign people enrol).",
    )
    people_file: Path | None = Field(
        None,
        alias="COUNTERSIGN_PEOPLE_FILE",
        description="TOML: links Slack ids to all directory accounts of a person, a separate admin account among them.",
    )
    request_ttl: Duration = Field(
        "4h",
        alias="COUNTERSIGN_REQUEST_TTL",
        description="How long a request waits for its signatures.",
        validate_default=True,
    )


class TenantSettings(GraphSettings, SignerSettings):
    """All that may differ from tenant to tenant. Durations are in seconds once read."""

    tenant_name: str = Field("", alias="COUNTERSIGN_TENANT_NAME", description="What people call the tenant.")
    slack_channel: Annotated[str, matching(CHANNEL, "Write the channel's id (C...), from 'View channel details'")] = (
        Field(alias="SLACK_CHANNEL", description="The id of the channel that gets the cards (C...).")
    )
    emergency_accounts: Words = Field(
        (),
        alias="COUNTERSIGN_EMERGENCY_ACCOUNTS",
        description="Accounts that no plan ever touches: object ids or user principal names, separated by commas.",
    )
    canary: int = Field(
        10,
        ge=0,
        le=1000,
        alias="COUNTERSIGN_CANARY",
        description="How many users a run sends first, to see that the action works; 0: none.",
    )
    resend_after: Duration = Field(
        "2m",
        alias="COUNTERSIGN_RESEND_AFTER",
        description="When a user whom Microsoft accepted, but who is as before, is sent again (twice at most).",
        validate_default=True,
    )
    sensitivity: float = Field(
        0.1,
        ge=0.01,
        le=10,
        alias="COUNTERSIGN_SENSITIVITY",
        description="False alarms a year that the team accepts; docs/surge-benchmark.md tells their price.",
    )
    identity_providers: Providers = Field(
        {},
        alias="COUNTERSIGN_IDENTITY_PROVIDERS",
        description="Who checks a domain's passwords where its federation does not tell: contoso.com=Okta, "
        "separated by commas; AD FS, Okta, Ping or other.",
    )
    password_hash_sync: YesNoUnknown = Field(
        "unknown",
        alias="COUNTERSIGN_PASSWORD_HASH_SYNC",
        description="Whether password hashes are synchronised from on-premises: yes, no or unknown (Graph is asked).",
        validate_default=True,
    )
    staged_rollout: ObjectIds = Field(
        (),
        alias="COUNTERSIGN_STAGED_ROLLOUT",
        description="Groups that staged rollout lets sign in at Entra though their domain is federated: object ids, "
        "separated by commas. Counts where Graph may not be asked.",
    )
    password_writeback: YesNoUnknown = Field(
        "unknown",
        alias="COUNTERSIGN_PASSWORD_WRITEBACK",
        description="Whether a password changed in Entra is written back on-premises: yes, no or unknown.",
        validate_default=True,
    )
    time_zone: TimeZone = Field(
        "UTC", alias="COUNTERSIGN_TIME_ZONE", description="Whose working hours count, such as Europe/Berlin."
    )
    entra_service: str = Field(
        "",
        alias="COUNTERSIGN_ENTRA_SERVICE",
        description="What Microsoft's service announcements call the service that matters, such as Microsoft Entra; "
        "those of other services are then left out. Empty: all are taken.",
    )

    passwords_are_random: YesNo = Field(
        default=False,
        alias="COUNTERSIGN_PASSWORDS_ARE_RANDOM",
        description="yes: the passwords of passwordless users are random or disabled, so that none of them can leak.",
    )
    last_leak: Day | None = Field(
        None,
        alias="COUNTERSIGN_LAST_LEAK",
        description="The day of the last leak of your users' passwords that you know of, such as 2024-11-30. "
        "Else the last one that was flagged, or that the breach service lists.",
    )
    management_tool: str = Field(
        "",
        alias="COUNTERSIGN_MANAGEMENT_TOOL",
        description="What manages this tenant's accounts from outside, such as an RMM. Tenants that share it don't "
        "confirm one another's surges.",
    )
    breach_key: HeaderSecret | None = Field(
        None,
        alias="COUNTERSIGN_BREACH_KEY",
        description="Your own key for a breach service (Have I Been Pwned). With it, e-mail addresses of a sample of "
        "flagged users leave the house and go to that service. Empty: none is asked.",
    )
    breach_url: Url = Field(
        "https://haveibeenpwned.com",
        alias="COUNTERSIGN_BREACH_URL",
        description="The breach service: Have I Been Pwned, or one that speaks its API v3.",
    )
    breach_per_minute: int = Field(
        10,
        ge=1,
        le=12_000,
        alias="COUNTERSIGN_BREACH_PER_MINUTE",
        description="Questions a minute that the breach service's key allows.",
    )


class Settings(StoreSettings, TenantSettings):
    """What `countersign run` needs."""

    slack_bot_token: Annotated[SecretStr, token("xoxb-")] = Field(
        alias="SLACK_BOT_TOKEN", description="The app's bot token (xoxb-...), from 'OAuth & Permissions'."
    )
    slack_app_token: Annotated[SecretStr, token("xapp-")] | None = Field(
        None, alias="SLACK_APP_TOKEN", description="The app-level token (xapp-...) with connections:write; socket mode."
    )
    slack_signing_secret: SecretStr | None = Field(
        None, alias="SLACK_SIGNING_SECRET", description="The app's signing secret; needed in http mode."
    )
    slack_mode: Annotated[str, matching(re.compile("socket|http"), "Write socket or http")] = Field(
        "socket", alias="SLACK_MODE", description="socket (no inbound port) or http."
    )
    slack_api_url: Url = Field(
        "https://slack.com/api/", alias="SLACK_API_URL", description="Slack's Web API; another one for GovSlack."
    )
    poll_interval: Duration = Field(
        "5m",
        alias="COUNTERSIGN_POLL_INTERVAL",
        description="How often Entra ID Protection is read.",
        validate_default=True,
    )
    http_port: int = Field(
        8090,
        ge=0,
        le=65535,
        alias="COUNTERSIGN_HTTP_PORT",
        description="Health and metrics on loopback; 0 takes a free port.",
    )
    tenants_file: Path | None = Field(
        None,
        alias="COUNTERSIGN_TENANTS_FILE",
        description="TOML: more tenants than one, each with its own settings; replaces AZURE_TENANT_ID and "
        "SLACK_CHANNEL. Quorums, weights and tiers stand only there.",
    )
