"""An invented Microsoft Entra tenant that speaks Microsoft Graph v1.0 over HTTP, strictly.

It is an outside world: written from Microsoft's documents, knowing nothing of the bot, and stricter than the real
Graph where the documents leave room.

    tenant = april_2025(datetime.now(UTC))
    async with TenantServer(tenant, Limits(scale=20), access_token="...") as server:
        ...                                   # requests to f"{server.url}/v1.0/..." with that bearer token
    tenant.truth                              # what really happened: who was flagged, who may be cleared, and why not
    tenant.state_of(user_id)                  # riskState now
    tenant.writes                             # every POST and PATCH to risk and users, accepted or refused
    server.requests                           # (monotonic time, method, path with query, status, family)

- `Tenant`: the state. `granted` (app roles) and `licence` may be changed at any time; so may `processing_seconds`,
  `ineffective_user_ids`, `directory_roles`, `directory_seconds`, `registration_lag_seconds` and `clock`. `add_user`,
  `remove_user`, `disable_user`, `foresee` (a detection to come), `close_risk` (somebody else closes it) and
  `other_apps_take` (others use the same budget) let the world go on. What happens by itself is computed from the
  clock when somebody looks.
- `Tenant.roles`: who holds which directory role (`assign`, `unassign`, `add_group`, `roles_of`, `holders_of`,
  `privileged_ids`). `Tenant.hybrid`: synchronization and staged rollout. `Tenant.changes.reset()`: all delta tokens
  are gone. `Tenant.register_methods`: what the registration report shows later.
- `Tenant.sign_ins`, `audits`, `access_policies`, `groups`, `service_principals`, `health_issues`, `service_messages`:
  what the logs and lists hold; `Tenant.schedule` lets something happen at an instant. The module `deeds` does what
  people and Microsoft do: `audit`, `provision` (an app comes), `switch_policy`, `narrow_policy`, `foresee_sign_in`
  (judged by risk and policies when it comes), `covers`, `answer_of`.
- `TenantServer`: the socket. Limits and paging state live here; a server restarted forgets them.
- `Limits`: Microsoft's limits, exact rules in its module; `scale` makes them that many times faster.
- `Faults`, `Fault`: what goes wrong between tenant and caller, scripted or by lot; `Arrival` is what a hook is told.
- `april_2025`, `hidden_takeovers`, `spray_attack`, `leaked_list`, `p1_tenant`, `all_refused`: the stories, by name in
  `STORIES`. `Truth` is their answer sheet.
"""

from sim.tenant.directory import Domain, Federation, User
from sim.tenant.faults import Arrival, Fault, Faults
from sim.tenant.hybrid import FeatureRollout
from sim.tenant.limits import Limits
from sim.tenant.risk import Detection
from sim.tenant.server import RequestRecord, TenantServer
from sim.tenant.stories import (
    STORIES,
    all_refused,
    april_2025,
    hidden_takeovers,
    leaked_list,
    p1_tenant,
    spray_attack,
)
from sim.tenant.tenant import Tenant, Write
from sim.tenant.truth import Truth

__all__ = [
    "STORIES",
    "Arrival",
    "Detection",
    "Domain",
    "Fault",
    "Faults",
    "FeatureRollout",
    "Federation",
    "Limits",
    "RequestRecord",
    "Tenant",
    "TenantServer",
    "Truth",
    "User",
    "Write",
    "all_refused",
    "april_2025",
    "hidden_takeovers",
    "leaked_list",
    "p1_tenant",
    "spray_attack",
]
