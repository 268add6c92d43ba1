"""A tripwire pauses a run of the whole process, and a second person's one-time code lets it go on."""

import json

import pyotp
import pytest

from sim.workspace import buttons
from sim.workspace.contoso import ADA, GRACE, MALLORY
from tests.journeys.codes import enrol
from tests.journeys.side_by_side import Stories
from tests.journeys.story import REASON, Story, quick

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")

CODES = {"COUNTERSIGN_CODES_REQUIRED": "yes", "COUNTERSIGN_APPROVERS": f"{ADA},{GRACE},{MALLORY}"}
FLAGGED_ANEW = 6
KNOWN = "SELECT count(*) FROM detections WHERE risk_event_type = 'anomalousToken'"


def last(story: Story, *words: str) -> dict | None:
    found = [each for each in story.thread() if all(word in story.read(each) for word in words)]
    return found[-1] if found else None


@stories.story
async def test_too_many_who_were_flagged_anew_pause_the_run_and_a_code_lets_it_go_on_without_them(tell):
    story = await tell(quick(users=240), environment=CODES)
    codes = {person: pyotp.TOTP(enrol(story, person)) for person in (ADA, GRACE, MALLORY)}
    await story.open_dialog()
    assert await story.slack.fill_and_submit(ADA, {"Reason": REASON, "One-time code": codes[ADA].now()}) == {}
    request = await story.request()
    ((body,),) = story.rows("SELECT body FROM plans")
    planned = json.loads(body)["user_ids"]
    before = story.rows(KNOWN)[0][0]
    for user in planned[:FLAGGED_ANEW]:
        story.tenant.flag(user, "anomalousToken")
    await story.true("the new detections", lambda: story.rows(KNOWN)[0][0] >= before + FLAGGED_ANEW)
    await sign(story, GRACE, request["ts"], "Approve", "Sign this request", codes[GRACE].now())

    run = await story.seen("the pause", lambda: last(story, "Too many of its users were flagged for something else"))
    assert buttons(run) == ["Resume with a new signature", "Stop"]
    assert story.tenant.writes == []
    told = await story.press_and_be_told(ADA, run["ts"], "Resume with a new signature")
    assert "can't sign your own request" in told
    dialog = await sign(
        story, MALLORY, run["ts"], "Resume with a new signature", "Let this run go on", codes[MALLORY].now()
    )
    assert f"{FLAGGED_ANEW} of its users" in dialog

    await story.seen("the end", lambda: last(story, "users: done"), 90)
    outcomes = dict(story.rows("SELECT user_id, state FROM outcomes"))
    assert {user for user, state in outcomes.items() if state == "skipped"} == set(planned[:FLAGGED_ANEW])
    assert {story.tenant.state_of(user) for user in planned[:FLAGGED_ANEW]} == {"atRisk"}
    assert {story.tenant.state_of(user) for user in planned[FLAGGED_ANEW:]} == {"confirmedSafe"}
    ((actor, written),) = story.rows("SELECT actor, body FROM ledger WHERE event = 'run:countersigned'")
    assert (actor, json.loads(written)["withCode"]) == (MALLORY, True)


async def sign(story: Story, person: str, ts: str, button: str, title: str, code: str) -> str:
    """Press, type the code, submit; what the dialog said."""
    await story.press(person, ts, button)
    dialog = await story.seen(title, lambda: _filled(story, person, title))
    assert await story.slack.fill_and_submit(person, {"One-time code": code}) == {}
    return dialog


def _filled(story: Story, person: str, title: str) -> str | None:
    dialog = story.slack.dialog(person)
    return story.read(dialog) if dialog and dialog.get("submit") and title in story.read(dialog) else None
