"""Writes to risk: accepted is not done, and one bad id spoils the call."""

import uuid
from dataclasses import replace

import pytest

RISKY = "identityProtection/riskyUsers"


@pytest.fixture
def eligible(tenant):
    """Those who can be cleared and will be by the first 204."""
    truth = tenant.truth
    return sorted(truth.eligible_user_ids - truth.late_user_ids - tenant.ineffective_user_ids)


async def risk(graph, user_id):
    reply = await graph.get(f"{RISKY}/{user_id}", Prefer="include-unknown-enum-members")
    return tuple(reply.json[name] for name in ("riskState", "riskLevel", "riskDetail", "isProcessing"))


@pytest.mark.parametrize("action", ["confirmSafe", "confirmCompromised", "dismiss"])
async def test_61_ids_are_refused_for_all_and_60_are_accepted(graph, eligible, action):
    reply = await graph.act(action, *eligible[:61])
    assert reply.status == 400
    assert "60" in reply.error
    assert not any(graph.tenant.risky_users[one].is_processing for one in eligible)
    accepted = await graph.act(action, *eligible[:60])
    assert (accepted.status, accepted.text) == (204, "")
    assert sum(graph.tenant.risky_users[one].is_processing for one in eligible) == 60


async def test_one_unknown_id_refuses_the_whole_call(graph, eligible):
    assert (await graph.act("confirmSafe", eligible[0], str(uuid.uuid4()))).status == 400
    assert (await risk(graph, eligible[0]))[3] is False


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"userIds": []},
        {"userIds": "x"},
        {"userIds": [7]},
        {"userIds": ["not-a-guid"]},
        {"userids": []},
        {"userIds": [], "reason": "x"},
        b"{",
        b"",
    ],
)
async def test_a_body_that_is_not_as_documented_is_refused(graph, body):
    reply = await graph.post(f"{RISKY}/confirmSafe", body)
    assert reply.status == 400
    assert reply.error


async def test_a_parameter_that_the_action_does_not_have_is_refused(graph, eligible):
    body = {"userIds": [eligible[0]], "reason": "false alarm"}
    assert (await graph.post(f"{RISKY}/confirmSafe", body)).status == 400
    assert (await risk(graph, eligible[0]))[3] is False


async def test_a_second_write_while_the_first_is_processed_neither_hastens_nor_delays_it(graph, clock, eligible):
    await graph.act("confirmSafe", eligible[0])
    clock.advance(3)
    assert (await graph.act("dismiss", eligible[0])).status == 204
    clock.advance(2.1)
    assert await risk(graph, eligible[0]) == ("confirmedSafe", "none", "adminConfirmedAccountSafe", False)
    clock.advance(10)
    assert graph.tenant.state_of(eligible[0]) == "confirmedSafe"


async def test_the_same_id_twice_is_refused(graph, eligible):
    assert (await graph.act("confirmSafe", eligible[0], eligible[0])).status == 400


async def test_a_body_without_its_content_type_is_refused(graph, eligible):
    body = {"userIds": [eligible[0]]}
    assert (await graph.post(f"{RISKY}/confirmSafe", body, Content_Type="text/plain")).status == 400


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("confirmSafe", ("confirmedSafe", "none", "adminConfirmedAccountSafe")),
        ("dismiss", ("dismissed", "none", "adminDismissedAllRiskForUser")),
        ("confirmCompromised", ("confirmedCompromised", "high", "adminConfirmedUserCompromised")),
    ],
)
async def test_204_shows_as_processing_first_and_as_done_only_later(graph, clock, eligible, action, outcome):
    user_id = eligible[0]
    before = (await graph.get(f"{RISKY}/{user_id}")).json["riskLastUpdatedDateTime"]
    assert (await graph.act(action, user_id)).status == 204
    clock.advance(4.9)
    assert await risk(graph, user_id) == ("atRisk", "high", "none", True)
    clock.advance(0.2)
    assert await risk(graph, user_id) == (*outcome, False)
    assert (await graph.get(f"{RISKY}/{user_id}")).json["riskLastUpdatedDateTime"] > before
    assert graph.tenant.state_of(user_id) == outcome[0]


@pytest.mark.parametrize(
    ("action", "left"),
    [
        ("confirmSafe", []),
        ("dismiss", [("leakedCredentials", "dismissed")]),
        (
            "confirmCompromised",
            [("adminConfirmedUserCompromised", "confirmedCompromised"), ("leakedCredentials", "confirmedCompromised")],
        ),
    ],
)
async def test_detections_vanish_close_or_gain_one_by_the_action(graph, clock, eligible, action, left):
    user_id = next(one for one in eligible if len(graph.tenant.detections_of(one)) == 1)
    path = f"identityProtection/riskDetections?$filter=userId eq '{user_id}'"
    assert len(await graph.everything(path)) == 1
    await graph.act(action, user_id)
    clock.advance(6)
    rows = await graph.everything(path)
    assert sorted((row["riskEventType"], row["riskState"]) for row in rows) == left


async def test_an_ineffective_204_changes_nothing_until_it_is_sent_again(graph, clock):
    user_id = min(graph.tenant.ineffective_user_ids - graph.tenant.truth.late_user_ids)
    assert (await graph.act("confirmSafe", user_id)).status == 204
    clock.advance(600)
    assert await risk(graph, user_id) == ("atRisk", "high", "none", False)
    assert (await graph.act("confirmSafe", user_id)).status == 204
    clock.advance(6)
    assert (await risk(graph, user_id))[0] == "confirmedSafe"


async def test_a_deleted_user_is_listed_and_stays_as_it_is(graph, clock):
    user_id = next(one for one, why in graph.tenant.truth.held_back.items() if why == "deleted")
    assert (await graph.get(f"{RISKY}/{user_id}")).json["isDeleted"] is True
    assert (await graph.get(f"users/{user_id}")).status == 404
    assert (await graph.act("confirmSafe", user_id)).status == 204
    assert await risk(graph, user_id) == ("atRisk", "high", "none", False)
    clock.advance(60)
    assert graph.tenant.state_of(user_id) == "atRisk"


async def test_a_guest_of_another_tenant_has_a_detection_and_no_risk_to_read_or_clear(graph):
    for user_id in (one for one, why in graph.tenant.truth.held_back.items() if why == "guest"):
        assert (await graph.get(f"{RISKY}/{user_id}")).status == 404
        assert (await graph.act("confirmSafe", user_id)).status == 400
        assert (await graph.act("confirmCompromised", user_id)).status == 400
        assert graph.tenant.state_of(user_id) is None


async def test_a_detection_that_comes_while_a_clean_up_is_processed_keeps_the_user_at_risk(graph, clock, eligible):
    user_id = next(one for one in eligible if len(graph.tenant.detections_of(one)) == 1)
    await graph.act("confirmSafe", user_id)
    second = graph.tenant.detections_of(user_id)[0]
    graph.tenant.foresee(
        replace(second, id="f" * 64, risk_event_type="passwordSpray", visible_at=graph.tenant.now() + 10_000_000)
    )
    clock.advance(30)
    assert graph.tenant.state_of(user_id) == "atRisk"
    assert [found.risk_event_type for found in graph.tenant.detections_of(user_id)] == ["passwordSpray"]


async def test_a_user_without_risk_can_be_confirmed_compromised_and_not_safe(graph, clock):
    mallory = (await graph.get("users/mallory@contoso.example")).json["id"]
    assert (await graph.act("confirmSafe", mallory)).status == 400
    assert (await graph.act("dismiss", mallory)).status == 400
    assert (await graph.act("confirmCompromised", mallory)).status == 204
    clock.advance(6)
    assert graph.tenant.state_of(mallory) == "confirmedCompromised"


async def test_the_write_log_holds_what_was_accepted_and_what_was_refused(graph, clock, eligible):
    await graph.act("confirmSafe", *eligible[:3])
    await graph.act("dismiss", *eligible[:61])
    graph.tenant.granted.discard("IdentityRiskyUser.ReadWrite.All")
    await graph.act("confirmCompromised", eligible[0])
    assert [(write.action, write.status, len(write.user_ids)) for write in graph.tenant.writes] == [
        ("confirmSafe", 204, 3),
        ("dismiss", 400, 0),
        ("confirmCompromised", 403, 1),
    ]
    assert graph.tenant.writes[0].user_ids == tuple(eligible[:3])
    assert graph.tenant.writes[0].time == clock.now


async def test_history_tells_every_turn(graph, clock, eligible):
    await graph.act("dismiss", eligible[0])
    clock.advance(6)
    rows = (await graph.get(f"{RISKY}/{eligible[0]}/history")).json["value"]
    assert [row["riskState"] for row in rows][-2:] == ["atRisk", "dismissed"]
    assert rows[-1]["initiatedBy"]
    assert (await graph.get(f"{RISKY}/{uuid.uuid4()}/history")).status == 404
