"""The request's card, a reply in the surge's thread: who asks for what, and how many signatures are missing."""

from bot.act.estimate import estimate
from bot.decide.action import RULES, Action
from bot.decide.request import RequestState, Verdict
from bot.decide.request_kind import Choice
from bot.ports.slack import ClickKind
from bot.record.account import RequestAccount
from bot.slack.action_ids import BUTTONS
from bot.slack.cards import blocks
from bot.slack.cards.blocks import Json, Message
from bot.slack.cards.outcomes import top_reasons
from bot.slack.cards.text import clean, counted, inert, mention, number
from bot.slack.cards.times import clock, date
from bot.slack.cards.why_so_many import why_so_many
from bot.watch.briefing import Cohort

REASON_CHARACTERS = 500
MOST_REASONS = 8
MOST_PEOPLE = 5
MOST_GAPS = 4


def request_card(account: RequestAccount, *, calls_per_second: float) -> Message:
    """The card as it stands. calls_per_second: the pace at which this tenant's Identity Protection is called."""
    request = account.request
    what = title(account)
    shown = [
        blocks.header(f"{what}: {request.state.value}"),
        blocks.section(f"{mention(request.requester)} asks for this. {_status(account)}"),
        blocks.rich_text(
            blocks.line(blocks.words("Reason", bold=True)), blocks.quote(request.reason, REASON_CHARACTERS)
        ),
        *blocks.fields(_figures(account, calls_per_second)),
        *_people(account),
        *_held_back(account),
        *_not_available(account),
        blocks.section(_signatures(account)),
        *blocks.actions(_buttons(account)),
        blocks.section(f"{blocks.bold('What it does')}\n{RULES[account.plan.action].what_it_says}"),
        blocks.context(
            f"Surge {inert(account.surge.short_name, 40)} · request {inert(request.id, 40)} · "
            f"plan {inert(request.plan_hash[:12], 12)}"
        ),
    ]
    asker = mention(request.requester)
    text = f"{asker} asks: {what}. {_status(account)} Reason: {inert(request.reason, REASON_CHARACTERS)}"
    return Message(shown, text)


def title(account: RequestAccount) -> str:
    """Confirm safe for 1,180 users; what kind of request it is, where it is not the usual one."""
    what = f"{account.plan.action.value} for {counted(account.plan.users, 'user')}"
    kind = account.request.kind.rules.title
    return f"{kind}: {what}" if kind else what


def cost(users: int, action: Action, calls_per_second: float, *, at_risk: int = 0) -> str:
    """20 calls, about 25 s at Microsoft's limit: the writes, and the reads before and after them."""
    return str(estimate(action, users=users, at_risk=at_risk, calls_a_second=max(calls_per_second, 0.001)))


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
            return f"Superseded{at}: {inert(request.settled_why, 300) or 'the plan was out of date'}."


def _figures(account: RequestAccount, calls_per_second: float) -> list[str]:
    plan = account.plan
    closed = [f"closed before {number(plan.already_closed)}"] if plan.already_closed else []
    cohorts = ", ".join(cohort.value for cohort in Cohort if cohort in plan.cohorts) or "none"
    is_by_cohort = account.request.kind.rules.chosen_by is Choice.COHORT
    takes = cost(plan.users, plan.action, calls_per_second, at_risk=plan.users + plan.held_back)
    return [
        f"users {number(plan.users)}",
        f"held back {number(plan.held_back)}",
        *closed,
        *([f"cohorts: {cohorts}"] if is_by_cohort else []),
        f"evidence: {clean(account.request.band) or 'not weighed'}",
        f"will take {takes}",
    ]


def _people(account: RequestAccount) -> list[Json]:
    """Whom it is about, by name, and what each was held back for."""
    if not account.people:
        return []
    lines = [
        f"{clean(each.user_principal_name)[:120]}{': ' + each.fact if each.fact else ''}"
        for each in account.people[:MOST_PEOPLE]
    ]
    return [blocks.listed(account.request.kind.rules.people_heading, lines, 400)]


def _held_back(account: RequestAccount) -> list[Json]:
    if not account.plan.reasons:
        return []
    return [
        blocks.listed(
            f"Held back: {counted(account.plan.held_back, 'user')}",
            top_reasons(account.plan.reasons, MOST_REASONS),
            250,
        )
    ]


def _not_available(account: RequestAccount) -> list[Json]:
    """What could not be read when the plan was made: whoever signs must know it."""
    if not account.plan.gaps:
        return []
    return [blocks.listed("Not available when this was asked for", list(account.plan.gaps[:MOST_GAPS]), 250)]


def _status(account: RequestAccount) -> str:
    if account.request.state is not RequestState.PENDING:
        return outcome(account)
    verb = "is" if account.missing == 1 else "are"
    glass = f", {number(account.missing_glass)} of them under break glass" if account.missing_glass else ""
    return (
        f"{counted(account.missing, 'more signature')} {verb} missing{glass}. "
        f"Expires {date(account.request.expires_at)}."
    )


def _signatures(account: RequestAccount) -> str:
    request = account.request
    signers = [vote for vote in account.votes if vote.verdict is Verdict.APPROVE]
    names = f" ({', '.join(mention(each.user_id) + _proof(each.with_code, each.break_glass) for each in signers[:10])})"
    said = f"Signatures: {number(account.signed)} of {number(request.approvals_needed)}{names if signers else ''}"
    why = why_so_many(request.band, account.plan.action, request.kind)
    if request.state is not RequestState.PENDING:
        return f"{said}."
    missing = "one more is missing" if account.missing == 1 else f"{number(account.missing)} more are missing"
    return (
        f"{said}, {missing}. {why}Whoever asked can't sign; a second person has to.{_who_could(account)}\n"
        f"Asked {date(request.created_at)}, expires {date(request.expires_at)}."
    )


def _proof(with_code: bool, break_glass: bool) -> str:  # noqa: FBT001 - two facts of a vote
    if break_glass:
        return ", break glass"
    return ", with a code" if with_code else ""


def _who_could(account: RequestAccount) -> str:
    """How many could sign, where that is known; said loudly where they are too few."""
    if account.could_sign is None:
        return ""
    if account.could_sign < account.missing:
        able = counted(account.could_sign, "person", "people")
        return f" {blocks.bold('Too few could sign')}: {able} could, as far as is known."
    return f" {counted(account.could_sign, 'person', 'people')} could."


def _buttons(account: RequestAccount) -> list[Json]:
    request = account.request
    if account.may_ask_again:
        return [blocks.button(BUTTONS[ClickKind.ASK_AGAIN], "Ask again", request.id)]
    if request.state is not RequestState.PENDING:
        return []
    users = counted(account.plan.users, "user")
    question = f"{clean(account.plan.action.value)} for {users}. "
    undo = "" if RULES[account.plan.action].can_be_undone else " This can't be undone."
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
