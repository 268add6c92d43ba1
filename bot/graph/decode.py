"""Bytes from Graph to values of the core.

Tolerant where Graph is loose: an unknown enumeration member stays the string that it was, a null or a missing property
becomes the empty value, a property of another type than documented becomes text or is taken as missing. An entry that
can't be used (no id, no user, no time) is left out and counted, never the whole page.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from bot.graph.timestamps import microseconds
from bot.watch.profile import DirectoryUser, Domain, Federation
from bot.watch.registration import Registered
from bot.watch.risk import Detection, RiskyUser

T = TypeVar("T")


class UnreadableError(ValueError):
    """The body is not the JSON that was promised: truncated, malformed, or of another shape."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of a Graph collection."""

    items: tuple[T, ...]
    next_link: str | None
    dropped: int
    """Entries that could not be used."""


class _Collection(msgspec.Struct):
    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


class _DetectionEntry(msgspec.Struct, rename="camel"):
    id: Any = None
    user_id: Any = None
    user_principal_name: Any = None
    user_display_name: Any = None
    risk_event_type: Any = None
    risk_level: Any = None
    risk_state: Any = None
    risk_detail: Any = None
    detected_date_time: Any = None
    last_updated_date_time: Any = None


class _RiskyUserEntry(msgspec.Struct, rename="camel"):
    id: Any = None
    user_principal_name: Any = None
    user_display_name: Any = None
    risk_level: Any = None
    risk_state: Any = None
    risk_detail: Any = None
    risk_last_updated_date_time: Any = None
    is_processing: Any = None
    is_deleted: Any = None


class _UserEntry(msgspec.Struct, rename="camel"):
    id: Any = None
    user_principal_name: Any = None
    display_name: Any = None
    mail: Any = None
    user_type: Any = None
    external_user_state: Any = None
    account_enabled: Any = None
    on_premises_sync_enabled: Any = None


class _DomainEntry(msgspec.Struct, rename="camel"):
    id: Any = None
    authentication_type: Any = None


class _FederationEntry(msgspec.Struct, rename="camel"):
    issuer_uri: Any = None
    passive_sign_in_uri: Any = None
    active_sign_in_uri: Any = None
    metadata_exchange_uri: Any = None
    sign_out_uri: Any = None


class _RegistrationEntry(msgspec.Struct, rename="camel"):
    id: Any = None
    is_passwordless_capable: Any = None
    is_mfa_registered: Any = None
    is_mfa_capable: Any = None
    is_sspr_capable: Any = None
    is_admin: Any = None
    methods_registered: Any = None


_COLLECTION = msgspec.json.Decoder(_Collection)
_DETECTION = msgspec.json.Decoder(_DetectionEntry)
_RISKY_USER = msgspec.json.Decoder(_RiskyUserEntry)
_USER = msgspec.json.Decoder(_UserEntry)
_DOMAIN = msgspec.json.Decoder(_DomainEntry)
_FEDERATION = msgspec.json.Decoder(_FederationEntry)
_REGISTRATION = msgspec.json.Decoder(_RegistrationEntry)


def detections(body: bytes) -> Listing[Detection]:
    """A page of riskDetections. Raises UnreadableError."""
    return _listing(body, _detection)


def risky_users(body: bytes) -> Listing[RiskyUser]:
    """A page of riskyUsers. Raises UnreadableError."""
    return _listing(body, _risky_user)


def risky_user(body: bytes) -> RiskyUser:
    """One riskyUser. Raises UnreadableError, also where it has no id.

    The page "Get riskyUser" shows it within a collection of one; its metadata promises the object itself.
    """
    user = _risky_user(body)
    if user is not None:
        return user
    listed = risky_users(body).items
    if len(listed) != 1:
        raise UnreadableError("a risky user without an id")
    return listed[0]


def users(body: bytes) -> Listing[DirectoryUser]:
    """A page of users. Raises UnreadableError."""
    return _listing(body, _user)


def domains(body: bytes) -> Listing[Domain]:
    """A page of domains, their federation still unread. Raises UnreadableError."""
    return _listing(body, _domain)


def federations(body: bytes) -> Listing[Federation]:
    """A domain's federation configurations. Raises UnreadableError."""
    return _listing(body, _federation)


def registrations(body: bytes) -> Listing[tuple[str, Registered]]:
    """A page of userRegistrationDetails: user id, and what is registered. Raises UnreadableError."""
    return _listing(body, _registration)


def count(body: bytes) -> int:
    """A `$count`, which is plain text, at times behind a byte order mark. Raises UnreadableError."""
    try:
        return int(body.decode("utf-8-sig"))
    except ValueError as error:
        raise UnreadableError("a count that is no number") from error


def strictly(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """Decode with msgspec; text that is not sound Unicode is mended first. Raises UnreadableError."""
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError):
        pass
    try:
        return decoder.decode(_mended(bytes(body)))
    except (ValueError, RecursionError) as error:
        raise UnreadableError("not the JSON that was promised") from error


def _mended(body: bytes) -> bytes:
    """The same JSON without a byte order mark, invalid UTF-8 and lone surrogates, which msgspec refuses."""
    text = body.decode("utf-8-sig", "replace")
    return json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace")


def _listing(body: bytes, entry: Callable[[bytes | msgspec.Raw], T | None]) -> Listing[T]:
    collection = strictly(_COLLECTION, body)
    items: list[T] = []
    for raw in collection.value:
        try:
            item = entry(raw)
        except UnreadableError:
            item = None
        if item is not None:
            items.append(item)
    return Listing(tuple(items), collection.next_link or None, len(collection.value) - len(items))


def _detection(raw: bytes | msgspec.Raw) -> Detection | None:
    entry = strictly(_DETECTION, raw)
    identifier, user_id = _text(entry.id), _text(entry.user_id)
    if not identifier or not user_id:
        return None
    try:
        detected_at = microseconds(_text(entry.detected_date_time))
    except ValueError:
        return None
    return Detection(
        id=identifier,
        user_id=user_id,
        user_principal_name=_text(entry.user_principal_name),
        user_display_name=_text(entry.user_display_name),
        risk_event_type=_text(entry.risk_event_type),
        risk_level=_text(entry.risk_level),
        risk_state=_text(entry.risk_state),
        risk_detail=_text(entry.risk_detail),
        detected_at=detected_at,
        last_updated_text=_text(entry.last_updated_date_time),
        raw=bytes(raw),
    )


def _risky_user(raw: bytes | msgspec.Raw) -> RiskyUser | None:
    entry = strictly(_RISKY_USER, raw)
    identifier = _text(entry.id)
    if not identifier:
        return None
    return RiskyUser(
        user_id=identifier,
        user_principal_name=_text(entry.user_principal_name),
        user_display_name=_text(entry.user_display_name),
        risk_level=_text(entry.risk_level),
        risk_state=_text(entry.risk_state),
        risk_detail=_text(entry.risk_detail),
        last_updated_text=_text(entry.risk_last_updated_date_time),
        is_processing=_truth(entry.is_processing) is True,
        is_deleted=_truth(entry.is_deleted) is True,
    )


def _user(raw: bytes | msgspec.Raw) -> DirectoryUser | None:
    entry = strictly(_USER, raw)
    identifier = _text(entry.id)
    if not identifier:
        return None
    return DirectoryUser(
        user_id=identifier,
        user_principal_name=_text(entry.user_principal_name),
        display_name=_text(entry.display_name),
        mail=_text(entry.mail),
        user_type=_text(entry.user_type),
        external_user_state=_text(entry.external_user_state),
        account_enabled=_truth(entry.account_enabled),
        on_premises_sync_enabled=_truth(entry.on_premises_sync_enabled) is True,
    )


def _domain(raw: bytes | msgspec.Raw) -> Domain | None:
    entry = strictly(_DOMAIN, raw)
    name = _text(entry.id)
    if not name:
        return None
    return Domain(name=name, is_federated=_text(entry.authentication_type).lower() == "federated", federation=None)


def _federation(raw: bytes | msgspec.Raw) -> Federation | None:
    entry = strictly(_FEDERATION, raw)
    found = (
        entry.issuer_uri,
        entry.passive_sign_in_uri,
        entry.active_sign_in_uri,
        entry.metadata_exchange_uri,
        entry.sign_out_uri,
    )
    return Federation(tuple(filter(None, map(_text, found))))


def _registration(raw: bytes | msgspec.Raw) -> tuple[str, Registered] | None:
    entry = strictly(_REGISTRATION, raw)
    identifier, capable = _text(entry.id), _truth(entry.is_passwordless_capable)
    if not identifier or capable is None:
        return None
    told = {
        Registered.PASSWORDLESS: capable,
        Registered.MFA: _truth(entry.is_mfa_registered),
        Registered.MFA_CAPABLE: _truth(entry.is_mfa_capable),
        Registered.SSPR_CAPABLE: _truth(entry.is_sspr_capable),
        Registered.ADMIN: _truth(entry.is_admin),
    }
    found = Registered.NOTHING
    for flag, is_so in told.items():
        found |= flag if is_so else Registered.NOTHING
    methods = entry.methods_registered if isinstance(entry.methods_registered, list) else []
    for method in methods:
        found |= _METHODS.get(_text(method), Registered.NOTHING)
    return identifier, found


_METHODS = {
    "fido2SecurityKey": Registered.PASSKEY,
    "fido2": Registered.PASSKEY,
    "passKeyDeviceBound": Registered.PASSKEY,
    "passKeyDeviceBoundAuthenticator": Registered.PASSKEY,
    "passKeyDeviceBoundWindowsHello": Registered.PASSKEY,
    "passKeySynced": Registered.PASSKEY,
    "windowsHelloForBusiness": Registered.WINDOWS_HELLO,
    "microsoftAuthenticatorPasswordless": Registered.AUTHENTICATOR,
}
"""methodsRegistered, an open set: only passwordless methods are told apart."""


def _text(value: object) -> str:
    """A string as it is; a number or a truth value as text; anything else as missing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def _truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
