"""Every option: its variable, its default, its meaning, and what is wrong with a bad one.

The values come from the environment alone. `read_settings` raises SettingsError with one Fault for each variable.
"""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SLACK_ID = re.compile(r"[UWS][A-Z0-9]{2,30}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,30}")
_TENANT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,127}")


_TOKEN = re.compile(r"xox|xapp|eyJ")


def _shown(value: str, most: int = 40) -> str:
    """A wrong value as it may be repeated: not when it looks like a token that was put into the wrong variable."""
    return "a token" if _TOKEN.search(value) else repr(value[:most])


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine's loopback."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_duration(value: object) -> int:
    """`30s`, `5m`, `4h`, `2d` -> seconds. Raises ValueError with the mend."""
    if isinstance(value, int):
        return value
    found = _DURATION.fullmatch(str(value).strip())
    if not found or int(found[1]) == 0:
        raise ValueError(f"{_shown(str(value))} is not a duration. Write a number and a unit, such as 30s, 5m or 4h")
    return int(found[1]) * _SECONDS[found[2]]


def _ids(value: object) -> tuple[str, ...]:
    listed = [each.strip() for each in str(value).split(",")] if not isinstance(value, tuple) else list(value)
    listed = [each for each in listed if each]
    for each in listed:
        if not _SLACK_ID.fullmatch(each):
            raise ValueError(
                f"{_shown(each)} is no Slack id. Write user ids (U... or W...) or user-group ids (S...), "
                "separated by commas; a person's id stands in the profile under 'Copy member ID'"
            )
    return tuple(dict.fromkeys(listed))


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as problem:
        raise ValueError(f"{_shown(value, 80)} is not a URL") from problem
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine:
        raise ValueError(f"{_shown(value, 80)} is not a URL. It must begin with https://")
    if parts.username or parts.password:
        raise ValueError("it must hold no user name and no password")
    if parts.scheme == "http" and not is_loopback(value):
        raise ValueError(f"{_shown(value, 80)} would send tokens unencrypted. Use https://; http is for loopback alone")
    return value


def _token(prefix: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"it does not begin with {prefix}. Slack shows the right one on the app's page")
        return value

    return AfterValidator(check)


def _matching(pattern: re.Pattern[str], mend: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"{_shown(value)} is not right. {mend}")
        return value

    return AfterValidator(check)


Duration = Annotated[int, BeforeValidator(parse_duration)]
Ids = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_ids)]
Url = Annotated[str, AfterValidator(_url)]


class StoreSettings(BaseSettings):
    """Where the database is: all that the commands need which only read."""

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore", env_ignore_empty=True, frozen=True)

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

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore", env_ignore_empty=True, frozen=True)

    graph_url: Url = Field(
        "https://graph.microsoft.com",
        alias="GRAPH_URL",
        description="Microsoft Graph; another one for national clouds.",
    )
    azure_tenant_id: Annotated[str, _matching(_TENANT, "Write the tenant's id, a GUID, from the Entra overview")] = (
        Field(alias="AZURE_TENANT_ID", description="The Entra tenant's id.")
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


class Settings(StoreSettings, GraphSettings):
    """What `countersign run` needs. Durations are in seconds once read."""

    slack_bot_token: Annotated[SecretStr, _token("xoxb-")] = Field(
        alias="SLACK_BOT_TOKEN", description="The app's bot token (xoxb-...), from 'OAuth & Permissions'."
    )
    slack_app_token: Annotated[SecretStr, _token("xapp-")] | None = Field(
        None, alias="SLACK_APP_TOKEN", description="The app-level token (xapp-...) with connections:write; socket mode."
    )
    slack_signing_secret: SecretStr | None = Field(
        None, alias="SLACK_SIGNING_SECRET", description="The app's signing secret; needed in http mode."
    )
    slack_mode: Annotated[str, _matching(re.compile("socket|http"), "Write socket or http")] = Field(
        "socket", alias="SLACK_MODE", description="socket (no inbound port) or http."
    )
    slack_api_url: Url = Field(
        "https://slack.com/api/", alias="SLACK_API_URL", description="Slack's Web API; another one for GovSlack."
    )
    slack_channel: Annotated[str, _matching(_CHANNEL, "Write the channel's id (C...), from 'View channel details'")] = (
        Field(alias="SLACK_CHANNEL", description="The id of the channel that gets the cards (C...).")
    )
    requesters: Ids = Field(
        (), alias="COUNTERSIGN_REQUESTERS", description="Who may ask: Slack user ids or user-group ids. Empty: nobody."
    )
    approvers: Ids = Field(
        (), alias="COUNTERSIGN_APPROVERS", description="Who may sign: Slack user ids or user-group ids. Empty: nobody."
    )
    approvals_needed: int = Field(
        1,
        ge=1,
        le=10,
        alias="COUNTERSIGN_APPROVALS_NEEDED",
        description="Signatures needed besides the requester's asking.",
    )
    request_ttl: Duration = Field(
        "4h",
        alias="COUNTERSIGN_REQUEST_TTL",
        description="How long a request waits for its signatures.",
        validate_default=True,
    )
    poll_interval: Duration = Field(
        "5m",
        alias="COUNTERSIGN_POLL_INTERVAL",
        description="How often Entra ID Protection is read.",
        validate_default=True,
    )
    sensitivity: float = Field(
        0.1,
        ge=0.01,
        le=10,
        alias="COUNTERSIGN_SENSITIVITY",
        description="False alarms a year that the team accepts; docs/surge-benchmark.md tells their price.",
    )
    resend_after: Duration = Field(
        "2m",
        alias="COUNTERSIGN_RESEND_AFTER",
        description="When a user whom Microsoft accepted, but who is as before, is sent again (twice at most).",
        validate_default=True,
    )
    http_port: int = Field(
        8090,
        ge=0,
        le=65535,
        alias="COUNTERSIGN_HTTP_PORT",
        description="Health and metrics on loopback; 0 takes a free port.",
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad variable: what is wrong and how to mend it. Never holds a secret's value."""

    variable: str
    why: str


class SettingsError(Exception):
    """The environment can't be used."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.variable}: {fault.why}" for fault in faults))
        self.faults = faults


def read_store_settings() -> StoreSettings:
    """Read where the database is. Raises SettingsError."""
    try:
        return StoreSettings()  # type: ignore[call-arg]  # the values come from the environment
    except ValidationError as problem:
        raise SettingsError([_fault(error) for error in problem.errors(include_input=False)]) from None


def read_graph_settings() -> GraphSettings:
    """Read how Microsoft Graph is reached. Raises SettingsError."""
    try:
        settings = GraphSettings()  # type: ignore[call-arg]  # the values come from the environment
    except ValidationError as problem:
        raise SettingsError([_fault(error) for error in problem.errors(include_input=False)]) from None
    faults = _faults_of_graph(settings)
    if faults:
        raise SettingsError(faults)
    return settings


def read_settings() -> Settings:
    """Read and check the environment. Raises SettingsError."""
    try:
        settings = Settings()  # type: ignore[call-arg]  # the values come from the environment
    except ValidationError as problem:
        raise SettingsError([_fault(error) for error in problem.errors(include_input=False)]) from None
    faults = _faults_between(settings)
    if faults:
        raise SettingsError(faults)
    return settings


def _fault(error: Any) -> Fault:  # noqa: ANN401 - pydantic's error details are a plain dict
    variable = str(error["loc"][0]) if error["loc"] else "settings"
    if error["type"] == "missing":
        description = _descriptions().get(variable, "")
        return Fault(variable, f"is missing. Set it: {description}")
    message = str(error["msg"]).removeprefix("Value error, ")
    return Fault(variable, message)


def _descriptions() -> dict[str, str]:
    return {str(field.alias): field.description or "" for field in Settings.model_fields.values()}


def _faults_between(settings: Settings) -> list[Fault]:
    """What is wrong between variables that are right by themselves."""
    faults = _faults_of_graph(settings)
    if settings.slack_mode == "socket" and settings.slack_app_token is None:
        faults.append(Fault("SLACK_APP_TOKEN", "is missing. Socket mode needs the app-level token (xapp-...)"))
    if settings.slack_mode == "http" and settings.slack_signing_secret is None:
        faults.append(Fault("SLACK_SIGNING_SECRET", "is missing. In http mode it is what tells Slack from a forger"))
    return faults


def _faults_of_graph(settings: GraphSettings) -> list[Fault]:
    faults = []
    if settings.graph_access_token is not None and not is_loopback(settings.graph_url):
        faults.append(
            Fault(
                "GRAPH_ACCESS_TOKEN",
                "is only for a GRAPH_URL on a loopback address. Remove it: the token for a real tenant comes from "
                "azure-identity (AZURE_CLIENT_ID and a certificate or secret, or a managed identity)",
            )
        )
    return faults
