"""Policies on user risk that were switched off or narrowed since a surge began: who, when, and until it is back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.watch.access_policies import AccessPolicy
from bot.watch.audits import Audit


class Weakening(StrEnum):
    """What became of a policy. The value is what people read."""

    GONE = "was deleted, or no longer acts on user risk"
    SWITCHED_OFF = "was switched off"
    REPORT_ONLY = "was set to report only"
    NARROWED = "was narrowed"
    SOFTENED = "demands less"


ACTIVITIES = frozenset({"update conditional access policy", "delete conditional access policy", "update policy"})
"""activityDisplayName in lower case (Microsoft Entra audit activities, Policy)."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One policy that protects less than it did, and who did it, where the audit log tells. at in microseconds UTC."""

    policy_id: str
    policy: str
    weakening: Weakening
    details: tuple[str, ...] = ()
    """For instance "3 more users are excluded"."""
    by: str = ""
    """The user id or the app's name; empty where the log was not read or has no such entry."""
    at: int | None = None

    @property
    def sentence(self) -> str:
        """For people, without who and when: the caller knows names and time zone."""
        return f"{self.policy} {self.weakening.value}" + (f" ({', '.join(self.details)})" if self.details else "")


def weakened(
    before: Iterable[AccessPolicy], now: Iterable[AccessPolicy], audits: Iterable[Audit] = ()
) -> tuple[PolicyChange, ...]:
    """Compare the policies as they were when the surge opened with now. As long as one is weaker it is named again:
    that is the reminder, and it ends by itself when the policy is back.
    """
    present = {policy.id: policy for policy in now}
    entries = sorted(audits, key=lambda each: each.at)
    found = []
    for policy in before:
        if policy.is_enforced and policy.acts_on_user_risk:
            change = _compare(policy, present.get(policy.id))
            if change is not None:
                found.append(_attribute(change, entries))
    return tuple(found)


def _compare(before: AccessPolicy, now: AccessPolicy | None) -> PolicyChange | None:
    if now is None or not now.acts_on_user_risk:
        return PolicyChange(before.id, before.name, Weakening.GONE)
    if not now.is_enforced:
        is_report = now.state == "enabledForReportingButNotEnforced"
        return PolicyChange(before.id, now.name, Weakening.REPORT_ONLY if is_report else Weakening.SWITCHED_OFF)
    narrower = _narrower(before, now)
    if narrower:
        return PolicyChange(before.id, now.name, Weakening.NARROWED, narrower)
    dropped = tuple(f"no longer: {grant.value}" for grant in before.grants if grant not in now.grants)
    return PolicyChange(before.id, now.name, Weakening.SOFTENED, dropped) if dropped else None


def _narrower(before: AccessPolicy, now: AccessPolicy) -> tuple[str, ...]:
    details = []
    for what, old, new in (
        ("user", before.exclude_users, now.exclude_users),
        ("group", before.exclude_groups, now.exclude_groups),
        ("role", before.exclude_roles, now.exclude_roles),
    ):
        added = len(set(new) - set(old))
        if added:
            details.append(f"{added} more {what}{'' if added == 1 else 's'} excluded")
    if "All" not in now.include_users:
        for what, old, new in (
            ("user", before.include_users, now.include_users),
            ("group", before.include_groups, now.include_groups),
            ("role", before.include_roles, now.include_roles),
        ):
            if "All" in old:
                details.append("no longer for all users")
            removed = len(set(old) - set(new) - {"All"})
            if removed:
                details.append(f"{removed} {what}{'' if removed == 1 else 's'} no longer included")
    levels = sorted(set(before.user_risk_levels) - set(now.user_risk_levels))
    return (*details, *(f"no longer at {level} risk" for level in levels))


def _attribute(change: PolicyChange, entries: Iterable[Audit]) -> PolicyChange:
    """The newest audit of this policy that changed it."""
    for entry in entries:
        is_it = change.policy_id in entry.target_ids or change.policy in entry.target_names
        if is_it and entry.activity.lower() in ACTIVITIES and entry.result.lower() in {"success", ""}:
            change = replace(change, by=entry.by_user_id or entry.by_app, at=entry.at)
    return change
