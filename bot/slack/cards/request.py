"""The request's card, a reply in the surge's thread: who asks for what, and how many signatures are missing."""

import math

from bot.act.actions import CATALOGUE
from bot.decide.action import Action
from bot.decide.request import RequestState, Verdict
from bot.ports.slack import ClickKind
from bot.record.account import RequestAccount
from bot.slack.action_ids import BUTTONS
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Card, Json
from bot.slack.cards.outcomes import top_reasons
from bot.slack.cards.text import clean, counted, inert, mention, number
from bot.slack.cards.times import clock, date, span
from bot.watch.briefing import Cohort

REASON_CHARACTERS = 500
MOST_REASONS = 8
USERS_A_READ = 500
READS_A_USER = 2


def request_card(account: RequestAccount, *, calls_per_second: float) -> Card:
    """The card as it stands. calls_per_second: the pace at which this tenant's Identity Protection is called."""
    request, plan = account.request, account.plan
    what = title(account)
    held_back = plan.held_back
    closed = [f"closed before {number(plan.already_closed)}"] if plan.already_closed else []
    shown = [
        blocks.header(f"{what}: {request.state.value}"),
        blocks.section(f"{mention(request.requester)} asks for this. {_status(account)}"),
        blocks.rich_text(
            blocks.line(blocks.words("Reason", bold=True)), blocks.quote(request.reason, REASON_CHARACTERS)
        ),
        *blocks.fields(
            [
                f"users {number(plan.users)}",
                f"held back {number(held_back)}",
                *closed,
                f"cohorts: {', '.join(cohort.value for cohort in Cohort if cohort in plan.cohorts) or 'none'}",
                f"will take {cost(plan.users, plan.action, calls_per_second)}",
            ]
        ),
    ]
    if plan.reasons:
        shown.append(
            blocks.rich_text(
                blocks.line(blocks.words(f"Held back: {counted(held_back, 'user')}", bold=True)),
                blocks.bullets(top_reasons(plan.reasons, MOST_REASONS), most=250),
            )
        )
    shown.append(blocks.section(_signatures(account)))
    if request.state is RequestState.PENDING:
        shown += blocks.actions(_buttons(account))
    shown.append(blocks.section(f"{blocks.bold('What it does')}\n{what_it_says(plan.action)}"))
    shown.append(
        blocks.context(
            f"Surge {inert(account.surge.short_name, 40)} · request {inert(request.id, 40)} · "
            f"plan {inert(request.plan_hash[:12], 12)}"
        )
    )
    asker = mention(request.requester)
    text = f"{asker} asks: {what}. {_status(account)} Reason: {inert(request.reason, REASON_CHARACTERS)}"
    return Card(shown, text)


def title(account: RequestAccount) -> str:
    """Confirm safe for 1,180 users."""
    return f"{account.plan.action.value} for {counted(account.plan.users, 'user')}"


def what_it_says(action: Action) -> str:
    """What an action does, in one sentence."""
    facts = CATALOGUE.get(action)
    return facts.what_it_says if facts else action.value


def cost(users: int, action: Action, calls_per_second: float) -> str:
    """20 calls, about 24 s at Microsoft's limit: the writes, and the reads before and after them."""
    facts = CATALOGUE.get(action)
    writes = math.ceil(users / (facts.batch_size if facts else 60))
    calls = writes + READS_A_USER * math.ceil(users / USERS_A_READ)
    seconds = calls / max(calls_per_second, 0.001)
    return f"{counted(calls, 'call')}, about {span(seconds)} at Microsoft's limit"


def outcome(account: RequestAccount) -> str:
    """How a settled request ended, by whom and when; empty while it is pending."""
    request = account.request
    at = f" at {clock(request.settled_at)}" if request.settled_at is not None else ""
    who = mention(request.settled_by) if request.settled_by else ""
    match request.state:
        case RequestState.PENDING:
            return ""
        case RequestState.APPROVED:
            signers = [mention(vote.user_id) for vote in account.votes if vote.verdict is Verdict.APPROVE][:10]
            return f"Approved by {' and '.join(signers) or who or 'nobody'}{at}."
        case RequestState.REJECTED:
            return f"Rejected by {who or 'an approver'}{at}."
        case RequestState.WITHDRAWN:
            return f"Withdrawn by {who or mention(request.requester)}{at}."
        case RequestState.EXPIRED:
            when = date(request.settled_at if request.settled_at is not None else request.expires_at)
            return f"Expired {when}: it did not get its signatures in time."
        case RequestState.SUPERSEDED:
            return f"Superseded{at}: the plan was out of date."


def _status(account: RequestAccount) -> str:
    if account.request.state is not RequestState.PENDING:
        return outcome(account)
    verb = "is" if account.missing == 1 else "are"
    return f"{counted(account.missing, 'more signature')} {verb} missing. Expires {date(account.request.expires_at)}."


def _signatures(account: RequestAccount) -> str:
    needed = account.request.approvals_needed
    signers = [vote.user_id for vote in account.votes if vote.verdict is Verdict.APPROVE]
    names = f" ({', '.join(mention(each) for each in signers[:10])})" if signers else ""
    said = f"Signatures: {number(len(signers))} of {number(needed)}{names}"
    if account.request.state is not RequestState.PENDING:
        return f"{said}."
    missing = "one more is missing" if account.missing == 1 else f"{number(account.missing)} more are missing"
    return (
        f"{said}, {missing}. Whoever asked can't sign; a second person has to.\n"
        f"Asked {date(account.request.created_at)}, expires {date(account.request.expires_at)}."
    )


def _buttons(account: RequestAccount) -> list[Json]:
    request = account.request
    users = counted(account.plan.users, "user")
    question = f"{clean(account.plan.action.value)} for {users}. "
    facts = CATALOGUE.get(account.plan.action)
    undo = "" if facts is None or facts.can_be_undone else " This can't be undone."
    return [
        blocks.button(
            BUTTONS[ClickKind.APPROVE],
            f"Approve {users}",
            request.id,
            style="primary",
            question=blocks.confirm(
                f"Approve {users}?",
                f"{question}{number(account.plan.held_back)} held back stay untouched. It starts as soon as the last "
                f"signature is there.{undo}",
                "Approve",
            ),
        ),
        blocks.button(
            BUTTONS[ClickKind.REJECT],
            "Reject",
            request.id,
            style="danger",
            question=blocks.confirm(
                "Reject this request?", "It ends for everybody. Anyone allowed may ask again.", "Reject", danger=True
            ),
        ),
        blocks.button(BUTTONS[ClickKind.WITHDRAW], "Withdraw", request.id),
    ]
