"""Made-up profiles and policies for the tests of watching alone."""

from bot.watch.access_policies import AccessPolicy, Grant
from bot.watch.profile import Profile, SignInKind
from bot.watch.registration import Registered

ABLE = Registered.MFA | Registered.MFA_CAPABLE | Registered.SSPR_CAPABLE


def person(
    name,
    kind=SignInKind.CLOUD_ONLY,
    *,
    registered: Registered | None = ABLE,
    principal_name: str | None = None,
    provider=None,
    enabled: bool | None = True,
):
    return Profile(
        user_id=name,
        user_principal_name=f"{name}@contoso.example" if principal_name is None else principal_name,
        display_name=name.title(),
        mail=f"{name}@contoso.example",
        kind=kind,
        provider=provider,
        is_enabled=enabled,
        is_passwordless=None if registered is None else Registered.PASSWORDLESS in registered,
        registered=registered,
    )


def policy(
    name="Block high user risk",
    *,
    id_="p1",
    state="enabled",
    levels=("high",),
    grants=(Grant.BLOCK,),
    users=("All",),
    without_users=(),
    groups=(),
    without_groups=(),
    roles=(),
    without_roles=(),
):
    return AccessPolicy(
        id=id_,
        name=name,
        state=state,
        user_risk_levels=tuple(levels),
        grants=tuple(grants),
        include_users=tuple(users),
        exclude_users=tuple(without_users),
        include_groups=tuple(groups),
        exclude_groups=tuple(without_groups),
        include_roles=tuple(roles),
        exclude_roles=tuple(without_roles),
        modified_text="",
    )
