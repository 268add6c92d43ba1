"""Look at the breach service, where a team brought a key. No address is sent."""

from bot.operations.doctor.check import Check, not_checked, passed, warned
from bot.ports.breaches import BreachError, Breaches, BreachProblem

BREACH_SERVICE = "breach service"


async def check_breach_service(breaches: Breaches | None) -> Check:
    """Whether it takes the key, and lets us ask as often as is set."""
    if breaches is None:
        return passed(BREACH_SERVICE, "off: no key is set")
    try:
        allowed = await breaches.allowed_per_minute()
    except BreachError as error:
        if error.problem is BreachProblem.KEY_REFUSED:
            mend = "copy the key anew into COUNTERSIGN_BREACH_KEY, or remove it"
            return warned(BREACH_SERVICE, "it refuses the key", mend)
        return not_checked(BREACH_SERVICE, error.why, "see that COUNTERSIGN_BREACH_URL can be reached from here")
    if allowed < breaches.per_minute:
        return warned(
            BREACH_SERVICE,
            f"the key allows {allowed:,} questions a minute, and {breaches.per_minute:,} are set",
            f"set COUNTERSIGN_BREACH_PER_MINUTE to {allowed}",
        )
    return passed(BREACH_SERVICE, f"takes the key; {breaches.per_minute:,} questions a minute")
