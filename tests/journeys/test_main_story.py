"""The main job from a surge to a countersigned, verified clean-up, with everything real but the two services."""

import asyncio
import copy
import json
import re
import sqlite3

import pytest

from sim.tenant import Arrival
from sim.workspace import buttons
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS, MALLORY
from tests.journeys.side_by_side import Stories
from tests.journeys.story import IDS_IN_A_WRITE, REASON, Story, quick, run_bot

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")


STATES = {"Dismiss risk": "dismissed", "Confirm compromised": "confirmedCompromised"}
WRITES = {"Dismiss risk": "dismiss", "Confirm compromised": "confirmCompromised"}


def figure(text: str, word: str) -> int | None:
    found = re.search(rf"^{re.escape(word)} (?:at least )?([\d,]+)\b", text, re.MULTILINE)
    return int(found[1].replace(",", "")) if found else None


def expected_figures(story: Story) -> dict[str, int]:
    truth = story.tenant.truth
    kinds = {kind: count for kind, count in truth.kinds.items() if kind != "federated"}
    return {
        "flagged": len(truth.surge_user_ids),
        "passwordless": truth.passwordless,
        **kinds,
        **truth.providers,
    }


class Intents:
    """At each write that arrives: was its intent in the database before, and was it no larger than allowed?"""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.judged: list[str] = []
        story.faults.on_request(self.look)

    async def look(self, arrival: Arrival) -> None:
        if arrival.method != "POST" or "confirmSafe" not in arrival.path or arrival.moment != "arrived":
            return
        users = sorted(json.loads(arrival.body)["userIds"])
        try:
            rows = self.story.rows("SELECT user_ids FROM intents WHERE answered_at IS NULL")
            ledger = self.story.rows(
                "SELECT event FROM ledger WHERE event LIKE '%announced%' ORDER BY number DESC LIMIT 1"
            )
        except sqlite3.Error as problem:
            self.judged.append(f"the database could not be read: {problem}")
            return
        announced = [sorted(json.loads(ids)) if ids.startswith("[") else sorted(ids.split(",")) for (ids,) in rows]
        fine = announced == [users] and ledger and len(users) <= IDS_IN_A_WRITE
        self.judged.append("fine" if fine else f"{len(users)} users, announced {[len(each) for each in announced]}")


@stories.story
async def test_from_the_surge_to_a_countersigned_verified_clean_up(tell):
    """The story of April 2025 with its late tail and with writes that Microsoft takes and forgets."""
    may_read = asyncio.Event()

    def hold_the_directory_back(stage):
        stage.tenant.ineffective_user_ids = set(sorted(stage.tenant.truth.eligible_user_ids)[:3])

        async def hold(arrival: Arrival) -> None:
            if arrival.family in {"directory", "reports"} and "/organization" not in arrival.path:
                await may_read.wait()

        stage.faults.on_request(hold)

    story = await tell(quick(tail_seconds=4.0), before=hold_the_directory_back)
    intents = Intents(story)
    truth = story.tenant.truth

    first = await story.card_saying("S-")
    assert "cloud-only" not in first, "the profiles can't have been read"
    assert "being read" in first or "Reading who they are" in first
    posted = story.card()
    may_read.set()

    expected = expected_figures(story)
    await story.seen(
        "the truth on the card",
        lambda: {word: figure(story.card_text(), word) for word in expected} == expected,
    )
    assert story.card()["ts"] == posted["ts"], "the breakdown is an update of the first message"
    assert len(story.slack.messages(IDENTITY_ALERTS)) == 1

    request = await story.ask()
    text = story.read(request)
    assert "@Ada Admin" in text
    closed = sum(why == "closed" for why in truth.held_back.values())
    assert f"held back {len(truth.held_back) - closed}\n" in text
    assert f"closed before {closed}\n" in text
    assert "1 more signature is missing" in text
    assert REASON in text
    assert request["thread_ts"] == posted["ts"]
    called = await story.seen("a call to Grace", lambda: story.slack.direct_messages(GRACE))
    assert "Confirm safe" in story.read(called[-1])

    assert "can't sign your own request" in await story.press_and_be_told(ADA, request["ts"], "Approve")
    assert "not on the list of people who may sign" in await story.press_and_be_told(MALLORY, request["ts"], "Approve")
    assert story.rows("SELECT count(*) FROM votes") == [(0,)]
    assert not story.tenant.writes

    await story.sign(request)
    run = await story.done()
    assert run["thread_ts"] == posted["ts"]
    signed = [each for each in story.slack.envelopes if each.payload.get("user", {}).get("id") == GRACE]
    late = copy.deepcopy(signed[-1].payload)
    late["user"]["id"] = MALLORY
    late["trigger_id"] = story.slack.new_trigger(MALLORY)
    late["actions"][0]["action_ts"] = "1.000001"
    before = len(story.slack.ephemerals(MALLORY))
    await story.slack.forge(late)
    told = await story.told(MALLORY, before)
    assert "too late" in told
    assert "@Grace Approver" in told

    card = await story.card_saying(f"verified {len(truth.eligible_user_ids)}", "@Grace Approver")
    assert buttons(story.card()) == ["Details"], card
    at_risk = sum(story.tenant.state_of(user) == "atRisk" for user in truth.surge_user_ids)
    await story.seen("who is left", lambda: figure(story.card_text(), "still at risk") == at_risk)
    assert len(story.thread()) == 2

    assert set(intents.judged) == {"fine"}
    await story.all_is_well(repeated_at_most=3)
    touched = {user for write in story.tenant.writes for user in write.user_ids}
    assert touched.isdisjoint(truth.held_back)
    await the_terminal_says_the_same(story)
    the_log_holds_nothing_that_it_must_not(story)
    await a_tampered_ledger_is_found(story)


async def the_terminal_says_the_same(story: Story) -> None:
    truth = story.tenant.truth
    name = re.search(r"S-\w{4}", story.card_text())[0]
    surges = await story.command("surges")
    assert surges.status == 0
    assert name in surges.out
    assert f"{len(truth.surge_user_ids)} users" in surges.out
    listed = json.loads((await story.command("surges", "--json")).out)
    assert [each["short_name"] for each in listed] == [name]

    shown = await story.command("show", name)
    assert shown.status == 0, shown
    for word, count in {**truth.providers, "hybrid": truth.kinds["hybrid"], "guest": truth.kinds["guest"]}.items():
        assert f"{word} {count}" in shown.out
    assert f"verified {len(truth.eligible_user_ids)}" in shown.out
    assert ADA in shown.out
    assert GRACE in shown.out

    as_json = json.loads((await story.command("show", name, "--json")).out)
    briefing = as_json["account"]["briefing"]
    assert briefing["flagged"] == len(truth.surge_user_ids)
    assert {word: briefing["cohorts"][word] for word in truth.providers} == truth.providers
    assert briefing["passwordless"] == truth.passwordless

    named = await story.command("show", name, "--names")
    guests = [user for user, kind in truth.kind_of.items() if kind == "guest"]
    for user in guests:
        assert story.tenant.users[user].user_principal_name in named.out

    unknown = await story.command("show", "S-XXXX")
    assert unknown.status == 1
    assert "countersign surges" in unknown.err


def the_log_holds_nothing_that_it_must_not(story: Story) -> None:
    log, workspace = story.log, story.slack.workspace
    secrets = [workspace.bot_token, workspace.app_token, workspace.signing_secret, story.stage.graph.access_token]
    for secret in secrets:
        assert secret not in log
        assert secret[-12:] not in log
    assert not re.search(r"xox[a-z]-|xapp-|Bearer|eyJ", log)
    people = list(story.tenant.users)
    found = [each.user_principal_name for each in people if each.user_principal_name in log]
    found += [each.display_name for each in people if each.display_name in log]
    found += [each.real_name for each in workspace.people.values() if each.real_name in log]
    found += [each.email for each in workspace.people.values() if each.email and each.email in log]
    assert not found
    for payload in ("userIds", "@odata", "riskEventType", "trigger_id", "blocks", REASON):
        assert payload not in log


async def a_tampered_ledger_is_found(story: Story) -> None:
    """On a copy: the bot goes on with the right one."""
    copy_folder = story.stage.folder / "copy"
    copy_folder.mkdir()
    with (
        sqlite3.connect(story.stage.folder / "countersign.sqlite3") as here,
        sqlite3.connect(copy_folder / "countersign.sqlite3") as there,
    ):
        here.backup(there)
        there.execute("UPDATE ledger SET actor = 'U0NOBODY' WHERE event LIKE '%vote%'")
    here.close()
    there.close()
    environment = {"PATH": "/usr/bin:/bin", "COUNTERSIGN_DATA_DIR": str(copy_folder)}
    found = await run_bot(environment, "ledger", "verify")
    assert found.status == 1, found
    assert "BROKEN" in found.out


@stories.story
async def test_a_bot_alone_is_never_throttled_at_microsofts_own_pace(tell):
    """Everything at scale 1: one call a second."""
    story = await tell(quick(users=120, scale=1, poll_seconds=5))
    await story.clear_everybody()
    assert not [record for record in story.stage.graph.requests if record.status == 429]
    assert all(len(write.user_ids) <= IDS_IN_A_WRITE for write in story.tenant.writes)
    await story.all_is_well(repeated_at_most=0)


@stories.each({name: (name,) for name in STATES})
async def test_the_chosen_action_and_no_other_reaches_microsoft(tell, action):
    story = await tell(quick(users=120))
    await story.open_dialog()
    errors = await story.slack.fill_and_submit(ADA, {"Action": action, "Reason": REASON})
    assert errors == {}
    await story.sign(await story.request())
    await story.done()
    planned = {user for (user,) in story.rows("SELECT user_id FROM outcomes")}
    assert planned
    assert {story.tenant.state_of(user) for user in planned} == {STATES[action]}
    assert {write.action for write in story.tenant.writes} == {WRITES[action]}


@stories.story
async def test_a_cohort_left_out_is_left_untouched(tell):
    story = await tell()
    await story.open_dialog()
    errors = await story.slack.fill_and_submit(ADA, {"Cohorts": ["cloud-only"], "Reason": REASON})
    assert errors == {}
    await story.sign(await story.request())
    await story.done()
    truth = story.tenant.truth
    touched = {user for write in story.tenant.writes for user in write.user_ids}
    assert touched == {user for user in truth.eligible_user_ids if truth.kind_of[user] == "cloud-only"}
