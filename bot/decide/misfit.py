"""Whom an action does not fit, and where it must be done instead."""

from collections.abc import Callable

from bot.watch.profile import IdentityProvider, Profile, SignInKind
from bot.watch.registration import Registered

Misfit = Callable[[Profile | None], str | None]
"""Why an action does not fit a user, in a sentence that says where it must be done instead; None where it fits.

The profile is None where the directory did not tell.
"""

_BY_THE_HELP_DESK = "the help desk must do it, with a Temporary Access Pass"


def held_in_the_home_tenant(profile: Profile | None) -> str | None:
    """An external identity's risk, sessions and password are its home tenant's.

    Source for sessions: Microsoft Graph v1.0, user: revokeSignInSessions, does not revoke external users'.
    """
    if profile is not None and profile.kind is SignInKind.GUEST:
        return "an external guest: it must be done in the home tenant"
    return None


def without_password_and_mfa(profile: Profile | None) -> str | None:
    """A password change fits cloud-only users with a password and MFA."""
    if profile is None or profile.kind is SignInKind.UNKNOWN:
        return f"the directory did not tell how the user signs in: {_BY_THE_HELP_DESK}"
    match profile.kind:
        case SignInKind.GUEST:
            return "an external guest: the password must be changed in the home tenant"
        case SignInKind.HYBRID:
            return "the password comes from on-premises: it must be changed in Active Directory"
        case SignInKind.FEDERATED:
            return _at_the_provider(profile.provider)
    if profile.is_passwordless:
        return (
            "has registered a passwordless method, and Graph can't say whether a password is in use too: "
            f"{_BY_THE_HELP_DESK}"
        )
    if profile.registered is None:
        return f"it could not be read whether MFA is registered: {_BY_THE_HELP_DESK}"
    if Registered.MFA_CAPABLE not in profile.registered:
        return f"can't prove MFA, so whoever holds the password could choose the next one: {_BY_THE_HELP_DESK}"
    return None


def _at_the_provider(provider: IdentityProvider | None) -> str:
    if provider is IdentityProvider.AD_FS:
        return "AD FS checks the password: it must be changed on-premises, in Active Directory"
    where = provider.value if provider and provider.is_named else "the identity provider"
    return f"{where} checks the password: it must be changed there"
