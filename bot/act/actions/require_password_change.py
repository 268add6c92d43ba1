"""Require a password change at the next sign-in, behind MFA.

Source: Microsoft Graph v1.0, passwordProfile: forceChangePasswordNextSignInWithMfa. Without MFA whoever holds a leaked
password would choose the next one.
"""

from bot.act.actions.facts import CLOCKS_APART, REQUESTS_IN_A_BATCH, AccountAction, CostFamily, VerifiedBy
from bot.decide.action import Action
from bot.watch.account import AccountState
from bot.watch.profile import IdentityProvider, Profile, SignInKind
from bot.watch.registration import Registered

_BY_THE_HELP_DESK = "the help desk must do it, with a Temporary Access Pass"


def misfit(profile: Profile | None) -> str | None:
    """It fits cloud-only users with a password and MFA; the others are told where it must be done."""
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
    named = provider in {IdentityProvider.OKTA, IdentityProvider.PING}
    where = provider.value if named and provider else "the identity provider"
    return f"{where} checks the password: it must be changed there"


def _is_needed(account: AccountState) -> bool:
    return account.must_change_password is not True


def _shows(account: AccountState, accepted_at: int) -> bool:
    if account.must_change_password:
        return True
    return account.password_changed_at is not None and account.password_changed_at >= accepted_at - CLOCKS_APART


REQUIRE_PASSWORD_CHANGE = AccountAction(
    action=Action.REQUIRE_PASSWORD_CHANGE,
    permission="User-PasswordProfile.ReadWrite.All",
    batch_size=REQUESTS_IN_A_BATCH,
    family=CostFamily.DIRECTORY,
    verified_by=VerifiedBy.MUST_CHANGE_PASSWORD,
    misfit=misfit,
    what_it_says="Makes the users choose a new password at their next sign-in, after MFA. It leaves the risk and "
    "running sessions as they are. The app needs a directory role too, and a higher one for administrators.",
    changes_for_user="The user must prove MFA and choose a new password at the next sign-in.",
    can_be_undone=True,
    clears_risk=False,
    could_lock_out=True,
    is_needed=_is_needed,
    shows=_shows,
)
