"""Requests through the whole process: follow-ups, releases, what supersedes, asking again, recovery, the way back."""

import re

import pyotp
import pytest

from sim.workspace import buttons
from sim.workspace.contoso import ADA, GRACE, MALLORY, TEAM
from sim.workspace.world import Person
from tests.journeys.codes import enrol
from tests.journeys.side_by_side import Stories
from tests.journeys.story import REASON, Story, quick

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")

LIN = "U0LIN000001"
THREE_SIGN = {"COUNTERSIGN_APPROVERS": f"{ADA},{GRACE},{MALLORY}"}


def replies(story: Story, *words: str) -> list[dict]:
    return [each for each in story.thread() if all(word in story.read(each) for word in words)]


async def everybody_joined(story: Story) -> None:
    """The late tail is in the surge, and the figures are of everybody."""
    flagged = len(story.tenant.truth.surge_user_ids)
    await story.true("the tail", lambda: story.rows("SELECT count(*) FROM surge_users") == [(flagged,)], 150)
    await story.card_saying(f"flagged {flagged}\n", patience=90)


def first(story: Story, *words: str) -> dict | None:
    return next(iter(replies(story, *words)), None)


def outcomes(story: Story) -> dict[str, str]:
    return dict(story.rows("SELECT user_id, state FROM outcomes"))


@stories.story
async def test_newcomers_are_asked_for_while_the_first_request_still_waits(tell):
    story = await tell(quick(tail_seconds=45.0))
    waiting = await story.ask()
    await everybody_joined(story)
    await story.seen("the button beside the pending request", lambda: "Request remediation" in buttons(story.card()))
    await story.open_dialog(GRACE)
    assert "in another plan that is pending or running" in story.read(story.slack.dialog(GRACE))
    assert await story.slack.fill_and_submit(GRACE, {"Reason": REASON}) == {}
    second = await story.seen("the follow-up", lambda: first(story, "@Grace Approver asks"))
    await story.sign(waiting)
    await story.press(ADA, second["ts"], "Approve")
    eligible = story.tenant.truth.eligible_user_ids
    await story.true(
        "everybody cleared", lambda: all(story.tenant.state_of(each) == "confirmedSafe" for each in eligible), 90
    )
    plans = story.rows("SELECT count(DISTINCT run_id), count(*), count(DISTINCT user_id) FROM outcomes")
    assert plans == [(2, len(eligible), len(eligible))]


@stories.story
async def test_one_held_back_user_is_released_by_two_signatures_and_nobody_else_is_touched(tell):
    story = await tell(quick(users=120), environment=THREE_SIGN)
    await story.open_dialog()
    await story.slack.press(ADA, None, None, "Release one of them", where="dialog")
    await story.seen("the release dialog", lambda: "Release a user" in story.read(story.slack.dialog(ADA)))
    released = next(user for user, why in story.tenant.truth.held_back.items() if why == "suspicious")
    name = story.tenant.users[released].user_principal_name[:45]
    assert await story.slack.fill_and_submit(ADA, {"User": name, "Reason": "Looked at: the travel was booked"}) == {}
    request = await story.seen("the release", lambda: first(story, "Release: Confirm safe for 1 user"))
    assert "2 more signatures are missing" in story.read(request)
    await story.sign(request)
    assert not story.tenant.writes
    await story.press(MALLORY, request["ts"], "Approve")
    await story.seen("its end", lambda: replies(story, "Release", "approved") and replies(story, "1 user: done"), 90)
    assert story.tenant.state_of(released) == "confirmedSafe"
    assert {user for write in story.tenant.writes for user in write.user_ids} == {released}


@stories.story
async def test_a_request_whose_users_are_gone_is_superseded_and_one_press_asks_again(tell):
    story = await tell(quick(tail_seconds=40.0))
    request = await story.ask()
    planned = {user for (body,) in story.rows("SELECT body FROM plans") for user in _users(body)}
    for user in sorted(planned)[: len(planned) // 3]:
        story.tenant.close_risk(user, state="remediated", detail="userPerformedSecuredPasswordChange")
    text = await story.seen(
        "that it is superseded", lambda: _saying(story, request["ts"], "superseded", "eligible"), 120
    )
    assert buttons(story.slack.message(request["ts"])) == ["Ask again"], text
    await story.press(GRACE, request["ts"], "Ask again")
    again = await story.seen("the same again", lambda: first(story, "@Grace Approver asks", "pending"))
    assert REASON in story.read(again)
    await story.press(ADA, again["ts"], "Approve")
    await story.done()
    assert not set(outcomes(story)) & set(sorted(planned)[: len(planned) // 3])


def _users(body: bytes) -> list[str]:
    return re.findall(r'"([^"]+)"', re.search(rb'"user_ids":\[([^]]*)\]', body)[1].decode())


def _saying(story: Story, ts: str, *words: str) -> str | None:
    text = story.read(story.slack.message(ts))
    return text if all(word in text for word in words) else None


@stories.story
async def test_at_half_time_a_second_message_comes_and_after_the_end_one_press_asks_again(tell):
    story = await tell(quick(users=120), environment={"COUNTERSIGN_REQUEST_TTL": "30s"})
    request = await story.ask()
    await story.seen("a reminder", lambda: len(story.slack.direct_messages(GRACE)) > 1)
    calls = story.slack.direct_messages(GRACE)
    assert "Your signature is wanted" in story.read(calls[0])
    assert "Your signature is still wanted" in story.read(calls[1])
    await story.seen("the end", lambda: _saying(story, request["ts"], "expired"))
    assert buttons(story.slack.message(request["ts"])) == ["Ask again"]
    await story.seen(
        "the end in both messages",
        lambda: all("nothing left for you" in story.read(each) for each in story.slack.direct_messages(GRACE)[:2]),
    )
    await story.press(ADA, request["ts"], "Ask again")
    again = await story.seen("the same again", lambda: first(story, "pending", "Approve"))
    await story.sign(again)
    await story.done()
    await story.all_is_well()


@stories.story
async def test_the_way_back_goes_from_details_through_the_same_two_keys(tell):
    story = await tell(quick(users=120))
    await story.clear_everybody()
    cleared = story.tenant.truth.eligible_user_ids
    await story.press(ADA, story.card()["ts"], "Details")
    await story.seen("the way back", lambda: "Way back" in story.read(story.slack.dialog(ADA)))
    await story.slack.press(ADA, None, None, "Way back", where="dialog")
    await story.seen("its dialog", lambda: "The way back" in story.read(story.slack.dialog(ADA)))
    assert await story.slack.fill_and_submit(ADA, {"Reason": "It was no false alarm after all"}) == {}
    request = await story.seen("the request", lambda: first(story, "Way back: Confirm compromised"))
    assert "can't sign your own request" in await story.press_and_be_told(ADA, request["ts"], "Approve")
    await story.sign(request)
    await story.true(
        "the way back", lambda: {story.tenant.state_of(each) for each in cleared} == {"confirmedCompromised"}, 90
    )


def flag_grace(stage) -> None:
    """Grace is flagged by the wave, and two people are there to break the glass."""
    tenant, people = stage.tenant, stage.workspace.people
    by_name = {user.user_principal_name: user for user in tenant.users}
    tenant.flag(by_name["grace@contoso.example"].id, "leakedCredentials")
    quiet = next(
        user
        for user in tenant.users
        if user.id not in tenant.truth.surge_user_ids
        and tenant.state_of(user.id) != "atRisk"
        and user.account_enabled
        and not user.is_external
        and user.user_principal_name.split("@")[0] not in {"ada", "grace", "mallory"}
    )
    people[LIN] = Person(LIN, "lin", "Lin Keeper", quiet.user_principal_name, TEAM)
    stage.workspace.home.members.append(LIN)


@stories.story
async def test_flagged_signers_are_recovered_first_by_two_who_break_the_glass(tell):
    glass = {"COUNTERSIGN_BREAK_GLASS_APPROVERS": f"{MALLORY},{LIN}", "COUNTERSIGN_REQUESTERS": ADA}
    story = await tell(quick(users=120), before=flag_grace, environment=glass)
    await story.ready()
    await story.seen("how to go on", lambda: "Request recovery" in buttons(story.card() or {}), 90)
    assert "Too few can sign" in story.card_text()
    secrets = {person: enrol(story, person) for person in (MALLORY, LIN)}
    await story.press(ADA, story.card()["ts"], "Request recovery")
    await story.seen("its dialog", lambda: "Signers" in story.read(story.slack.dialog(ADA)))
    assert await story.slack.fill_and_submit(ADA, {"Reason": "Grace is among the flagged"}) == {}
    request = await story.seen("the request", lambda: first(story, "BREAK GLASS"))
    for person in (GRACE, MALLORY, LIN):
        told = await story.seen("word of it", lambda person=person: story.slack.direct_messages(person))
        assert "break glass" in story.read(told[0])
    assert "break-glass approvers can sign" in await story.press_and_be_told(GRACE, request["ts"], "Approve")
    for person in (MALLORY, LIN):
        await story.press(person, request["ts"], "Approve")
        await story.seen("where the code goes", lambda person=person: code_field(story, person))
        code = pyotp.TOTP(secrets[person]).now()
        assert await story.slack.fill_and_submit(person, {"One-time code": code}) == {}
    await story.seen("its end", lambda: replies(story, "1 user: done"), 90)
    (grace,) = [user.id for user in story.tenant.users if user.user_principal_name.startswith("grace@")]
    assert story.tenant.state_of(grace) == "confirmedSafe"
    assert {user for write in story.tenant.writes for user in write.user_ids} == {grace}
    await story.card_not_saying("Too few can sign")
    assert story.rows("SELECT count(*) FROM ledger WHERE event = 'recovery:requested'") == [(1,)]


def code_field(story: Story, person: str) -> bool:
    return "One-time code" in story.read(story.slack.dialog(person)) or "Sign this" in story.read(
        story.slack.dialog(person)
    )
