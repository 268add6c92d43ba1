"""Risk, users, domains and registrations: bytes from Graph to values of the core."""

from typing import Any

import msgspec

from bot.graph.entries import Listing, UnreadableError, each, listing, moment, strictly, text, truth
from bot.graph.timestamps import microseconds
from bot.watch.profile import DirectoryUser, Domain, Federation
from bot.watch.registration import Registered
from bot.watch.risk import Detection, RiskyUser


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
    created_date_time: Any = None
    last_password_change_date_time: Any = None
    department: Any = None


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


_DETECTION = msgspec.json.Decoder(_DetectionEntry)
_RISKY_USER = msgspec.json.Decoder(_RiskyUserEntry)
_USER = msgspec.json.Decoder(_UserEntry)
_DOMAIN = msgspec.json.Decoder(_DomainEntry)
_FEDERATION = msgspec.json.Decoder(_FederationEntry)
_REGISTRATION = msgspec.json.Decoder(_RegistrationEntry)


def detections(body: bytes) -> Listing[Detection]:
    """A page of riskDetections. Raises UnreadableError."""
    return listing(body, _detection)


def risky_users(body: bytes) -> Listing[RiskyUser]:
    """A page of riskyUsers. Raises UnreadableError."""
    return listing(body, _risky_user)


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
    return listing(body, user)


def domains(body: bytes) -> Listing[Domain]:
    """A page of domains, their federation still unread. Raises UnreadableError."""
    return listing(body, _domain)


def federations(body: bytes) -> Listing[Federation]:
    """A domain's federation configurations. Raises UnreadableError."""
    return listing(body, _federation)


def registrations(body: bytes) -> Listing[tuple[str, Registered]]:
    """A page of userRegistrationDetails: user id, and what is registered. Raises UnreadableError."""
    return listing(body, _registration)


def _detection(raw: bytes | msgspec.Raw) -> Detection | None:
    entry = strictly(_DETECTION, raw)
    identifier, user_id = text(entry.id), text(entry.user_id)
    if not identifier or not user_id:
        return None
    try:
        detected_at = microseconds(text(entry.detected_date_time))
    except ValueError:
        return None
    return Detection(
        id=identifier,
        user_id=user_id,
        user_principal_name=text(entry.user_principal_name),
        user_display_name=text(entry.user_display_name),
        risk_event_type=text(entry.risk_event_type),
        risk_level=text(entry.risk_level),
        risk_state=text(entry.risk_state),
        risk_detail=text(entry.risk_detail),
        detected_at=detected_at,
        last_updated_text=text(entry.last_updated_date_time),
        raw=bytes(raw),
    )


def _risky_user(raw: bytes | msgspec.Raw) -> RiskyUser | None:
    entry = strictly(_RISKY_USER, raw)
    identifier = text(entry.id)
    if not identifier:
        return None
    return RiskyUser(
        user_id=identifier,
        user_principal_name=text(entry.user_principal_name),
        user_display_name=text(entry.user_display_name),
        risk_level=text(entry.risk_level),
        risk_state=text(entry.risk_state),
        risk_detail=text(entry.risk_detail),
        last_updated_text=text(entry.risk_last_updated_date_time),
        is_processing=truth(entry.is_processing) is True,
        is_deleted=truth(entry.is_deleted) is True,
    )


def user(raw: bytes | msgspec.Raw) -> DirectoryUser | None:
    """One user; None without an id. Raises UnreadableError."""
    entry = strictly(_USER, raw)
    identifier = text(entry.id)
    if not identifier:
        return None
    return DirectoryUser(
        user_id=identifier,
        user_principal_name=text(entry.user_principal_name),
        display_name=text(entry.display_name),
        mail=text(entry.mail),
        user_type=text(entry.user_type),
        external_user_state=text(entry.external_user_state),
        account_enabled=truth(entry.account_enabled),
        on_premises_sync_enabled=truth(entry.on_premises_sync_enabled) is True,
        created_at=moment(entry.created_date_time),
        password_changed_at=moment(entry.last_password_change_date_time),
        department=text(entry.department),
    )


def _domain(raw: bytes | msgspec.Raw) -> Domain | None:
    entry = strictly(_DOMAIN, raw)
    name = text(entry.id)
    if not name:
        return None
    return Domain(name=name, is_federated=text(entry.authentication_type).lower() == "federated", federation=None)


def _federation(raw: bytes | msgspec.Raw) -> Federation | None:
    entry = strictly(_FEDERATION, raw)
    found = (
        entry.issuer_uri,
        entry.passive_sign_in_uri,
        entry.active_sign_in_uri,
        entry.metadata_exchange_uri,
        entry.sign_out_uri,
    )
    return Federation(tuple(filter(None, map(text, found))))


def _registration(raw: bytes | msgspec.Raw) -> tuple[str, Registered] | None:
    entry = strictly(_REGISTRATION, raw)
    identifier, capable = text(entry.id), truth(entry.is_passwordless_capable)
    if not identifier or capable is None:
        return None
    found = (
        (Registered.PASSWORDLESS.value if capable else 0)
        | (Registered.MFA.value if truth(entry.is_mfa_registered) else 0)
        | (Registered.MFA_CAPABLE.value if truth(entry.is_mfa_capable) else 0)
        | (Registered.SSPR_CAPABLE.value if truth(entry.is_sspr_capable) else 0)
        | (Registered.ADMIN.value if truth(entry.is_admin) else 0)
    )
    for method in each(entry.methods_registered):
        found |= _METHODS.get(text(method), 0)
    return identifier, Registered(found)


_METHODS = {
    "fido2SecurityKey": Registered.PASSKEY.value,
    "fido2": Registered.PASSKEY.value,
    "passKeyDeviceBound": Registered.PASSKEY.value,
    "passKeyDeviceBoundAuthenticator": Registered.PASSKEY.value,
    "passKeyDeviceBoundWindowsHello": Registered.PASSKEY.value,
    "passKeySynced": Registered.PASSKEY.value,
    "windowsHelloForBusiness": Registered.WINDOWS_HELLO.value,
    "microsoftAuthenticatorPasswordless": Registered.AUTHENTICATOR.value,
}
"""methodsRegistered, an open set: only passwordless methods are told apart."""
