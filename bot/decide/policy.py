"""Who may ask, who may sign, how many. Pure judgement over what was read at the moment of the click."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from bot.decide.people import ListedPerson
from bot.decide.quorum import Quorum, Quorums, quorum_of
from bot.decide.refusal import Refusal
from bot.decide.request import Request
from bot.decide.request_kind import RequestKind
from bot.watch.evidence import Band


class Who(StrEnum):
    """Whose press counts."""

    ANY_MEMBER = "any full member of the workspace"
    NAMED = "whoever may ask or sign"
    REQUESTERS = "whoever may ask"
    SIGNERS = "whoever may sign this request"
    REJECTERS = "whoever may sign this request, and every approver"
    ITS_REQUESTER = "whoever made this request"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user as users.info states them at the moment of the click."""

    user_id: str
    team_id: str
    name: str
    email: str
    is_deleted: bool = False
    is_bot: bool = False
    is_guest: bool = False
    """is_restricted or is_ultra_restricted."""
    is_stranger: bool = False
    """From another workspace: is_stranger, or another team."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may ask and sign for one tenant, and how many must."""

    requesters: tuple[str, ...]
    """Slack user ids and user-group ids. Empty means nobody."""
    approvers: tuple[str, ...]
    approvals_needed: int
    """Signatures besides the requester's asking; at least one."""
    request_lifetime: int
    """Microseconds until an unsigned request expires."""
    resend_after: int
    """Microseconds after which a user who is as before may be sent again."""
    break_glass: tuple[str, ...] = ()
    """Who may sign a recovery, and must be among the signers where the evidence speaks of an attack."""
    matching_required: bool = True
    """Whoever can't be matched to exactly one person of the directory can't sign."""
    signer_roles: tuple[str, ...] = ()
    """Entra roles (names or template ids), one of which a signer must hold besides being on the list; empty: none."""
    emergency_accounts: tuple[str, ...] = ()
    """Object ids or user principal names that no plan ever touches."""
    canary: int = 10
    """How many users a run sends first, to see that the action works; 0: none."""
    quorums: Quorums = field(default_factory=Quorums)
    """How many must sign, by what the evidence says and what the plan does. approvals_needed is its floor."""
    codes_required: bool = False
    """Every signature needs a one-time code, not only those under break glass."""
    people: tuple[ListedPerson, ...] = ()
    """Who has which Slack and directory accounts, beyond what an e-mail address tells."""
    tiers: tuple[tuple[str, ...], ...] = ()
    """Who is called first to sign, who next; Slack user ids and user-group ids. Empty: all approvers at once."""

    @property
    def everyone_named(self) -> tuple[str, ...]:
        """Whoever may ask or sign: these may also acknowledge, snooze, pause, resume and stop."""
        return tuple(dict.fromkeys(self.requesters + self.approvers))

    def allowed(self, who: Who, request: Request | None = None) -> tuple[str, ...]:
        """The list that somebody must be on; empty, so nobody, where it hangs on a request and there is none."""
        match who:
            case Who.NAMED:
                return self.everyone_named
            case Who.REQUESTERS:
                return self.requesters
            case Who.ITS_REQUESTER if request is not None:
                return (request.requester,)
            case Who.SIGNERS if request is not None:
                return self.signers(break_glass_needed=request.break_glass_needed, kind=request.kind)
            case Who.REJECTERS if request is not None:
                signers = self.signers(break_glass_needed=request.break_glass_needed, kind=request.kind)
                return tuple(dict.fromkeys(self.approvers + signers))
            case _:
                return ()

    def signers(self, *, break_glass_needed: int, kind: RequestKind) -> tuple[str, ...]:
        """The list of those who may approve such a request."""
        if kind.rules.only_break_glass:
            return self.break_glass
        return tuple(dict.fromkeys(self.approvers + self.break_glass)) if break_glass_needed else self.approvers


def quorum_for(
    policy: Policy, *, band: Band | None, clears_risk: bool, kind: RequestKind, releases: bool = False
) -> Quorum:
    """How many must sign such a request. See bot.decide.quorum for the table."""
    return quorum_of(
        policy.quorums,
        floor=policy.approvals_needed,
        band=band,
        clears_risk=clears_risk,
        kind=kind,
        releases=releases,
    )


def groups_among(listed: Collection[str]) -> tuple[str, ...]:
    """The user-group ids of a list: Slack's begin with S."""
    return tuple(each for each in listed if each.startswith("S"))


@dataclass(frozen=True, slots=True)
class Account:
    """A directory account of a person, and whether it is in conflict."""

    user_id: str
    is_at_risk: bool


def refuse_person(person: Person | None, *, team_id: str) -> Refusal | None:
    """Refuse whoever is not a full, living member of this workspace. None for person: Slack could not tell."""
    if person is None:
        return Refusal.PERSON_UNREADABLE
    if person.is_deleted:
        return Refusal.DEACTIVATED
    if person.is_bot:
        return Refusal.NOT_A_PERSON
    if person.is_stranger or person.team_id != team_id:
        return Refusal.OTHER_WORKSPACE
    if person.is_guest:
        return Refusal.GUEST
    return None


def refuse_list(user_id: str, allowed: Collection[str], refusal: Refusal) -> Refusal | None:
    """Refuse whoever is not on the list. An empty list means nobody."""
    if not allowed:
        return Refusal.NOBODY_MAY
    return None if user_id in allowed else refusal


def refuse_conflict(
    *,
    accounts: Collection[Account],
    plan_user_ids: Collection[str],
    requester_accounts: Collection[str],
    cleared: Collection[str] = (),
) -> Refusal | None:
    """Refuse a signer any of whose directory accounts is in the plan, at risk, or the requester's own.

    cleared: accounts whose clean-up was verified since the plan was made; being in the plan is no conflict any more.
    """
    if any(account.user_id in requester_accounts for account in accounts):
        return Refusal.SAME_PERSON
    if any(
        account.is_at_risk or (account.user_id in plan_user_ids and account.user_id not in cleared)
        for account in accounts
    ):
        return Refusal.AMONG_THE_FLAGGED
    return None
