"""Risk, users, domains and registrations: bytes from Graph to values of the core."""

import msgspec

from bot.graph.entries import (
    Entry,
    Listing,
    UnreadableError,
    each,
    listing,
    moment,
    page_of,
    reader,
    strictly,
    text,
    truth,
)
from bot.graph.timestamps import microseconds
from bot.watch.profile import DirectoryUser, Domain, Federation
from bot.watch.registration import Registered
from bot.watch.risk import Detection, RiskyUser

_DETECTION = reader(
    "id user_id user_principal_name user_display_name risk_event_type risk_level risk_state risk_detail "
    "detected_date_time last_updated_date_time"
)
_RISKY_USER = reader(
    "id user_principal_name user_display_name risk_level risk_state risk_detail risk_last_updated_date_time "
    "is_processing is_deleted"
)
_USER = reader(
    "id user_principal_name display_name mail user_type external_user_state account_enabled "
    "on_premises_sync_enabled created_date_time last_password_change_date_time department"
)


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


@page_of("id authentication_type")
def domains(entry: Entry) -> Domain | None:
    """A page of domains, their federation still unread."""
    name = text(entry.id)
    if not name:
        return None
    return Domain(name=name, is_federated=text(entry.authentication_type).lower() == "federated", federation=None)


@page_of("issuer_uri passive_sign_in_uri active_sign_in_uri metadata_exchange_uri sign_out_uri")
def federations(entry: Entry) -> Federation | None:
    """A domain's federation configurations."""
    found = (
        entry.issuer_uri,
        entry.passive_sign_in_uri,
        entry.active_sign_in_uri,
        entry.metadata_exchange_uri,
        entry.sign_out_uri,
    )
    return Federation(tuple(filter(None, map(text, found))))


@page_of("id is_passwordless_capable is_mfa_registered is_mfa_capable is_sspr_capable is_admin methods_registered")
def registrations(entry: Entry) -> tuple[str, Registered] | None:
    """A page of userRegistrationDetails: user id, and what is registered."""
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
