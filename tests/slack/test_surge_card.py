import re

import pytest

from bot.act.run import RunState
from bot.decide.held_back import HeldBackReason
from bot.decide.request import RequestState
from bot.operations.reading.read_for_briefing import READ_FIRST
from bot.slack.cards import figures
from bot.slack.cards.surge import surge_card
from bot.watch.briefing import Cohort
from bot.watch.figure import Figure
from bot.watch.impact import ImpactFigures
from bot.watch.surge import SurgeState
from sim.workspace import buttons, plain
from tests.slack import accounts
from tests.slack.accounts import FOUR, HOUR, after_run, briefing, gap, request_account, run_account, surge_account


def shown(account) -> str:
    return plain({"blocks": surge_card(account).blocks})


def offered(account) -> list[str]:
    return buttons({"blocks": surge_card(account).blocks})


def test_the_card_says_what_happened_before_anything_else():
    lines = shown(surge_account()).splitlines()
    assert lines[0] == "1,204 users flagged (S-85PV, open)"
    assert lines[1].startswith("1,204 users flagged as leakedCredentials in 5 hours; usual")
    assert lines[1].endswith(": 0.3.")


def test_every_figure_stands_beside_its_word():
    lines = shown(surge_account()).splitlines()
    for figure in (
        "flagged 1,204",
        "still at risk 1,190",
        "cloud-only 412",
        "hybrid 310",
        "AD FS 96",
        "Okta 120",
        "Ping 31",
        "guest 4",
        "passwordless 87",
    ):
        assert figure in lines


def test_before_the_profiles_are_read_the_card_says_that_it_reads_them():
    assert "Reading who they are" in shown(surge_account(briefing=None))
    assert offered(surge_account(briefing=None)) == ["Request remediation", "Acknowledge", "Snooze", "Details"]


def test_a_figure_that_was_not_read_says_so_with_its_reason_and_is_no_zero():
    unread = briefing(
        at_risk=None, cohorts=None, passwordless=None, gaps=(gap("passwordless"), gap("domains", "timed out"))
    )
    lines = shown(surge_account(briefing=unread)).splitlines()
    assert "passwordless not available: needs AuditLog.Read.All" in lines
    assert "still at risk not available" in lines
    assert "how they sign in not available" in lines
    assert "domains: timed out" in lines
    assert not any(line.endswith(" 0") for line in lines)


@pytest.mark.parametrize("figure", [each for each in READ_FIRST if each is not Figure.POLICY_EFFECTS])
def test_why_a_figure_could_not_be_read_stands_beside_it_and_nowhere_else(figure):
    unread = briefing(at_risk=None, cohorts=None, passwordless=None, gaps=(gap(figure.value, "timed out"),))
    lines = shown(surge_account(briefing=unread)).splitlines()
    assert [line for line in lines if "timed out" in line] == [f"{figure.value} not available: timed out"]


NOT_ON_THE_CARD = {
    Figure.KINDS,  # a figure for each cohort
    Figure.RISK_UNREAD,  # "at least" tells of it
    Figure.REPORT_LACKS,
    Figure.SUSPECTS,  # the evidence and what the surge's card says of the last run tell of these
    Figure.HELD_BACK,
    Figure.ELIGIBLE,
    Figure.FLAGGED_AGAIN,
    Figure.METHODS,  # the details tell of the rest
    Figure.WITHOUT_MFA,
    Figure.ACCOUNTS,
    Figure.DISABLED,
    Figure.DELETED,
    Figure.POLICY_EFFECTS,
    Figure.PROVIDERS,
    Figure.OTHER_DETECTIONS,
}


def test_every_figure_is_on_the_card_but_those_that_are_told_elsewhere():
    impact = ImpactFigures(200, 3, 4, ((50142, 4),), 150, 1, 2, 900, cleared=5)
    rows = [
        row
        for is_stale in (False, True)
        for row in figures.figures(briefing(impact=impact, privileged=()), is_stale=is_stale)
    ]
    named = {figure for figure in Figure if any(re.match(rf"{figure.value} \d", row) for row in rows)}
    assert named == set(Figure) - NOT_ON_THE_CARD


def test_every_cohort_has_its_figure_on_the_card():
    everybody = briefing(cohorts=dict.fromkeys(Cohort, 7))
    assert figures.cohorts(everybody) == [f"{cohort.value} 7" for cohort in Cohort]


def test_a_count_that_may_be_too_low_says_at_least():
    assert "passwordless at least 87" in shown(surge_account(briefing=briefing(passwordless_unread=3)))


def test_a_watch_that_fails_is_on_the_card():
    assert "the token was refused" in shown(surge_account(watch_problem="the token was refused"))


def test_acknowledged_and_snoozed_name_the_person_and_lose_their_button():
    account = surge_account(
        surge=accounts.surge(
            acknowledged_by=accounts.ADA,
            acknowledged_at=FOUR,
            snoozed_by=accounts.GRACE,
            snoozed_until=FOUR + HOUR,
        )
    )
    assert offered(account) == ["Request remediation", "Details"]
    assert "Acknowledged by @U0ADA000001" in shown(account)
    assert "Snoozed until 2025-04-20 05:00 UTC by @U0GRACE0001" in shown(account)


def test_while_a_request_is_pending_nobody_can_ask_again():
    account = surge_account(requests=(request_account(),))
    assert "Request remediation" not in offered(account)
    assert "Request pending: @U0ADA000001 asks to Confirm safe for 1,180 users. Signed 0 of 1" in shown(account)


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.PAUSED])
def test_while_a_run_is_active_nobody_can_ask_again(state: RunState):
    account = surge_account(requests=(request_account(RequestState.APPROVED, run=run_account(state)),))
    assert "Request remediation" not in offered(account)
    assert f"Clean-up {state.value}" in shown(account)


def test_a_paused_run_is_not_said_to_be_under_way():
    said = {
        state: shown(surge_account(requests=(request_account(RequestState.APPROVED, run=run_account(state)),)))
        for state in (RunState.RUNNING, RunState.PAUSED)
    }
    assert "under way" in said[RunState.RUNNING]
    assert "under way" not in said[RunState.PAUSED]
    assert "is paused, and waits for somebody" in said[RunState.PAUSED]


@pytest.mark.parametrize("state", [RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.EXPIRED])
def test_after_a_request_that_came_to_nothing_anyone_may_ask_again(state: RequestState):
    account = surge_account(requests=(request_account(state),))
    assert "Request remediation" in offered(account)
    assert f"is {state.value}" in shown(account)


def test_at_the_end_the_card_says_how_many_and_who_signed_and_starts_nothing_more():
    account = after_run()
    assert offered(account) == ["Details"]
    assert "verified 1,180, accepted (not yet visible) 0, skipped 0, failed 0" in shown(account)
    assert "Asked by @U0ADA000001, signed by @U0GRACE0001" in shown(account)
    assert shown(account).splitlines()[0] == "Done: 1,180 users verified (S-85PV, open)"


LATER = FOUR + 6 * HOUR


def test_users_held_back_on_purpose_do_not_bring_the_buttons_back_and_are_named_as_left():
    held_back = ((HeldBackReason.OTHER_DETECTION.value, 24),)
    account = after_run(briefing_changes={"made_at": LATER, "at_risk": 24, "eligible": 0, "held_back": held_back})
    assert offered(account) == ["Details"]
    assert "24 users held back, to be looked at one by one" in shown(account)


def test_users_whom_a_clean_up_could_act_on_bring_the_buttons_back():
    account = after_run(briefing_changes={"made_at": LATER, "at_risk": 25, "eligible": 1})
    assert "Request remediation" in offered(account)


def test_until_the_figures_are_newer_than_the_run_nothing_is_offered():
    account = after_run(surge_changes={"users": 1205}, briefing_changes={"eligible": 25})
    assert offered(account) == ["Details"]
    assert "Who is left is being read from Microsoft" in shown(account)


def test_a_surge_that_reopened_after_the_run_brings_the_buttons_back():
    reopened = {"state": SurgeState.REOPENED, "window_end": FOUR + 9 * HOUR}
    account = after_run(surge_changes=reopened, briefing_changes={"made_at": FOUR + 9 * HOUR, "eligible": 7})
    assert "Request remediation" in offered(account)


def test_a_stopped_run_leaves_users_to_ask_for():
    account = after_run(RunState.STOPPED, verified=300, briefing_changes={"made_at": LATER, "eligible": 880})
    assert "Request remediation" in offered(account)
    assert "not sent 880" in shown(account)


def test_the_card_adds_up_what_several_runs_verified():
    first, second = (
        run_account(RunState.DONE, verified=900, planned=900),
        run_account(RunState.DONE, verified=80, planned=80),
    )
    requests = tuple(request_account(RequestState.APPROVED, run=run) for run in (first, second))
    account = surge_account(requests=requests, briefing=briefing(made_at=LATER, eligible=0))
    assert shown(account).splitlines()[0].startswith("Done: 980 users verified")


def test_a_closed_surge_keeps_details_only():
    account = surge_account(surge=accounts.surge(state=SurgeState.CLOSED))
    assert offered(account) == ["Details"]
    assert "closed" in shown(account).splitlines()[0]


def test_the_fallback_says_what_happened():
    assert surge_card(surge_account()).text.startswith(
        "1,204 users flagged (S-85PV, open). leakedCredentials. If this looks like a false alarm"
    )


def test_users_at_risk_whom_nobody_read_yet_make_it_at_least():
    assert "still at risk at least 1,190" in shown(surge_account(briefing=briefing(at_risk_unread=3))).splitlines()
