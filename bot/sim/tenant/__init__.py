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
  `ineffective_user_ids`, `directory_roles` and `clock`. `add_user`, `remove_user`, `disable_user`, `foresee` (a
  detection to come), `close_risk` (somebody else closes it) and `other_apps_take` (others use the same budget) let
  the world go on. What happens by itself is computed from the clock when somebody looks.
- `TenantServer`: the socket. Limits and paging state live here; a server restarted forgets them.
- `Limits`: Microsoft's limits, exact rules in its module; `scale` makes them that many times faster.
- `Faults`, `Fault`: what goes wrong between tenant and caller, scripted or by lot; `Arrival` is what a hook is told.
- `april_2025`: the story. `Truth` is its answer sheet.
"""

from bot.sim.tenant.april import april_2025
from bot.sim.tenant.directory import Domain, Federation, User
from bot.sim.tenant.faults import Arrival, Fault, Faults
from bot.sim.tenant.limits import Limits
from bot.sim.tenant.risk import Detection
from bot.sim.tenant.server import RequestRecord, TenantServer
from bot.sim.tenant.tenant import Tenant, Write
from bot.sim.tenant.truth import Truth

__all__ = [
    "Arrival",
    "Detection",
    "Domain",
    "Fault",
    "Faults",
    "Federation",
    "Limits",
    "RequestRecord",
    "Tenant",
    "TenantServer",
    "Truth",
    "User",
    "Write",
    "april_2025",
]
