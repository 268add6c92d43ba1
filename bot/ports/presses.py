"""The registry of presses: what is declared of each kind, once. Doors and use cases read it here.

The use case of each kind is bound to it in bot/operations/delivering/use_cases.py, the names that Slack hands
back follow from it in bot/slack/action_ids.py. A test refuses a kind that is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.decide.policy import Who
from bot.decide.refusal import Refusal
from bot.decide.request_kind import RequestKind
from bot.ports.slack import CardSubject, ClickKind
from bot.record.ledger import Event


class Form(StrEnum):
    """What somebody presses."""

    BUTTON = "button"
    OPENER = "opener"
    """A button that opens a dialog, or shows the next one in its place, and does nothing else."""
    CHOICE = "choice"
    """A choice within a dialog, which then shows something else."""
    SUBMISSION = "submission"
    """A dialog's own button."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What is declared of one kind of press."""

    subject: CardSubject | None
    """What it is about, and so which card it belongs to; None: nothing that stands."""
    who: Who
    refusal: Refusal
    """What anybody else is told."""
    form: Form = Form.BUTTON
    asks_for: RequestKind | None = None
    """The kind of request that its dialog asks for, or that it submits."""
    asks_microsoft: bool = False
    """Only the process that does the tenant's work asks Microsoft, at the tenant's one pace: the press waits for it."""
    event: Event | None = None
    """The ledger's row, where it is the same whatever the press leads to."""

    @property
    def is_submission(self) -> bool:
        """Whether it comes from a dialog, which an earlier press opened."""
        return self.form is Form.SUBMISSION


def _opens(asks_for: RequestKind, form: Form = Form.OPENER) -> Press:
    return Press(
        subject=CardSubject.SURGE,
        who=Who.REQUESTERS,
        refusal=Refusal.NOT_A_REQUESTER,
        form=form,
        asks_for=asks_for,
    )


def _submits(asks_for: RequestKind) -> Press:
    return Press(
        subject=CardSubject.SURGE,
        who=Who.REQUESTERS,
        refusal=Refusal.NOT_A_REQUESTER,
        form=Form.SUBMISSION,
        asks_for=asks_for,
        asks_microsoft=True,
    )


def _sees(event: Event) -> Press:
    return Press(subject=CardSubject.SURGE, who=Who.NAMED, refusal=Refusal.NOT_A_REQUESTER, event=event)


def _signs(form: Form = Form.BUTTON) -> Press:
    return Press(
        subject=CardSubject.REQUEST,
        who=Who.SIGNERS,
        refusal=Refusal.NOT_AN_APPROVER,
        form=form,
        asks_microsoft=True,
        event=Event.REQUEST_VOTED,
    )


def _holds_up(event: Event) -> Press:
    return Press(subject=CardSubject.RUN, who=Who.NAMED, refusal=Refusal.NOT_AN_APPROVER, event=event)


def _goes_on(form: Form = Form.BUTTON) -> Press:
    """After a tripwire it takes somebody who could sign the run's request, and the ledger has another row."""
    return Press(
        subject=CardSubject.RUN, who=Who.NAMED, refusal=Refusal.NOT_AN_APPROVER, form=form, asks_microsoft=True
    )


PRESSES: Mapping[ClickKind, Press] = {
    # On a surge.
    ClickKind.OPEN_REQUEST: _opens(RequestKind.SURGE),
    ClickKind.CHOOSE_ACTION: _opens(RequestKind.SURGE, Form.CHOICE),
    ClickKind.SUBMIT_REQUEST: _submits(RequestKind.SURGE),
    ClickKind.OPEN_RELEASE: _opens(RequestKind.RELEASE),
    ClickKind.SUBMIT_RELEASE: _submits(RequestKind.RELEASE),
    ClickKind.OPEN_RECOVERY: _opens(RequestKind.RECOVERY),
    ClickKind.SUBMIT_RECOVERY: _submits(RequestKind.RECOVERY),
    ClickKind.OPEN_WAY_BACK: _opens(RequestKind.WAY_BACK),
    ClickKind.SUBMIT_WAY_BACK: _submits(RequestKind.WAY_BACK),
    ClickKind.ACKNOWLEDGE: _sees(Event.SURGE_ACKNOWLEDGED),
    ClickKind.SNOOZE: _sees(Event.SURGE_SNOOZED),
    ClickKind.DETAILS: Press(
        subject=CardSubject.SURGE, who=Who.ANY_MEMBER, refusal=Refusal.OTHER_WORKSPACE, form=Form.OPENER
    ),
    # On a request.
    ClickKind.APPROVE: _signs(),
    ClickKind.SUBMIT_APPROVAL: _signs(Form.SUBMISSION),
    ClickKind.REJECT: Press(
        subject=CardSubject.REQUEST,
        who=Who.REJECTERS,
        refusal=Refusal.NOT_AN_APPROVER,
        event=Event.REQUEST_VOTED,
    ),
    ClickKind.WITHDRAW: Press(subject=CardSubject.REQUEST, who=Who.ITS_REQUESTER, refusal=Refusal.NOT_THE_REQUESTER),
    ClickKind.ASK_AGAIN: Press(
        subject=CardSubject.REQUEST, who=Who.REQUESTERS, refusal=Refusal.NOT_A_REQUESTER, asks_microsoft=True
    ),
    # On a run.
    ClickKind.PAUSE: _holds_up(Event.RUN_PAUSED),
    ClickKind.STOP: _holds_up(Event.RUN_STOPPED),
    ClickKind.RESUME: _goes_on(),
    ClickKind.SUBMIT_GOING_ON: _goes_on(Form.SUBMISSION),
    # On nothing that is known any more.
    ClickKind.OUT_OF_DATE: Press(subject=None, who=Who.NOBODY, refusal=Refusal.OUT_OF_DATE, form=Form.NONE),
}


def event_of(kind: ClickKind) -> Event:
    """The ledger's row of a kind that declares one."""
    event = PRESSES[kind].event
    if event is None:
        raise LookupError(f"{kind.value} declares no event")
    return event
