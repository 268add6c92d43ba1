"""Values as people write them: durations, ids, URLs, tokens, yes and no. Each raises ValueError with the mend."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from bot.watch.durations import SECOND
from bot.watch.profile import IdentityProvider

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SLACK_ID = re.compile(r"[UWS][A-Z0-9]{2,30}")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_OBJECT_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TOKEN = re.compile(r"xox|xapp|eyJ")
CHANNEL = re.compile(r"[CG][A-Z0-9]{2,30}")
TENANT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,127}")
_PROVIDERS = {
    provider.value.casefold(): provider for provider in IdentityProvider if provider is not IdentityProvider.NOT_READ
} | {"other": IdentityProvider.OTHER}


def shown(value: str, most: int = 40) -> str:
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
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    found = _DURATION.fullmatch(str(value).strip())
    if not found or int(found[1]) == 0:
        raise ValueError(f"{shown(str(value))} is not a duration. Write a number and a unit, such as 30s, 5m or 4h")
    return int(found[1]) * _SECONDS[found[2]]


def parse_list(value: object) -> tuple[str, ...]:
    """Comma-separated words, or a list of them; each once."""
    listed = list(value) if isinstance(value, tuple | list) else str(value).split(",")
    return tuple(dict.fromkeys(each for each in (str(each).strip() for each in listed) if each))


def parse_ids(value: object) -> tuple[str, ...]:
    """Slack user ids and user-group ids."""
    listed = parse_list(value)
    for each in listed:
        if not _SLACK_ID.fullmatch(each):
            raise ValueError(
                f"{shown(each)} is no Slack id. Write user ids (U... or W...) or user-group ids (S...), "
                "separated by commas; a person's id stands in the profile under 'Copy member ID'"
            )
    return listed


def parse_object_ids(value: object) -> tuple[str, ...]:
    """Object ids of the directory, in lower case."""
    for each in parse_list(value):
        if not _OBJECT_ID.fullmatch(each):
            raise ValueError(
                f"{shown(each)} is no object id. Write the id from the group's overview in Entra, such as "
                "11111111-2222-3333-4444-555555555555; several are separated by commas"
            )
    return tuple(dict.fromkeys(each.lower() for each in parse_list(value)))


def parse_providers(value: object) -> dict[str, IdentityProvider]:
    """`contoso.com=Okta, fabrikam.com=AD FS` -> provider by domain."""
    pairs = (
        list(value.items()) if isinstance(value, Mapping) else [each.partition("=")[::2] for each in parse_list(value)]
    )
    found: dict[str, IdentityProvider] = {}
    for domain, name in pairs:
        provider = _PROVIDERS.get(str(name).strip().casefold())
        if not _DOMAIN.fullmatch(str(domain).strip().casefold()) or provider is None:
            raise ValueError(
                f"{shown(f'{domain}={name}')} is not right. Write domain=provider, separated by commas; "
                f"a provider is {', '.join(each.value for each in IdentityProvider if each.is_named)} or other"
            )
        found[str(domain).strip().casefold()] = provider
    return found


def parse_yes_no_unknown(value: object) -> bool | None:
    """`yes`, `no`, `unknown` -> True, False, None."""
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word not in {"yes", "no", "unknown"}:
        raise ValueError(f"{shown(str(value))} is not right. Write yes, no or unknown")
    return {"yes": True, "no": False}.get(word)


def parse_yes_no(value: object) -> bool:
    """`yes`, `no` -> True, False."""
    word = str(value).strip().casefold()
    if word not in {"yes", "true", "no", "false"}:
        raise ValueError(f"{shown(str(value))} is not right. Write yes or no")
    return word in {"yes", "true"}


def parse_time_zone(value: str) -> str:
    """A name of the IANA time-zone database."""
    if value == "UTC":
        return value  # also where the system has no time zones
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"{shown(value)} is no time zone. Write a name such as UTC or Europe/Berlin") from None
    return value


def parse_day(value: object) -> int | None:
    """`2024-11-30` -> its end in UTC, in microseconds. Raises ValueError with the mend."""
    if value is None or value == "":
        return None
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value).strip())
        midnight = datetime.combine(day, time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise ValueError(f"{shown(str(value))} is no day. Write it as 2024-11-30") from None
    return int(midnight.timestamp()) * SECOND


def parse_header_secret(value: SecretStr) -> SecretStr:
    """A secret that is sent in a header: without spaces and line ends."""
    if not all("!" <= character <= "~" for character in value.get_secret_value()):
        raise ValueError("it holds a space or another character that no key has. Copy it anew")
    return value


def parse_url(value: str) -> str:
    """https, or http on loopback; without a user's name or password."""
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as problem:
        raise ValueError(f"{shown(value, 80)} is not a URL") from problem
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine:
        raise ValueError(f"{shown(value, 80)} is not a URL. It must begin with https://")
    if parts.username or parts.password:
        raise ValueError("it must hold no user name and no password")
    if parts.scheme == "http" and not is_loopback(value):
        raise ValueError(f"{shown(value, 80)} would send tokens unencrypted. Use https://; http is for loopback alone")
    return value


def token(prefix: str) -> AfterValidator:
    """A secret that begins so."""

    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"it does not begin with {prefix}. Slack shows the right one on the app's page")
        return value

    return AfterValidator(check)


def matching(pattern: re.Pattern[str], mend: str) -> AfterValidator:
    """Text of this form."""

    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"{shown(value)} is not right. {mend}")
        return value

    return AfterValidator(check)


Duration = Annotated[int, BeforeValidator(parse_duration)]
Ids = Annotated[tuple[str, ...], NoDecode, BeforeValidator(parse_ids)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(parse_list)]
ObjectIds = Annotated[tuple[str, ...], NoDecode, BeforeValidator(parse_object_ids)]
Providers = Annotated[dict[str, IdentityProvider], NoDecode, BeforeValidator(parse_providers)]
Day = Annotated[int | None, BeforeValidator(parse_day)]
HeaderSecret = Annotated[SecretStr, AfterValidator(parse_header_secret)]
YesNo = Annotated[bool, BeforeValidator(parse_yes_no)]
YesNoUnknown = Annotated[bool | None, BeforeValidator(parse_yes_no_unknown)]
TimeZone = Annotated[str, AfterValidator(parse_time_zone)]
Url = Annotated[str, AfterValidator(parse_url)]
