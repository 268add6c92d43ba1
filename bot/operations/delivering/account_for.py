"""Gather from the tables what people are told of a surge, a request, a run: the same for card and terminal."""

from collections.abc import Mapping
from dataclasses import replace

from bot.act.outcome import OutcomeState
from bot.act.run import Run, RunState
from bot.decide.calling import distinct
from bot.decide.plan import Plan, read_plan, summarize
from bot.decide.policy import Policy
from bot.decide.request import Request, RequestState, Verdict
from bot.decide.request_kind import Choice
from bot.operations.approving.call_signers import who_could_sign
from bot.operations.approving.name_people import names_of
from bot.operations.briefing.compose_briefing import known_of
from bot.operations.planning.draft_plan import RECENT
from bot.operations.planning.find_shortage import shortage_of
from bot.operations.planning.known_signers import known_signers
from bot.operations.watching.note_flagged_again import WATCHED_AFTER
from bot.record.account import CallAccount, FigureMembers, PersonLine, RequestAccount, RunAccount, SurgeAccount
from bot.store.cards import Card, CardSubject
from bot.store.transaction import Transaction
from bot.watch.durations import MINUTE
from bot.watch.figure import Figure
from bot.watch.figure_members import LISTED, Sources, members_of, users_by_cohort
from bot.watch.surge import Surge, SurgeState, open_elsewhere
from bot.watch.tenant_facts import TenantFacts


def account_for_request(tx: Transaction, request: Request, surge: Surge, now: int) -> RequestAccount:
    """A request with its plan, votes and run."""
    whole = read_plan(tx.requests.plan_body(request.tenant_id, request.plan_hash))
    plan = summarize(whole)
    votes = tx.requests.votes_on(request.tenant_id, request.id)
    run = tx.runs.run_of_request(request.tenant_id, request.id)
    run_account = None
    if run is not None:
        counts = tx.outcomes.count_outcomes(run.tenant_id, run.id)
        pace, seconds_left = _pace(run, counts, now)
        run_account = RunAccount(
            run=run,
            action=plan.action,
            planned=plan.users,
            counts=counts,
            requester=request.requester,
            signers=tuple(vote.user_id for vote in votes if vote.verdict is Verdict.APPROVE),
            signed_at=request.settled_at or run.created_at,
            open_reasons=tx.outcomes.outcome_reasons(run.tenant_id, run.id),
            users_a_minute=pace,
            seconds_left=seconds_left,
            flagged_again=len(tx.cleared.flagged_again(run.tenant_id, within=WATCHED_AFTER, run_id=run.id)),
        )
    return RequestAccount(
        request,
        plan,
        votes,
        surge,
        run_account,
        people=_people_of(tx, request, whole),
        could_sign=_could_sign(tx, request, whole),
        may_ask_again=_may_ask_again(tx, request, surge),
    )


def _people_of(tx: Transaction, request: Request, plan: Plan) -> tuple[PersonLine, ...]:
    """By name, where that is whom people decide on."""
    if request.kind.rules.chosen_by is not Choice.NAME:
        return ()
    names = names_of(tx, request.tenant_id, plan.user_ids)
    released: dict[str, list[str]] = {}
    for each in plan.released:
        said = f"{each.reason.value} ({each.detail})" if each.detail else each.reason.value
        released.setdefault(each.user_id, []).append(said)
    return tuple(
        PersonLine(user_id, names[user_id], "", "; ".join(released.get(user_id, ()))) for user_id in plan.user_ids
    )


def _could_sign(tx: Transaction, request: Request, plan: Plan) -> int | None:
    if request.state is not RequestState.PENDING:
        return None
    listed = known_signers(tx, request.tenant_id)
    return distinct(who_could_sign(tx, listed, request, plan)) if listed.people else None


def _may_ask_again(tx: Transaction, request: Request, surge: Surge) -> bool:
    if request.state in {RequestState.PENDING, RequestState.APPROVED}:
        return False
    if surge.state is SurgeState.CLOSED and request.kind.rules.needs_open_surge:
        return False
    others = tx.requests.requests_of_surge(request.tenant_id, request.surge_id)
    return not any(other.asked_again == request.id for other in others)


def _pace(run: Run, counts: Mapping[OutcomeState, int], now: int) -> tuple[int | None, int | None]:
    """Users a minute so far, and the seconds that those who wait will take at this pace; None before the first.

    While the canary is out nobody else goes, and after it the pace is that of the others.
    """
    waiting = counts[OutcomeState.WAITING] + counts[OutcomeState.SENDING]
    sent = sum(counts.values()) - waiting
    since = run.started_at
    if run.canary_passed_at is not None:
        sent, since = sent - run.canary, run.canary_passed_at
    if run.state is not RunState.RUNNING or run.is_on_trial or since is None or sent <= 0 or now <= since:
        return None, None
    a_minute = sent * MINUTE / (now - since)
    return round(a_minute), round(waiting * 60 / a_minute)


def account_for_surge(tx: Transaction, surge: Surge, now: int) -> SurgeAccount:
    """A surge with its newest briefing and all its requests. A snooze that is over is not told any more."""
    if surge.snoozed_until is not None and surge.snoozed_until <= now:
        surge = replace(surge, snoozed_by=None, snoozed_until=None)
    requests = tuple(
        account_for_request(tx, request, surge, now)
        for request in tx.requests.requests_of_surge(surge.tenant_id, surge.id)
    )
    return SurgeAccount(
        surge=surge,
        briefing=tx.briefings.latest_briefing(surge.tenant_id, surge.id),
        requests=requests,
        watch_problem=tx.watches.watch_of(surge.tenant_id).problem,
        flagged_again=len(tx.cleared.flagged_again(surge.tenant_id, within=WATCHED_AFTER, surge_id=surge.id)),
        shortage=shortage_of(tx, surge, requests),
    )


def account_for_card(
    tx: Transaction, card: Card, *, now: int, link: str = ""
) -> SurgeAccount | RequestAccount | RunAccount | CallAccount | None:
    """What a card shows now; None where its subject is gone."""
    if card.subject is CardSubject.SURGE:
        surge = tx.surges.surge_by_id(card.tenant_id, card.subject_id)
        return account_for_surge(tx, surge, now) if surge else None
    if card.subject is CardSubject.RUN:
        run = tx.runs.run_by_id(card.tenant_id, card.subject_id)
        request = tx.requests.request_by_id(card.tenant_id, run.request_id) if run else None
    else:
        request = tx.requests.request_by_id(card.tenant_id, card.subject_id)
    if request is None:
        return None
    surge = tx.surges.surge_by_id(card.tenant_id, request.surge_id)
    if surge is None:
        return None
    account = account_for_request(tx, request, surge, now)
    if card.subject is CardSubject.RUN:
        return account.run
    if card.subject in {CardSubject.CALL, CardSubject.REMINDER}:
        return CallAccount(account, link, is_reminder=card.subject is CardSubject.REMINDER)
    return account


def figures_of(
    tx: Transaction, surge: Surge, policy: Policy | None = None, tenant_facts: TenantFacts | None = None
) -> tuple[FigureMembers, ...]:
    """The members of each figure of a surge, and by which fact.

    policy, tenant_facts: what the team states of its tenant, where that is at hand; some facts rest on it.
    """
    users = tx.surges.users_of_surge(surge.tenant_id, surge.id)
    profiles = tx.directory.profiles_of(surge.tenant_id, users)
    risky = tx.directory.risky_users(surge.tenant_id, users)
    others = open_elsewhere(surge, tx.detections.open_of_surge_users(surge, surge.window_start - RECENT))
    names = {user_id: (found.user_principal_name, found.user_display_name) for user_id, found in risky.items()}
    names |= {user_id: (profile.user_principal_name, profile.display_name) for user_id, profile in profiles.items()}

    found = known_of(tx, surge, policy, tenant_facts or TenantFacts())
    latest = tx.briefings.latest_briefing(surge.tenant_id, surge.id)
    sources = Sources(
        flagged=users,
        profiles=profiles,
        privileged=latest.privileged or () if latest else (),
        accounts=found.accounts,
        impacts=found.impacts,
        applied_policies=found.applied_policies or {},
        suspects=latest.evidence.suspects if latest and latest.evidence else (),
        flagged_again=tx.cleared.flagged_again(surge.tenant_id, within=WATCHED_AFTER, surge_id=surge.id),
        others=others,
        risky=risky,
    )
    by_name = {figure.value: members_of(figure, sources) for figure in LISTED}
    at_risk = by_name.pop(Figure.AT_RISK)
    by_name |= _run_figures(tx, surge) | {Figure.AT_RISK.value: at_risk}
    by_name |= {cohort.value: members for cohort, members in users_by_cohort(sources).items()}
    return tuple(
        FigureMembers(name, tuple(PersonLine(each, *names.get(each, ("", "")), fact) for each, fact in members.items()))
        for name, members in by_name.items()
        if members
    )


def _run_figures(tx: Transaction, surge: Surge) -> dict[str, dict[str, str]]:
    """The outcomes of the surge's newest run: by name and user id, why."""
    requests = tx.requests.requests_of_surge(surge.tenant_id, surge.id)
    runs = [tx.runs.run_of_request(surge.tenant_id, request.id) for request in requests]
    run = next((each for each in reversed(runs) if each is not None), None)
    if run is None:
        return {}
    by_state: dict[OutcomeState, dict[str, str]] = {}
    for user_id, outcome in tx.outcomes.outcomes_of_run(surge.tenant_id, run.id).items():
        by_state.setdefault(outcome.state, {})[user_id] = outcome.why or outcome.state.value
    in_need_first = (OutcomeState.FAILED, OutcomeState.SKIPPED, OutcomeState.ACCEPTED, OutcomeState.VERIFIED)
    return {f"last run: {state.value}": by_state[state] for state in in_need_first if state in by_state}
