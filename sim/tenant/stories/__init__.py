"""Stories of one invented company; each is a function that gives a tenant with its truth.

All take (now, users, seed, processing_seconds, tail_seconds, *, clock, going_on) as `april_2025` says. `STORIES` has
them by name.
"""

from sim.tenant.stories.april import april_2025
from sim.tenant.stories.hidden_takeovers import hidden_takeovers
from sim.tenant.stories.leaked_list import leaked_list
from sim.tenant.stories.spray import spray_attack
from sim.tenant.stories.withheld import all_refused, p1_tenant

STORIES = {
    "false wave": april_2025,
    "wave that hides takeovers": hidden_takeovers,
    "spray attack": spray_attack,
    "leaked combination list": leaked_list,
    "P1 tenant": p1_tenant,
    "every optional permission refused": all_refused,
}

__all__ = [
    "STORIES",
    "all_refused",
    "april_2025",
    "hidden_takeovers",
    "leaked_list",
    "p1_tenant",
    "spray_attack",
]
