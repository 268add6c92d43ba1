"""What people, apps and Microsoft do in a tenant, as it happens: sign-ins, changes, and the lines they leave.

A story writes the past; these go on from there. Instants are ticks.
"""

import uuid
from collections.abc import Iterable
from functools import partial

from sim.tenant.access_policies import ENABLED, AccessPolicy
from sim.tenant.audits import ADD_SERVICE_PRINCIPAL, UPDATED_POLICY, Actor, Audit, Target
from sim.tenant.directory import User
from sim.tenant.service_principals import ServicePrincipal
from sim.tenant.sign_ins import (
    BLOCKED_BY_POLICY,
    NO_RISK,
    PASSWORD_CHANGE_DEMANDED,
    SUCCESS,
    AppliedPolicy,
    SignIn,
    SignInRisk,
)
from sim.tenant.tenant import Tenant

CALLER = Actor("b7c1f4d2-0b5e-4b1a-9a55-2f6f3c1f7a10", "Countersign", app_id="c0a5e516-94c4-4d7c-8a1e-6d2a6f0e9b21")
"""The app that calls this tenant: an app of its own, not Microsoft's."""


def audit(
    tenant: Tenant, at: int, activity: str, by: Actor, targets: Iterable[Target] = (), *, result: str = "success"
) -> Audit:
    """Write a line of the directory audit log."""
    number = tenant.next_audit_number()
    identifier = f"Directory_{uuid.UUID(int=(at << 40 | number) & (1 << 128) - 1)}"
    line = Audit(number, identifier, at, activity, by, tuple(targets), result)
    tenant.audits.add(line)
    return line


def person(user: User, address: str | None = None) -> Actor:
    """A user as the one who did it, from an address."""
    return Actor(user.id, user.display_name, user.user_principal_name, address)


def app(principal: ServicePrincipal) -> Actor:
    """An app as the one who did it."""
    return Actor(principal.id, principal.display_name, app_id=principal.app_id)


def target(user: User) -> Target:
    """A user as the one to whom it was done."""
    return Target(user.id, "User", user.display_name, user.user_principal_name)


def provision(tenant: Tenant, principal: ServicePrincipal, at: int, by: Actor) -> None:
    """An app comes to the tenant: it is listed from now on, and the log has a line of it."""
    tenant.service_principals.put(principal)
    audit(tenant, at, ADD_SERVICE_PRINCIPAL, by, [Target(principal.id, "ServicePrincipal", principal.display_name)])


def switch_policy(tenant: Tenant, policy: AccessPolicy, state: str, by: Actor, at: int | None = None) -> None:
    """Somebody switches a Conditional Access policy on, off, or to reporting only."""
    at = tenant.now() if at is None else at
    old, policy.state, policy.modified_at = policy.state, state, at
    change = ("ConditionalAccessPolicy", f'{{"state":"{old}"}}', f'{{"state":"{state}"}}')
    audit(tenant, at, UPDATED_POLICY, by, [Target(policy.id, "Policy", policy.display_name, None, (change,))])


def narrow_policy(
    tenant: Tenant, policy: AccessPolicy, by: Actor, *, exclude_groups: Iterable[str], at: int | None = None
) -> None:
    """Somebody takes groups out of a Conditional Access policy's scope."""
    at = tenant.now() if at is None else at
    added = tuple(exclude_groups)
    policy.exclude_groups, policy.modified_at = (*policy.exclude_groups, *added), at
    change = ("ConditionalAccessPolicy", '{"excludeGroups":[]}', f'{{"excludeGroups":{list(added)}}}'.replace("'", '"'))
    audit(tenant, at, UPDATED_POLICY, by, [Target(policy.id, "Policy", policy.display_name, None, (change,))])


def covers(tenant: Tenant, policy: AccessPolicy, user: User) -> bool:
    """Whether a user is in a policy's scope: included by name, group, role or kind, and excluded by none of them."""
    return _is_named(tenant, user, policy.include_users, policy.include_groups, policy.include_roles) and not _is_named(
        tenant, user, policy.exclude_users, policy.exclude_groups, policy.exclude_roles
    )


def foresee_sign_in(tenant: Tenant, user_id: str, at: int, address: str, risk: SignInRisk = NO_RISK) -> None:
    """Somebody will try to sign in at an instant; what comes of it is judged then, by the policies and the risk."""
    tenant.schedule(at, partial(_try, tenant, user_id, at, address, risk))


def answer_of(tenant: Tenant, user: User) -> tuple[int, tuple[AppliedPolicy, ...]]:
    """The error code that a sign-in of this user meets now, and the policy that made it."""
    risky = tenant.risky_users.get(user.id)
    if risky is not None and risky.risk_state in {"atRisk", "confirmedCompromised"}:
        for policy in tenant.access_policies:
            if policy.state == ENABLED and risky.risk_level in policy.user_risk_levels and covers(tenant, policy, user):
                return code_of(policy), (applied(policy),)
    return SUCCESS, ()


def code_of(policy: AccessPolicy) -> int:
    """The error code of a sign-in that a policy stops."""
    return BLOCKED_BY_POLICY if "block" in policy.controls else PASSWORD_CHANGE_DEMANDED


def applied(policy: AccessPolicy, result: str = "failure") -> AppliedPolicy:
    """A policy as a sign-in shows it."""
    return AppliedPolicy(policy.id, policy.display_name, tuple(policy.controls), result)


def _try(tenant: Tenant, user_id: str, at: int, address: str, risk: SignInRisk) -> None:
    user = tenant.users.get(user_id)
    if user is None or not user.account_enabled:
        return
    code, policies = answer_of(tenant, user)
    number = tenant.sign_ins.next_number()
    tenant.sign_ins.add(SignIn(number, at, user_id, address, code, risk=risk, policies=policies))


def _is_named(tenant: Tenant, user: User, users: Iterable[str], groups: Iterable[str], roles: Iterable[str]) -> bool:
    if (
        user.id in users
        or ("All" in users)
        or ("GuestsOrExternalUsers" in users and (user.is_external or user.user_type == "Guest"))
    ):
        return True
    found = (tenant.groups.get(group) or tenant.roles.groups.get(group) for group in groups)
    if any(user.id in group.member_ids for group in found if group is not None):
        return True
    return any(user.id in tenant.roles.holders_of(role) for role in roles)
