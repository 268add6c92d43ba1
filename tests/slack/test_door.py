import dataclasses

import pytest

from bot.ports.slack import Click, ClickKind, Posted, SlackError
from bot.process.world import RealWorld
from bot.slack.connection import SlackConnection
from bot.slack.door import SlackDoor
from sim.workspace import WorkspaceServer, buttons, contoso
from sim.workspace.contoso import ADA, BOT, GRACE, IDENTITY_ALERTS, MALLORY, SIGNERS, TEAM
from tests.slack.accounts import request_account, run_account, surge_account
from tests.slack.conftest import StandingWorld

CARD = "0c" * 16


def click(**changes) -> Click:
    facts = {
        "key": "k",
        "kind": ClickKind.APPROVE,
        "user_id": MALLORY,
        "team_id": TEAM,
        "channel": IDENTITY_ALERTS,
        "message_ts": "1.000001",
        "thread_ts": "",
        "subject_id": "",
        "trigger_id": "",
        "response_url": "",
    }
    return Click(**{**facts, **changes})


async def test_a_card_is_posted_with_its_id_and_without_previews(door: SlackDoor, server: WorkspaceServer):
    posted = await door.post(surge_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    message = server.message(posted.ts)
    assert buttons(message) == ["Request remediation", "Acknowledge", "Snooze", "Details"]
    assert message["metadata"] == {"event_type": "countersign_card", "event_payload": {"card_id": CARD}}
    sent = next(call.arguments for call in server.calls if call.method == "chat.postMessage")
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)


async def test_a_reply_stands_in_the_thread(door: SlackDoor, server: WorkspaceServer):
    parent = await door.post(surge_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=parent.ts, card_id="1d" * 16)
    assert len(server.messages()) == 1
    assert "Approve 1,180 users" in buttons(server.messages(thread_ts=parent.ts)[0])


async def test_an_update_changes_the_message_and_keeps_its_blocks(door: SlackDoor, server: WorkspaceServer):
    posted = await door.post(run_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    await door.update(run_account(verified=1200), posted)
    assert "100 % (1,200 of 1,200)" in server.plain(server.message(posted.ts))


async def test_a_card_can_be_sent_to_a_person_and_updated_there(door: SlackDoor, server: WorkspaceServer):
    posted = await door.post(surge_account(), channel=GRACE, thread_ts=None, card_id=CARD)
    assert posted.channel.startswith("D")
    await door.update(surge_account(briefing=None), posted)
    assert "Reading who they are" in server.plain(server.direct_messages(GRACE)[0])


@pytest.mark.parametrize("channel", [IDENTITY_ALERTS, GRACE])
async def test_a_card_of_unknown_fate_is_found_again(channel: str, door: SlackDoor):
    since = RealWorld().now()
    posted = await door.post(surge_account(), channel=channel, thread_ts=None, card_id=CARD)
    assert await door.find(channel=channel, card_id=CARD, since=since, thread_ts=None) == posted
    assert await door.find(channel=channel, card_id="ff" * 16, since=since, thread_ts=None) is None


async def test_a_reply_of_unknown_fate_is_found_in_its_thread(door: SlackDoor):
    since = RealWorld().now()
    parent = await door.post(surge_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id="1d" * 16)
    reply = await door.post(request_account(), channel=IDENTITY_ALERTS, thread_ts=parent.ts, card_id=CARD)
    found = await door.find(channel=IDENTITY_ALERTS, card_id=CARD, since=since, thread_ts=parent.ts)
    assert found == reply


async def test_a_card_is_found_behind_many_pages_of_talk(door: SlackDoor, server: WorkspaceServer):
    since = RealWorld().now()
    posted = await door.post(surge_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    for number in range(450):
        await server.send_message(ADA, IDENTITY_ALERTS, f"word {number}")
    assert await door.find(channel=IDENTITY_ALERTS, card_id=CARD, since=since, thread_ts=None) == posted


async def test_the_same_metadata_from_somebody_else_is_no_card_of_ours(door: SlackDoor, server: WorkspaceServer):
    since = RealWorld().now()
    posted = await door.post(surge_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    message = server.workspace.channels[IDENTITY_ALERTS].find(posted.ts)
    assert message is not None
    message["user"], message["bot_id"] = MALLORY, "B0OTHER0001"
    assert await door.find(channel=IDENTITY_ALERTS, card_id=CARD, since=since, thread_ts=None) is None


async def test_a_private_answer_stands_where_the_click_was_made(door: SlackDoor, server: WorkspaceServer):
    parent = await door.post(surge_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    await door.answer(click(thread_ts=parent.ts), "You came too late: approved by <@U0GRACE0001>. <!channel> *x*")
    answer = server.ephemerals(MALLORY)[0]
    assert answer["thread_ts"] == parent.ts
    assert server.plain(answer) == "You came too late: approved by @Grace Approver. <!channel> *x*"
    assert "<!channel>" not in answer["text"]


async def test_an_answer_to_somebody_outside_the_channel_goes_by_direct_message(
    door: SlackDoor, server: WorkspaceServer
):
    server.workspace.channels[IDENTITY_ALERTS].members.remove(MALLORY)
    await door.answer(click(), "You are not on the list.")
    assert server.plain(server.direct_messages(MALLORY)[0]) == "You are not on the list."


@pytest.mark.parametrize("channel", ["", "direct"])
async def test_an_answer_without_a_channel_is_an_ordinary_direct_message(
    channel: str, door: SlackDoor, server: WorkspaceServer
):
    place = server.workspace.direct(MALLORY).id if channel else ""
    await door.answer(click(channel=place), "You are not on the list.")
    assert len(server.direct_messages(MALLORY)) == 1
    assert not [call for call in server.calls if call.method == "chat.postEphemeral"]


async def test_a_person_is_asked_for_each_time(door: SlackDoor, server: WorkspaceServer):
    first = await door.person(GRACE)
    assert first is not None
    assert (first.email, first.is_deleted, first.is_stranger) == ("grace@contoso.example", False, False)
    server.workspace.people[GRACE] = dataclasses.replace(server.workspace.people[GRACE], deleted=True)
    second = await door.person(GRACE)
    assert second is not None
    assert second.is_deleted


async def test_guests_bots_and_strangers_are_told_apart(door: SlackDoor, server: WorkspaceServer):
    people = server.workspace.people
    people["U0GUEST0001"] = dataclasses.replace(people[GRACE], id="U0GUEST0001", is_ultra_restricted=True)
    people["U0OTHER0001"] = dataclasses.replace(people[GRACE], id="U0OTHER0001", team_id="T0ELSEWHERE")
    facts = {user: await door.person(user) for user in ("U0GUEST0001", "U0OTHER0001", BOT)}
    assert facts["U0GUEST0001"].is_guest
    assert facts["U0OTHER0001"].is_stranger
    assert facts[BOT].is_bot


async def test_a_person_whom_slack_does_not_tell_is_nobody(door: SlackDoor, server: WorkspaceServer):
    assert await door.person("U0NOBODY001") is None
    server.fail("users.info", "internal_error")
    assert await door.person(GRACE) is None


async def test_members_are_read_once_in_thirty_seconds(server: WorkspaceServer, connection: SlackConnection):
    client, team = await connection.open()
    world = StandingWorld()
    door = SlackDoor(client, team=team, world=world)
    assert await door.members([SIGNERS]) == {ADA, GRACE}
    server.workspace.groups[SIGNERS] = dataclasses.replace(server.workspace.groups[SIGNERS], members=(ADA,))
    world.at += 29
    assert await door.members([SIGNERS]) == {ADA, GRACE}
    world.at += 2
    assert await door.members([SIGNERS]) == {ADA}


async def test_a_group_that_is_gone_has_no_members(door: SlackDoor):
    assert await door.members(["S0GONE00001", SIGNERS]) == {ADA, GRACE}


async def test_a_group_that_can_not_be_read_is_an_error_and_not_empty(door: SlackDoor, server: WorkspaceServer):
    server.workspace.scopes.discard("usergroups:read")
    with pytest.raises(SlackError, match="missing_scope"):
        await door.members([SIGNERS])


async def test_a_link_leads_to_the_message(door: SlackDoor):
    posted = await door.post(surge_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    assert await door.permalink(posted) == (
        f"https://contoso.slack.com/archives/{IDENTITY_ALERTS}/p{posted.ts.replace('.', '')}"
    )


async def test_slacks_refusal_keeps_its_code_and_a_known_fate(door: SlackDoor):
    with pytest.raises(SlackError) as refused:
        await door.post(surge_account(), channel="C0NOWHERE01", thread_ts=None, card_id=CARD)
    assert (refused.value.code, refused.value.fate_unknown) == ("channel_not_found", False)
    with pytest.raises(SlackError, match="message_not_found"):
        await door.update(surge_account(), Posted(IDENTITY_ALERTS, "1.000001"))


@pytest.mark.parametrize("error", ["internal_error", "http_500", "fatal_error"])
async def test_where_slack_itself_failed_the_fate_is_unknown_and_nothing_is_sent_twice(
    error: str, door: SlackDoor, server: WorkspaceServer
):
    server.fail("chat.postMessage", error)
    with pytest.raises(SlackError) as failed:
        await door.post(surge_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    assert failed.value.fate_unknown
    assert len([call for call in server.calls if call.method == "chat.postMessage"]) == 1


async def test_a_lost_connection_leaves_the_fate_unknown_and_no_connection_does_not(
    door: SlackDoor, server: WorkspaceServer
):
    await server.stop()
    failures = []
    for _ in range(2):
        with pytest.raises(SlackError) as failed:
            await door.post(surge_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
        failures.append((failed.value.code, failed.value.fate_unknown))
    assert failures == [("connection_lost", True), ("not_reachable", False)]


async def test_a_burst_of_posts_waits_for_its_slots_and_hits_no_limit(door: SlackDoor, server: WorkspaceServer):
    for number in range(6):
        await door.post(run_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=f"{number:032x}")
    posts = [call for call in server.calls if call.method == "chat.postMessage"]
    assert [call.error for call in posts] == [None] * 6
    assert posts[-1].at - posts[0].at >= 5 / 60


async def test_sixty_updates_wait_rather_than_hit_the_limit_of_fifty(door: SlackDoor, server: WorkspaceServer):
    posted = await door.post(run_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
    for number in range(60):
        await door.update(run_account(verified=number), posted)
    assert not [call for call in server.calls if call.error]


async def test_a_limit_that_was_hit_all_the_same_says_when_to_come_back(server: WorkspaceServer):
    async with WorkspaceServer(contoso(), scale=1) as strict:
        connection = SlackConnection(bot_token=strict.workspace.bot_token, api_url=strict.api_url)
        client, team = await connection.open()
        hasty = SlackDoor(client, team=team, world=RealWorld(), speed=1000)
        for number in range(3):
            await hasty.post(run_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=f"{number:032x}")
        with pytest.raises(SlackError) as limited:
            await hasty.post(run_account(), channel=IDENTITY_ALERTS, thread_ts=None, card_id=CARD)
        await connection.close()
    assert limited.value.code == "ratelimited"
    assert limited.value.retry_after is not None
    assert limited.value.retry_after >= 1
    assert not limited.value.fate_unknown


async def test_a_dialog_is_not_opened_when_its_slot_comes_too_late(
    server: WorkspaceServer, connection: SlackConnection
):
    client, team = await connection.open()
    door = SlackDoor(client, team=team, world=RealWorld())
    door._call._rates.refused("views.open", "", 60)
    with pytest.raises(SlackError, match="ratelimited"):
        await door.open_dialog(server.new_trigger(ADA))
    assert not [call for call in server.calls if call.method == "views.open"]


async def test_a_refused_token_is_told_at_the_start(server: WorkspaceServer):
    connection = SlackConnection(bot_token="xoxb-wrong", api_url=server.api_url)
    with pytest.raises(SlackError, match="invalid_auth"):
        await connection.open()
    await connection.close()


async def test_a_channel_shared_outside_can_be_told(door: SlackDoor, server: WorkspaceServer):
    assert not await door.is_shared_outside(IDENTITY_ALERTS)
    server.workspace.channels[IDENTITY_ALERTS].is_ext_shared = True
    assert await door.is_shared_outside(IDENTITY_ALERTS)
