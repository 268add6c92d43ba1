"""Microsoft fails, refuses or sends rubbish: the bot stays up, says what it can't know and why, and loses nothing."""

import asyncio
import socket
from collections.abc import Callable

import aiohttp
import pytest

from sim.stage import Stage
from sim.tenant import Fault
from sim.tenant.people import DAY
from sim.workspace.contoso import ADA, GRACE
from tests.journeys.side_by_side import Stories
from tests.journeys.story import CONFIRM_SAFE, DETECTIONS, RISKY_USERS, Story, quick
from tests.journeys.test_main_story import expected_figures, figure, the_log_holds_nothing_that_it_must_not

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")

GET_DETECTIONS = ("GET", DETECTIONS)
SECOND_PAGE = ("GET", r"riskDetections.*skiptoken")
TRIES = 4
WEEK = 7 * DAY


def until_forgiven(match: tuple[str, str], fault: Fault) -> Callable[[Stage], None]:
    """The fault strikes from the start on."""
    return lambda stage: stage.faults.always(match, fault)


async def every_detection_is_kept_once(story: Story) -> None:
    """The whole wave is in the record and on the card, and nothing stands there twice."""
    flagged = story.tenant.truth.surge_user_ids
    await story.card_saying(f"flagged {len(flagged)}")
    wave = {
        each.id
        for each in story.tenant.detections
        if each.risk_event_type == "leakedCredentials" and each.user_id in flagged
    }
    kept = [row[0] for row in story.rows("SELECT id FROM detections")]
    recent = {each for each in wave if story.tenant.detections[each].detected_at >= story.tenant.now() - WEEK}
    assert len(recent) >= len(flagged)
    assert recent <= set(kept)
    assert len(kept) == len(set(kept))
    assert {row[0] for row in story.rows("SELECT user_id FROM surge_users")} == flagged


async def still_alive(story: Story, restarts: int = 0) -> None:
    assert story.stage.restarts == restarts
    assert story.stage.bot.returncode is None
    assert "Traceback" not in story.log
    the_log_holds_nothing_that_it_must_not(story)


@stories.each(
    {
        "truncated": (Fault.truncated(),),
        "malformed": (Fault.malformed(),),
        "reset": (Fault.reset(),),
        "429": (Fault.answer(429),),
        "500": (Fault.answer(500),),
        "503": (Fault.answer(503),),
    }
)
async def test_one_bad_answer_between_two_pages_is_got_over_unnoticed(tell, fault):
    story = await tell(quick(users=1800), before=lambda stage: stage.faults.script(SECOND_PAGE, fault))
    await every_detection_is_kept_once(story)
    assert "Watching does not work" not in story.card_text()
    await still_alive(story)


@stories.story
async def test_a_poll_that_fails_between_two_pages_keeps_the_first_and_reads_the_rest_later(tell):
    story = await tell(
        quick(users=1800), before=lambda stage: stage.faults.script(SECOND_PAGE, *[Fault.answer(503)] * TRIES)
    )
    await story.logged("detections_not_read")
    assert '"pages": 1' in story.log
    await every_detection_is_kept_once(story)
    await story.card_not_saying("Watching does not work")
    await still_alive(story)


@stories.each(
    {
        "401": (Fault.answer(401), "refused the token"),
        "403": (Fault.answer(403), "needs IdentityRiskEvent.Read.All"),
        "500": (Fault.answer(500), "500"),
        "repeated link": (Fault.repeated_link(), "go round in a circle"),
        "truncated": (Fault.truncated(), "connection to Microsoft Graph failed"),
        "malformed": (Fault.malformed(), "malformed"),
        "another shape": (Fault.answer(200, {"surprise": []}), "malformed"),
    }
)
async def test_the_card_says_why_watching_does_not_work_and_when_it_does_again(tell, fault, why):
    story = await tell()
    await story.card_saying("S-")
    story.faults.always(GET_DETECTIONS, fault)
    await story.card_saying("Watching does not work at the moment", why)
    story.faults.clear()
    await story.card_not_saying("Watching does not work")
    await every_detection_is_kept_once(story)
    await still_alive(story)


@stories.story
async def test_a_token_refused_from_the_start_is_told_by_readyz_and_nothing_is_lost(tell):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    story = await tell(
        before=until_forgiven(("GET", ""), Fault.answer(401)), environment={"COUNTERSIGN_HTTP_PORT": str(port)}
    )
    await story.connected()
    await story.logged("detections_not_read")
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert (answer.status, (await answer.json())["alive"]) == (200, True)
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            assert (answer.status, (await answer.json())["graph"]) == (503, False)
    assert story.slack.messages() == []
    story.faults.clear()
    await every_detection_is_kept_once(story)
    await story.true("ready", lambda: story.log.count("detections_not_read") > 0)
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as answer:
        assert answer.status == 200
    await still_alive(story)


@stories.story
async def test_a_next_link_to_another_host_is_not_followed_and_the_token_never_gets_there(tell):
    met: list[bytes] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(await reader.read(65536))
        writer.close()

    elsewhere = await asyncio.start_server(meet, "127.0.0.1", 0)
    host, port = elsewhere.sockets[0].getsockname()
    async with elsewhere:
        story = await tell()
        await story.card_saying("S-")
        story.faults.always(GET_DETECTIONS, Fault.foreign_link(f"{host}:{port}"))
        await story.card_saying("Watching does not work at the moment", "leads away from Microsoft Graph")
        story.faults.clear()
        page = {"value": [], "@odata.nextLink": f"http://{host}:{port}/v1.0/identityProtection/riskDetections"}
        story.faults.always(GET_DETECTIONS, Fault.answer(200, page))
        await story.logged("graph_next_link_elsewhere", times=story.log.count("graph_next_link_elsewhere") + 2)
        story.faults.clear()
        await story.card_not_saying("Watching does not work")
        await every_detection_is_kept_once(story)
        await still_alive(story)
    assert met == []


@stories.each(
    {
        "empty page with a nextLink": (GET_DETECTIONS, Fault.empty_page()),
        "400 on the last page": (("GET", RISKY_USERS), Fault.broken_last_link()),
        "unknown enums of a user": (("GET", RISKY_USERS), Fault.unknown_enum()),
        "unknown enums of a domain": (("GET", "/domains"), Fault.unknown_enum()),
    }
)
async def test_what_is_odd_and_yet_allowed_changes_nothing(tell, match, fault):
    story = await tell(before=lambda stage: stage.faults.script(match, fault, fault))
    await every_detection_is_kept_once(story)
    await story.ready()
    assert {word: figure(story.card_text(), word) for word in expected_figures(story)} == expected_figures(story)
    await still_alive(story)


@stories.story
async def test_a_detection_of_a_kind_that_nobody_knows_holds_its_user_back(tell):
    story = await tell(before=lambda stage: stage.faults.always(GET_DETECTIONS, Fault.unknown_enum()))
    await story.card_saying("S-")
    await story.sign(await story.ask())
    await story.done()
    odd = {user for (user,) in story.rows("SELECT user_id FROM detections WHERE risk_event_type LIKE 'memberOf%'")}
    assert odd
    assert odd.isdisjoint(user for write in story.tenant.writes for user in write.user_ids)
    await still_alive(story)


@stories.story
async def test_rows_that_cannot_be_read_are_left_out_and_come_when_they_can(tell):
    def before(stage: Stage) -> None:
        stage.faults.script(GET_DETECTIONS, Fault.answer(200, {"value": [{"id": 7}, None, {"riskState": {}}]}))

    story = await tell(before=before)
    await every_detection_is_kept_once(story)
    assert '"dropped": 3' in story.log
    await still_alive(story)


READ_PERMISSIONS = {
    "still at risk": ({"IdentityRiskyUser.Read.All", "IdentityRiskyUser.ReadWrite.All"}, "IdentityRiskyUser"),
    "how they sign in": ({"User.Read.All", "Directory.Read.All"}, "User.Read.All"),
    "passwordless": ({"AuditLog.Read.All"}, "AuditLog.Read.All"),
}


@stories.story
async def test_each_missing_permission_leaves_a_gap_that_names_it_and_the_rest_stands(tell):
    missing = {name for names, _ in READ_PERMISSIONS.values() for name in names}

    def before(stage: Stage) -> None:
        stage.tenant.granted -= missing

    story = await tell(before=before)

    def told_with_its_mend(what: str, needed: str) -> bool:
        lines = [each for each in story.card_text().splitlines() if each.startswith(what)]
        return bool(lines) and "not available" in lines[0] and needed in lines[0]

    for what, (_, needed) in READ_PERMISSIONS.items():
        await story.seen(f"{what} with {needed}", lambda what=what, needed=needed: told_with_its_mend(what, needed))
    text = story.card_text()
    assert f"flagged {len(story.tenant.truth.surge_user_ids)}" in text
    await story.press(ADA, story.card()["ts"], "Request remediation")
    told = await story.told(ADA)
    assert "have not been read" in told
    await still_alive(story)
    story.tenant.granted |= missing
    story.stage.bot.terminate()
    await story.ready()
    assert {word: figure(story.card_text(), word) for word in expected_figures(story)} == expected_figures(story)


@stories.story
async def test_without_the_domains_no_kind_of_sign_in_is_guessed(tell):
    def before(stage: Stage) -> None:
        stage.tenant.granted -= {"Domain.Read.All", "Directory.Read.All"}

    story = await tell(before=before)
    text = await story.card_saying("passwordless", "needs Domain.Read.All")
    assert {word: figure(text, word) for word in ("cloud-only", "hybrid", "AD FS", "Okta", "Ping")} == dict.fromkeys(
        ("cloud-only", "hybrid", "AD FS", "Okta", "Ping")
    )
    await still_alive(story)


@stories.story
async def test_without_the_federations_the_identity_providers_are_not_available_and_never_guessed(tell):
    def before(stage: Stage) -> None:
        stage.tenant.granted.discard("Domain-InternalFederation.Read.All")

    story = await tell(before=before)
    await story.card_saying("cloud-only")
    await story.polled(3)
    assert "needs Domain-InternalFederation.Read.All" in story.card_text()
    assert figure(story.card_text(), "other provider") is None


@stories.story
async def test_a_write_that_is_not_permitted_pauses_the_run_and_goes_on_when_it_is(tell):
    story = await tell()
    request = await story.ask()
    story.tenant.granted.discard("IdentityRiskyUser.ReadWrite.All")
    await story.sign(request)
    run = await story.seen("the pause", lambda: story.reply("Resume"))
    assert "Microsoft refused the write" in story.read(run)
    statuses = {write.status for write in story.tenant.writes}
    assert 403 in statuses
    assert statuses <= {403, 429}, "nothing was carried out"
    story.tenant.granted.add("IdentityRiskyUser.ReadWrite.All")
    await story.press(GRACE, run["ts"], "Resume")
    await story.done()
    await story.all_is_well(repeated_at_most=0)
    await still_alive(story)


@stories.story
async def test_without_the_licence_the_card_says_so(tell):
    def before(stage: Stage) -> None:
        stage.tenant.licence = "P1"

    story = await tell(before=before)
    text = await story.card_saying("S-", "licence")
    assert "not available" in text
    await still_alive(story)


@stories.each(
    {
        "429": (Fault.answer(429),),
        "500": (Fault.answer(500),),
        "503": (Fault.answer(503),),
        "reset before": (Fault.reset(),),
        "reset after": (Fault.reset(carried_out=True),),
    }
)
async def test_a_write_that_fails_is_neither_lost_nor_doubled(tell, fault):
    story = await tell()
    story.faults.script(("POST", CONFIRM_SAFE), fault)
    await story.clear_everybody()
    await story.all_is_well(repeated_at_most=0)
    await still_alive(story)


@stories.story
async def test_one_call_in_six_that_fails_in_some_way_changes_nothing_in_the_end(tell):
    kinds = [
        Fault.answer(429),
        Fault.answer(500),
        Fault.answer(503),
        Fault.reset(),
        Fault.reset(carried_out=True),
        Fault.truncated(),
        Fault.malformed(),
    ]
    story = await tell(before=lambda stage: stage.faults.rate(1 / 6, kinds, seed=4))
    await story.ready()
    await story.clear_everybody()
    story.faults.clear()
    await story.all_is_well(repeated_at_most=0)
    await still_alive(story)
