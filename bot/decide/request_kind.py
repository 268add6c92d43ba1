"""The kinds of request, and all that is different from one to the other: one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import MappingProxyType

from bot.decide.held_back import HeldBackReason


class RequestKind(StrEnum):
    """What a request rests on, and with it who must sign."""

    SURGE = "surge"
    """The users of a surge, by cohort."""
    RELEASE = "release"
    """One held-back user, released with a reason."""
    RECOVERY = "recovery"
    """Flagged signers, so that they can sign again: two break-glass approvers sign, each with a code."""
    WAY_BACK = "way back"
    """Users whom a run acted on, under another action."""

    @property
    def rules(self) -> "KindRules":
        """What holds for requests of this kind."""
        return RULES[self]


class Choice(Enum):
    """How the requester says whom it is about."""

    COHORT = auto()
    NAME = auto()
    RUN = auto()
    """Everybody whom that run acted on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRules:
    """What holds for the requests of one kind. The defaults are the rules of the usual one, by cohort."""

    chosen_by: Choice
    title: str = ""
    """What its cards begin with, before the action and the number of users."""
    people_heading: str = "Who"
    """What stands above the users, where the card names them."""
    why_so_many: str = ""
    """Why it needs as many signatures as it does; empty where the evidence says so."""
    most_named: int = 0
    """So many users may be chosen by name."""
    may_clear: bool = True
    """It may ask for an action that clears risk."""
    may_contain: bool = True
    """It may ask for an action that does not."""
    needs_open_surge: bool = True
    """Nobody can ask for it once the surge is closed, or before its users were read."""
    lifts: frozenset[HeldBackReason] = frozenset()
    """What holds nobody back in it, beside what was released."""
    detections_hold_back: bool = True
    """An open detection outside the surge holds its user back from it, whatever the action."""
    releases: bool = False
    """It acts on whom every other plan holds back: more must sign."""
    only_break_glass: bool = False
    """Break-glass approvers alone sign it, each with a one-time code; the team's floor of signatures does not count."""
    tells_everybody: bool = False
    """The first call goes to everybody on the lists, whether they can sign it or not."""
    goes_first: bool = False
    """Its run is carried out before all others, and without a canary."""

    def may_ask_for(self, *, clears_risk: bool) -> bool:
        """Whether it may ask for such an action."""
        return self.may_clear if clears_risk else self.may_contain


RULES: Mapping[RequestKind, KindRules] = MappingProxyType(
    {
        RequestKind.SURGE: KindRules(chosen_by=Choice.COHORT),
        RequestKind.RELEASE: KindRules(
            chosen_by=Choice.NAME,
            title="Release",
            people_heading="Released, though held back for",
            why_so_many="A user who is held back is released only under the larger quorum.",
            most_named=1,
            releases=True,
        ),
        RequestKind.RECOVERY: KindRules(
            chosen_by=Choice.NAME,
            title="BREAK GLASS recovery of signers",
            people_heading="Signers who are cleared first, so that they can sign again",
            why_so_many="Signers are recovered under break glass alone.",
            most_named=5,
            may_contain=False,
            lifts=frozenset({HeldBackReason.SIGNER, HeldBackReason.PRIVILEGED}),
            only_break_glass=True,
            tells_everybody=True,
            goes_first=True,
        ),
        RequestKind.WAY_BACK: KindRules(
            chosen_by=Choice.RUN,
            title="Way back",
            may_clear=False,
            needs_open_surge=False,
            detections_hold_back=False,
        ),
    }
)
