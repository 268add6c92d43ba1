"""The Slack door as the use cases see it, and what a click carries in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

import msgspec

from bot.decide.action import Action
from bot.decide.policy import Person
from bot.record.account import CallAccount, FigureMembers, RequestAccount, RunAccount, SurgeAccount
from bot.watch.briefing import Cohort

Account: TypeAlias = SurgeAccount | RequestAccount | RunAccount | CallAccount
"""Whatever a card can show."""


class SlackError(Exception):
    """Slack did not do what was asked. `code` is Slack's own (`channel_not_found`), or the transport's word."""

    def __init__(self, code: str, *, retry_after: float | None = None, fate_unknown: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        """Seconds, when Slack limits us."""
        self.fate_unknown = fate_unknown
        """The call may have been carried out: no answer came."""


class CardSubject(StrEnum):
    """What a card shows."""

    SURGE = "surge"
    REQUEST = "request"
    RUN = "run"
    CALL = "call"
    REMINDER = "reminder"
    """The second call, at half-time, and those of later rounds."""


class ClickKind(StrEnum):
    """What somebody pressed or submitted. What is declared of each stands in bot/ports/presses.py."""

    OPEN_REQUEST = "open-request"
    SUBMIT_REQUEST = "submit-request"
    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    DETAILS = "details"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    ASK_AGAIN = "ask-again"
    """On a request that ended without a run: the same again, on a fresh plan."""
    CHOOSE_ACTION = "choose-action"
    """In the request dialog: who is eligible and who is held back, for this action."""
    OPEN_RELEASE = "open-release"
    SUBMIT_RELEASE = "submit-release"
    """One held-back user, released with a reason."""
    OPEN_RECOVERY = "open-recovery"
    SUBMIT_RECOVERY = "submit-recovery"
    """Flagged signers, under break glass."""
    OPEN_WAY_BACK = "open-way-back"
    SUBMIT_WAY_BACK = "submit-way-back"
    """A run's users under a new plan."""
    SUBMIT_APPROVAL = "submit-approval"
    """Approve, from the dialog that asked for a one-time code."""
    SUBMIT_GOING_ON = "submit-going-on"
    """Resume after a tripwire, from that dialog."""
    OUT_OF_DATE = "out-of-date"


class Click(msgspec.Struct, frozen=True, kw_only=True):
    """One press or submission, kept until it was carried out. All of it comes from outside: hints, not facts."""

    key: str
    """Unique for this press: the same payload delivered twice has the same key."""
    kind: ClickKind
    user_id: str
    team_id: str
    channel: str
    """Where it was made; empty in a dialog."""
    message_ts: str
    """The message that carried the button; empty in a dialog."""
    thread_ts: str
    """The thread's parent, where the message is a reply; else empty."""
    subject_id: str
    """The opaque id on the button or in private_metadata."""
    trigger_id: str
    response_url: str
    action: str = ""
    cohorts: tuple[str, ...] = ()
    reason: str = ""
    people: tuple[str, ...] = ()
    """Who was chosen by name: directory ids or user principal names."""
    code: str = ""
    """A one-time code, as typed."""
    run_id: str = ""
    """The run that was chosen for the way back."""
    shown: str = ""
    """A digest of what the dialog said of the pause it is to end."""
    view_id: str = ""
    """The dialog that carried the button, which shows the next one in its place; empty in a message."""
    opened_by: str = ""
    """The key of the press that opened the dialog, as the dialog hands it back."""
    is_from_host: bool = False
    """Made on the host's command line, by somebody whose one-time code was checked there; never by Slack."""


class Posted(msgspec.Struct, frozen=True):
    """Where a message stands."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class DialogChoice:
    """One cohort that can be chosen, and how many of it would be acted on."""

    cohort: Cohort
    eligible: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingDialog:
    """What every dialog shows that asks for signatures."""

    surge_id: str
    channel: str
    """Where the surge's card stands; private answers go there."""
    surge_name: str
    actions: tuple[Action, ...]
    approvals_needed: int
    expires_in_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDialog(AskingDialog):
    """What the request dialog shows once it is filled."""

    choices: tuple[DialogChoice, ...]
    held_back: tuple[tuple[str, int], ...]
    """Reason and number, most first."""
    held_back_people: tuple[tuple[str, str], ...]
    """Name and reason, the first few."""
    eligible: int
    action: Action = Action.CONFIRM_SAFE
    """The one that the figures are for."""
    break_glass_needed: int = 0
    evidence: str = ""
    """What the evidence leans to, in words; empty where none was gathered."""
    gaps: tuple[str, ...] = ()
    """What could not be read, so that somebody may be in the plan who would be held back otherwise."""
    already_closed: int = 0
    can_release: bool = False
    """Whether anybody who is held back may be released."""
    takes: str = ""
    """What it would take for everybody, in words."""


@dataclass(frozen=True, slots=True)
class NamedUser:
    """Somebody who can be chosen by name."""

    user_id: str
    name: str
    fact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDialog(AskingDialog):
    """One held-back user, to be released with a reason."""

    people: tuple[NamedUser, ...]
    """Those who may be released, the first hundred."""
    more: int
    """How many more there are: above zero, a name is typed."""
    break_glass_needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryDialog(AskingDialog):
    """Flagged signers, to be cleared first so that they can sign again."""

    people: tuple[NamedUser, ...]
    most: int
    """How many may be chosen."""
    break_glass: tuple[str, ...]
    """Slack user ids of the break-glass approvers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBackDialog(AskingDialog):
    """The users of a run, to be put under another action."""

    runs: tuple[tuple[str, str], ...]
    """Id and words of each run, newest first."""


@dataclass(frozen=True, slots=True)
class SigningDialog:
    """What is signed, with a field for the one-time code."""

    submits: ClickKind
    """SUBMIT_APPROVAL or SUBMIT_GOING_ON."""
    subject_id: str
    """The request, or the run that is to go on."""
    channel: str
    """Where the button was pressed; private answers go there."""
    opened_by: str
    """The key of the press that opened it: the submission carries it back."""
    surge_name: str
    action: Action
    users: int
    requester: str
    """Slack user id."""
    reason: str
    code_required: bool
    paused_because: str = ""
    """Why the run is paused."""
    shown: str = ""
    """A digest of that, which the submission carries back: another pause is not ended by it."""


@dataclass(frozen=True, slots=True)
class DetailsDialog:
    """The members of each figure, and what is open."""

    surge_name: str
    figures: tuple[FigureMembers, ...]
    notes: tuple[str, ...]
    surge_id: str = ""
    channel: str = ""
    """Where the surge's card stands; private answers go there."""
    offers: tuple[ClickKind, ...] = ()
    """What can be asked for from here: a release, the way back."""


@dataclass(frozen=True, slots=True)
class PlainDialog:
    """A dialog that only says something, such as a refusal."""

    title: str
    text: str


Dialog: TypeAlias = (
    RequestDialog | ReleaseDialog | RecoveryDialog | WayBackDialog | SigningDialog | DetailsDialog | PlainDialog
)


class Slack(Protocol):
    """The workspace. Every call raises SlackError; the door keeps Slack's rates."""

    async def post(self, account: Account, *, channel: str, thread_ts: str | None, card_id: str) -> Posted:
        """Post a card. The message carries card_id in its metadata. `channel` may be a user's id: a direct message."""

    async def update(self, account: Account, posted: Posted) -> None:
        """Bring a posted card up to date."""

    async def find(self, *, channel: str, card_id: str, since: int, thread_ts: str | None) -> Posted | None:
        """Look for a card whose posting was never confirmed, by its metadata. since: microseconds UTC."""

    async def answer(self, click: Click, text: str) -> None:
        """A private answer where the click was made; by direct message where that can't be done."""

    async def open_dialog(self, trigger_id: str) -> str:
        """Open a dialog that says it is loading; gives its view id. A trigger lives three seconds."""

    async def fill_dialog(self, view_id: str, dialog: Dialog) -> None:
        """Replace what a dialog shows."""

    async def person(self, user_id: str) -> Person | None:
        """Who that is, at this moment; None where Slack can't tell."""

    async def members(self, group_ids: Sequence[str]) -> frozenset[str]:
        """The members of user groups, as they are now (at most 30 s old)."""

    async def is_shared_outside(self, channel: str) -> bool:
        """Whether people of another organisation are, or were invited to be, in a channel."""

    async def permalink(self, posted: Posted) -> str:
        """A link to a message."""


class ClickInbox(Protocol):
    """Where listeners put clicks. Nothing is decided in a listener."""

    async def field_errors(self, click: Click) -> Mapping[str, str]:
        """What is wrong with a submitted request, from the store alone.

        Field ("action", "cohorts", "reason") -> sentence.
        """

    async def take(self, click: Click) -> None:
        """Commit the click. A key seen before changes nothing.

        Raises if the database can't: then nothing is acknowledged.
        """

    def carry_out_soon(self, click: Click) -> None:
        """Hand a committed click over; returns at once and never raises. Dies the process, a sweep carries it out."""
