"""What attackers do: guess passwords, sign in from addresses that nobody here ever had, and settle in."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sim.tenant import deeds
from sim.tenant.audits import CONSENT, REGISTERED_METHOD, Target
from sim.tenant.directory import User
from sim.tenant.sign_ins import BAD_PASSWORD, LOCKED_OUT, SUCCESS, Device, Place, SignIn, SignInRisk
from sim.tenant.stories.ordinary import minutes
from sim.tenant.tenant import Tenant
from sim.tenant.truth import Truth

MAILBOX_READER = "Mail Sync Pro"
_AWAY = Place("Port Vila", "Shefa", "VU", -17.73, 168.32)
_SCRIPT = Device("Mobile Apps and Desktop clients", "", "Python Requests 2.32", "python-requests/2.32")
GUESSED = SignInRisk("medium", "atRisk", ("passwordSpray",), "medium")
REPLAYED = SignInRisk("high", "atRisk", ("unlikelyTravel", "anonymizedIPAddress"), "high")


class Attackers:
    """Somebody else's hands on the company's accounts; what they left is in `taken` and `acts`."""

    def __init__(self, tenant: Tenant, seed: int) -> None:
        self.taken: set[str] = set()
        self.acts = 0
        self._tenant = tenant
        self._chance = random.Random(f"attackers {seed}")  # noqa: S311 - a story, not a secret

    def guess(self, users: Sequence[User], start: int, end: int, number: int, risk: SignInRisk = SignInRisk()) -> None:  # noqa: B008 - an immutable value
        """So many wrong passwords between two instants (ticks), one in eight of them on a locked account."""
        self._tenant.sign_ins.extend(
            self._sign_in(
                self._chance.choice(users),
                self._chance.randrange(start, end),
                LOCKED_OUT if self._chance.random() < 1 / 8 else BAD_PASSWORD,
                risk,
            )
            for _ in range(number)
        )

    def come_in(self, users: Iterable[User], at: int, until: int, risk: SignInRisk) -> None:
        """Sign in as these users between two instants, and do no more."""
        self._tenant.sign_ins.extend(
            self._sign_in(user, self._chance.randrange(at, until), SUCCESS, risk) for user in users
        )

    def take_over(self, user: User, at: int, until: int, *, risk: SignInRisk = REPLAYED) -> None:
        """Sign in as a user at an instant, and between then and `until` register a method, or consent to an app, or
        both, from the same address.
        """
        sign_in = self._sign_in(user, at, SUCCESS, risk)
        self._tenant.sign_ins.add(sign_in)
        by = deeds.person(user, sign_in.address)
        acts = self._chance.choice(((REGISTERED_METHOD,), (CONSENT,), (REGISTERED_METHOD, CONSENT)))
        for activity in acts:
            target = deeds.target(user)
            if activity == CONSENT:
                target = Target(self._tenant.id, "ServicePrincipal", MAILBOX_READER)
            deeds.audit(self._tenant, self._chance.randrange(at + 1, max(at + 2, until)), activity, by, [target])
        self.acts += len(acts)
        self.taken.add(user.id)

    def told(self, truth: Truth) -> Truth:
        """The truth with what they did."""
        return replace(truth, takeover_user_ids=frozenset(self.taken), takeover_acts=self.acts)

    def _sign_in(self, user: User, at: int, code: int, risk: SignInRisk) -> SignIn:
        number = self._tenant.sign_ins.next_number()
        address = f"203.0.113.{self._chance.randint(130, 250)}"
        return SignIn(number, at, user.id, address, code, _AWAY, device=_SCRIPT, risk=risk)


def soon(at: int, now: int, chance: random.Random) -> int:
    """Some minutes after an instant, and not after now."""
    return min(at + minutes(chance.uniform(3, 40)), now)
