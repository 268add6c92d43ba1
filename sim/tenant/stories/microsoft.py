"""What Microsoft does around a false wave: an app that comes, tokens that it makes invalid, a word that it says."""

from collections.abc import Sequence
from dataclasses import replace

from sim.tenant import deeds
from sim.tenant.announcements import HealthIssue
from sim.tenant.audits import REVOCATION
from sim.tenant.directory import User
from sim.tenant.graph_time import ticks
from sim.tenant.stories.company import HOUR
from sim.tenant.stories.ordinary import SYNC_FABRIC, app_named, minutes
from sim.tenant.tenant import Tenant
from sim.tenant.truth import Truth

REVOKER, REVOKER_ID = "MACE Credential Revocation", "7d636ec3-f39c-44f5-8b73-fa28a0e0c5bc"
ADVISORY = "IT1054990"


def revoke_credentials(tenant: Tenant, users: Sequence[User], truth: Truth) -> Truth:
    """A new app comes fourteen hours before the window, and in the hour before it makes the tokens of these users
    invalid.
    """
    start = ticks(truth.window_start)
    app = app_named(REVOKER, app_id=REVOKER_ID)
    deeds.provision(tenant, app, start - 14 * HOUR, deeds.app(app_named(SYNC_FABRIC)))
    first = start - minutes(50)
    for number, user in enumerate(users):
        at = first + minutes(45) * number // len(users)
        deeds.audit(tenant, at, REVOCATION, deeds.app(app), [deeds.target(user)])
        user.sessions_valid_from = at
    return replace(
        truth,
        new_app_ids=frozenset({REVOKER_ID}),
        revoked_user_ids=frozenset(user.id for user in users),
    )


def admit(tenant: Tenant, truth: Truth, at: int) -> Truth:
    """An advisory says that users were flagged by mistake."""
    text = (
        "Some users may be incorrectly flagged as at risk by Microsoft Entra ID Protection with the risk detection "
        "'leaked credentials', and blocked by risk-based Conditional Access policies. Admins can confirm them safe."
    )
    tenant.health_issues.put(
        HealthIssue(
            ADVISORY,
            "Risk detections in Microsoft Entra ID Protection may be false positives",
            text,
            ticks(truth.window_start),
            at,
            feature="Identity Protection",
        )
    )
    return replace(truth, advisory_ids=frozenset({ADVISORY}))
