"""Every card and dialog stays within Slack's limits, whatever the input. The invented workspace is the judge."""

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.act.outcome import OutcomeState
from bot.act.run import RunState
from bot.decide.action import Action
from bot.decide.held_back import HeldBackReason
from bot.decide.request import RequestState, Verdict, Vote
from bot.decide.request_kind import RequestKind
from bot.ports.slack import (
    DetailsDialog,
    DialogChoice,
    NamedUser,
    PlainDialog,
    RecoveryDialog,
    ReleaseDialog,
    RequestDialog,
    WayBackDialog,
)
from bot.record.account import CallAccount, FigureMembers, PersonLine, Shortage
from bot.slack.cards.plain_dialog import loading_dialog
from bot.slack.cards.render import card, view
from bot.slack.cards.text import length
from bot.watch.briefing import Cohort, Gap
from bot.watch.evidence import Band
from bot.watch.surge import SurgeState
from sim.workspace.blocks import problems_of_blocks, problems_of_view
from tests.slack import accounts

MESSAGE_CHARACTERS = 12_000
WORST = '<!channel>&"\\*_`~:tada:\u202e\U0001f4a5\n' * 400
outside = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", " ", "\x00", "<!channel>", "<@U0ADA000001>", "\ud800", "a" * 5000, "é\u0301" * 900, WORST]),
)
huge = st.one_of(st.integers(0, 3), st.integers(0, 10**12))
times = st.integers(-(10**18), 10**18)
user_ids = st.one_of(st.just(accounts.ADA), outside)
surges = st.builds(
    accounts.surge,
    short_name=outside,
    state=st.sampled_from(SurgeState),
    opened_at=times,
    window_start=times,
    window_end=times,
    ended_at=st.none() | times,
    risk_event_types=st.lists(outside, max_size=30).map(tuple),
    users=huge,
    usual=st.floats(),
    acknowledged_by=st.none() | user_ids,
    acknowledged_at=st.none() | times,
    snoozed_by=st.none() | user_ids,
    snoozed_until=st.none() | times,
)
briefings = st.builds(
    accounts.briefing,
    made_at=times,
    flagged=huge,
    at_risk=st.none() | huge,
    cohorts=st.none() | st.dictionaries(st.sampled_from(Cohort), huge),
    passwordless=st.none() | huge,
    passwordless_unread=huge,
    gaps=st.lists(st.builds(Gap, outside, outside), max_size=30).map(tuple),
)
reasons = st.lists(st.tuples(outside, huge), max_size=40).map(tuple)
runs = st.builds(
    lambda state, note, steered_by, **changes: replace(
        accounts.run_account(state, **changes),
        run=replace(accounts.run_account(state).run, note=note, steered_by=steered_by),
    ),
    state=st.sampled_from(RunState),
    note=outside,
    steered_by=st.none() | user_ids,
    planned=huge,
    verified=huge,
    counts=st.dictionaries(st.sampled_from(OutcomeState), huge),
    requester=user_ids,
    signers=st.lists(user_ids, max_size=30).map(tuple),
    signed_at=times,
    open_reasons=reasons,
    users_a_minute=st.none() | huge,
    seconds_left=st.none() | st.floats(0, 1e12),
)
PLANS = [accounts.plan(0, 0), accounts.plan(1, 1), accounts.plan(3, 900, HeldBackReason.COHORT)]
lines = st.builds(PersonLine, outside, outside, outside, outside)
requests = st.builds(
    lambda state, reason, requester, votes, needed, run, surge, held, plan, more: replace(
        accounts.request_account(state),
        request=accounts.request(state, reason=reason, requester=requester, approvals_needed=needed, **more["request"]),
        votes=tuple(Vote(each, Verdict.APPROVE, accounts.FOUR) for each in votes),
        run=run,
        surge=surge,
        plan=replace(plan, reasons=held, gaps=more["gaps"]),
        **more["account"],
    ),
    st.sampled_from(RequestState),
    outside,
    user_ids,
    st.lists(user_ids, max_size=30),
    huge,
    st.none() | runs,
    surges,
    reasons,
    st.sampled_from(PLANS),
    st.fixed_dictionaries(
        {
            "request": st.fixed_dictionaries(
                {
                    "kind": st.sampled_from(RequestKind),
                    "band": outside | st.sampled_from([band.value for band in Band]),
                    "break_glass_needed": st.integers(0, 3),
                    "settled_why": outside,
                }
            ),
            "gaps": st.lists(outside, max_size=20).map(tuple),
            "account": st.fixed_dictionaries(
                {
                    "people": st.lists(st.builds(PersonLine, outside, outside, outside, outside), max_size=8).map(
                        tuple
                    ),
                    "could_sign": st.none() | huge,
                    "may_ask_again": st.booleans(),
                }
            ),
        }
    ),
)
surge_accounts = st.builds(
    accounts.surge_account,
    surge=surges,
    briefing=st.none() | briefings,
    requests=st.lists(requests, max_size=3).map(tuple),
    watch_problem=outside,
    shortage=st.none() | st.builds(Shortage, huge, huge, huge, huge, st.booleans()),
)
links = st.sampled_from(["", "https://a.example/x", "https://a|b>", WORST])
calls = st.builds(CallAccount, requests, links, is_reminder=st.booleans())
named = st.lists(st.builds(NamedUser, outside, outside, outside), max_size=120).map(tuple)
actions = st.lists(st.sampled_from(Action), min_size=1, max_size=5).map(tuple)
by_name = st.one_of(
    st.builds(
        ReleaseDialog,
        surge_id=outside,
        channel=outside,
        surge_name=outside,
        actions=actions,
        people=named,
        more=huge,
        approvals_needed=huge,
        break_glass_needed=huge,
        expires_in_seconds=huge,
    ),
    st.builds(
        RecoveryDialog,
        surge_id=outside,
        channel=outside,
        surge_name=outside,
        actions=actions,
        people=named.filter(bool),
        most=st.integers(1, 5),
        approvals_needed=huge,
        break_glass=st.lists(user_ids, max_size=30).map(tuple),
        expires_in_seconds=huge,
    ),
    st.builds(
        WayBackDialog,
        surge_id=outside,
        channel=outside,
        surge_name=outside,
        actions=actions,
        runs=st.lists(st.tuples(outside, outside), min_size=1, max_size=30, unique_by=lambda run: run[0]).map(tuple),
        approvals_needed=huge,
        expires_in_seconds=huge,
    ),
)
dialogs = st.one_of(
    st.builds(
        RequestDialog,
        surge_id=outside,
        channel=outside,
        surge_name=outside,
        actions=st.lists(st.sampled_from(Action), max_size=7).map(tuple),
        choices=st.lists(st.builds(DialogChoice, st.sampled_from(Cohort), huge), max_size=12).map(tuple),
        held_back=reasons,
        held_back_people=st.lists(st.tuples(outside, outside), max_size=40).map(tuple),
        eligible=huge,
        approvals_needed=huge,
        expires_in_seconds=huge,
        action=st.sampled_from(Action),
        break_glass_needed=huge,
        evidence=outside,
        gaps=st.lists(outside, max_size=20).map(tuple),
        already_closed=huge,
        can_release=st.booleans(),
        takes=outside,
    ),
    by_name,
    st.builds(
        DetailsDialog,
        surge_name=outside,
        figures=st.lists(
            st.builds(
                FigureMembers,
                outside,
                st.lists(st.builds(PersonLine, outside, outside, outside, outside), max_size=2).map(
                    lambda people: tuple(people) * 40
                ),
            ),
            max_size=60,
        ).map(tuple),
        notes=st.lists(outside, max_size=40).map(tuple),
    ),
    st.builds(PlainDialog, outside, outside),
)
thorough = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@thorough
@given(st.one_of(surge_accounts, requests, runs, calls), st.floats(0, 100))
def test_every_card_is_one_that_slack_takes(account, pace: float):
    shown = card(account, calls_per_second=pace)
    assert problems_of_blocks(shown.blocks) == []
    assert length(json.dumps(shown.blocks, ensure_ascii=False)) < MESSAGE_CHARACTERS
    assert 0 < length(shown.text) < 4_000


@thorough
@given(dialogs)
def test_every_dialog_is_one_that_slack_takes(dialog):
    assert problems_of_view(view(dialog)) == []
    assert length(json.dumps(view(dialog), ensure_ascii=False)) < 200_000


def test_the_worst_of_everything_still_fits_into_one_message():
    run = replace(
        accounts.run_account(RunState.PAUSED, planned=10**12, counts=dict.fromkeys(OutcomeState, 10**12)),
        open_reasons=((WORST, 10**12),) * 40,
        signers=(WORST,) * 40,
        requester=WORST,
    )
    run = replace(run, run=replace(run.run, note=WORST, steered_by=WORST))
    request = replace(
        accounts.request_account(
            plan=replace(accounts.plan(), reasons=((WORST, 10**12),) * 40),
            votes=(Vote(WORST, Verdict.APPROVE, 0),) * 40,
        ),
        request=accounts.request(reason=WORST, requester=WORST, settled_by=WORST),
        surge=accounts.surge(short_name=WORST),
    )
    account = accounts.surge_account(
        surge=accounts.surge(
            short_name=WORST, risk_event_types=(WORST,) * 40, acknowledged_by=WORST, snoozed_by=WORST, snoozed_until=1
        ),
        briefing=accounts.briefing(
            at_risk=None,
            cohorts=None,
            passwordless=None,
            gaps=(Gap(WORST, WORST),) * 40 + (Gap("passwordless", WORST),),
        ),
        requests=(replace(request, run=run), request),
        watch_problem=WORST,
    )
    for each in (account, request, run, CallAccount(request, "https://a.example/" + "x" * 980)):
        shown = card(each, calls_per_second=1)
        assert problems_of_blocks(shown.blocks) == []
        assert length(json.dumps(shown.blocks, ensure_ascii=False)) < MESSAGE_CHARACTERS


def test_loading_is_a_dialog_that_slack_takes():
    assert problems_of_view(loading_dialog()) == []


def _mrkdwn_in(value) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return own + [found for item in value.values() for found in _mrkdwn_in(item)]
    return [found for item in value for found in _mrkdwn_in(item)] if isinstance(value, list) else []


EVIL = "xqz<!channel> <@U0EVIL00001> *xqz* _xqz_ https://xqz.example :xqz:"


def test_no_outside_string_acts_in_any_card():
    run = replace(
        accounts.run_account(RunState.PAUSED, open_reasons=((EVIL, 1),), requester=EVIL, signers=(EVIL,)),
        run=replace(accounts.run_account(RunState.PAUSED).run, note=EVIL, steered_by=EVIL),
    )
    request = replace(
        accounts.request_account(plan=replace(accounts.plan(), reasons=((EVIL, 1),)), run=run),
        request=accounts.request(reason=EVIL, requester=EVIL),
        surge=accounts.surge(short_name=EVIL),
    )
    account = accounts.surge_account(
        surge=accounts.surge(short_name=EVIL, risk_event_types=(EVIL,), acknowledged_by=EVIL, snoozed_by=EVIL),
        briefing=accounts.briefing(gaps=(Gap(EVIL, EVIL),)),
        requests=(request,),
        watch_problem=EVIL,
    )
    for each in (account, request, run, CallAccount(request, EVIL)):
        shown = card(each, calls_per_second=1)
        assert "xqz" in json.dumps(shown.blocks)
        for words in [shown.text, *_mrkdwn_in(shown.blocks)]:
            for active in ("<!channel", "U0EVIL00001>", "*xqz*", " _xqz_", "://xqz", ":xqz:", "xqz.example"):
                assert active not in words
