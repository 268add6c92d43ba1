"""What each press leads to. What else is declared of it stands in bot/ports/presses.py."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.decide.refusal import Refused
from bot.operations.approving.ask_again import ask_again
from bot.operations.approving.cast_vote import approve, judge_by_tables, reject
from bot.operations.approving.request_remediation import open_request, submit_request
from bot.operations.approving.withdraw_request import withdraw_request
from bot.operations.delivering.acknowledge_surge import acknowledge_surge
from bot.operations.delivering.show_details import show_details
from bot.operations.running.countersign_run import look_at_pause
from bot.operations.running.steer_run import hold_up_run, resume_run
from bot.operations.tenant import Tenant
from bot.ports.slack import Click, ClickKind
from bot.store.transaction import Transaction

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class UseCase(Generic[Found]):
    """One look at the tables, which may refuse, and then what is done: Slack and Graph, one transaction."""

    look: Callable[[Transaction, Tenant, Click], Found | Refused]
    """Shares its transaction with the look at the click itself. What it finds may have changed: `act` judges again."""
    act: Callable[[Tenant, Click, Found], Awaitable[Refused | None]]


def _at_once(act: Callable[[Tenant, Click], Awaitable[Refused | None]]) -> UseCase[None]:
    """A use case that rests on nothing but the click."""
    return UseCase(lambda _tx, _tenant, _click: None, lambda tenant, click, _nothing: act(tenant, click))


USE_CASES: Mapping[ClickKind, UseCase[Any]] = {
    ClickKind.OPEN_REQUEST: _at_once(open_request),
    ClickKind.CHOOSE_ACTION: _at_once(open_request),
    ClickKind.SUBMIT_REQUEST: _at_once(submit_request),
    ClickKind.OPEN_RELEASE: _at_once(open_request),
    ClickKind.SUBMIT_RELEASE: _at_once(submit_request),
    ClickKind.OPEN_RECOVERY: _at_once(open_request),
    ClickKind.SUBMIT_RECOVERY: _at_once(submit_request),
    ClickKind.OPEN_WAY_BACK: _at_once(open_request),
    ClickKind.SUBMIT_WAY_BACK: _at_once(submit_request),
    ClickKind.ACKNOWLEDGE: _at_once(acknowledge_surge),
    ClickKind.SNOOZE: _at_once(acknowledge_surge),
    ClickKind.DETAILS: _at_once(show_details),
    ClickKind.APPROVE: UseCase(judge_by_tables, approve),
    ClickKind.SUBMIT_APPROVAL: UseCase(judge_by_tables, approve),
    ClickKind.REJECT: UseCase(judge_by_tables, reject),
    ClickKind.WITHDRAW: _at_once(withdraw_request),
    ClickKind.ASK_AGAIN: _at_once(ask_again),
    ClickKind.PAUSE: _at_once(hold_up_run),
    ClickKind.STOP: _at_once(hold_up_run),
    ClickKind.RESUME: UseCase(look_at_pause, resume_run),
    ClickKind.SUBMIT_GOING_ON: UseCase(look_at_pause, resume_run),
}
