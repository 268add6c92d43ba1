"""Sign-ins and the directory audit log: newest first, by the filters that the pages document, and nothing else."""

from datetime import timedelta

import pytest

from sim.tenant import Fault, Limits, User, deeds
from sim.tenant.audits import CONSENT, REVOCATION, Actor
from sim.tenant.graph_time import SECOND, ticks, written
from sim.tenant.sign_ins import SignIn, SignInRisk
from sim.tenant.tenant import Tenant
from sim.tenant.timeline import Timeline

SIGN_INS = "auditLogs/signIns"
AUDITS = "auditLogs/directoryAudits"


@pytest.fixture
def tenant(clock):
    return Tenant(clock=clock)


def sign_in(tenant, clock, minutes, user_id="u1", code=0, **more):
    at = ticks(clock.now - timedelta(minutes=minutes))
    found = SignIn(tenant.sign_ins.next_number(), at, user_id, "198.18.0.1", code, **more)
    tenant.sign_ins.add(found)
    return found


def stamp(clock, minutes):
    return written(ticks(clock.now - timedelta(minutes=minutes)))


async def ids(graph, path):
    return [row["id"] for row in await graph.everything(path)]


async def test_sign_ins_come_newest_first_whatever_the_order_they_were_written_in(graph, tenant, clock):
    written_in = [sign_in(tenant, clock, minutes) for minutes in (5, 1, 9, 3, 1)]
    expected = [each.id for each in sorted(written_in, key=lambda each: (each.at, each.number), reverse=True)]
    assert await ids(graph, SIGN_INS) == expected
    assert await ids(graph, f"{SIGN_INS}?$top=2") == expected


async def test_sign_ins_that_come_while_pages_are_read_neither_repeat_nor_hide_a_line(graph, tenant, clock):
    old = [sign_in(tenant, clock, minutes) for minutes in (4, 3, 2)]
    first = (await graph.get(f"{SIGN_INS}?$top=2")).json
    sign_in(tenant, clock, 0)
    second = (await graph.get(first["@odata.nextLink"])).json
    assert [row["id"] for row in first["value"] + second["value"]] == [each.id for each in reversed(old)]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("createdDateTime ge {3}", [1, 3]),
        ("createdDateTime le {3}", [3, 5]),
        ("createdDateTime ge {3} and createdDateTime le {3}", [3]),
        ("status/errorCode eq 53003", [1, 5]),
        ("status/errorCode eq 53003 and createdDateTime ge {4}", [1]),
        ("userId eq 'u2'", [3, 5]),
        ("userId eq 'u2' and status/errorCode eq 53003", [5]),
        ("status/errorCode eq 50126", []),
        ("status/errorCode eq 53003 and status/errorCode eq 0", []),
    ],
)
async def test_sign_ins_are_filtered_by_time_code_and_user(graph, tenant, clock, clause, expected):
    rows = {
        1: sign_in(tenant, clock, 1, "u1", 53003),
        3: sign_in(tenant, clock, 3, "u2", 0),
        5: sign_in(tenant, clock, 5, "u2", 53003),
    }
    text = clause.format(*(stamp(clock, minutes) for minutes in range(6))).replace("+", "%2B")
    assert await ids(graph, f"{SIGN_INS}?$filter={text}") == [rows[minutes].id for minutes in expected]


@pytest.mark.parametrize(
    "query",
    [
        "$filter=createdDateTime gt 2025-04-20T00:00:00Z",
        "$filter=createdDateTime ge '2025-04-20T00:00:00Z'",
        "$filter=(status/errorCode eq 53003 or status/errorCode eq 53011)",
        "$filter=status/errorCode eq 53003 or status/errorCode eq 53011",
        "$filter=status/errorCode in (53003,53011)",
        "$filter=status/errorCode ge 53003",
        "$filter=status/errorCode eq '53003'",
        "$filter=errorCode eq 53003",
        "$filter=userId in ('a','b')",
        "$filter=appId eq 'x'",
        "$select=id",
        "$orderby=createdDateTime",
        "$top=1001",
        "$top=0",
        "$count=true",
        "$skip=3",
    ],
)
async def test_what_the_page_of_sign_ins_does_not_document_is_refused(graph, query):
    reply = await graph.get(f"{SIGN_INS}?{query}")
    assert reply.status == 400
    assert reply.error.startswith("BadRequest: ")


async def test_a_page_holds_a_thousand_sign_ins_unless_asked_otherwise(graph, tenant, clock):
    for _ in range(1001):
        sign_in(tenant, clock, 1)
    page = (await graph.get(SIGN_INS)).json
    assert len(page["value"]) == 1000
    assert len((await graph.get(page["@odata.nextLink"])).json["value"]) == 1


async def test_a_sign_in_is_read_by_its_id(graph, tenant, clock):
    found = sign_in(tenant, clock, 1, code=53003)
    one = (await graph.get(f"{SIGN_INS}/{found.id}")).json
    assert one["status"] == {
        "errorCode": 53003,
        "failureReason": "Access has been blocked by Conditional Access policies.",
        "additionalDetails": None,
    }
    assert (await graph.get(f"{SIGN_INS}/nobody")).status == 404


@pytest.mark.parametrize("path", [SIGN_INS, AUDITS])
async def test_logs_need_their_permission(graph, tenant, path):
    tenant.granted.discard("AuditLog.Read.All")
    reply = await graph.get(path)
    assert (reply.status, reply.error.partition(":")[0]) == (403, "Authentication_MSGraphPermissionMissing")


async def test_sign_ins_need_p1_and_audits_need_no_licence(graph, tenant):
    tenant.licence = "P1"
    assert (await graph.get(SIGN_INS)).status == 200
    tenant.licence = "free"
    reply = await graph.get(SIGN_INS)
    assert reply.status == 403
    assert reply.error.partition(": ") == (
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        ": ",
        "Neither tenant is B2C or tenant doesn't have premium license",
    )
    assert (await graph.get(AUDITS)).status == 200


async def test_without_p2_the_risk_of_a_sign_in_is_hidden(graph, tenant, clock):
    sign_in(tenant, clock, 1, risk=SignInRisk("high", "atRisk", ("unlikelyTravel",), "high"))
    row = (await graph.get(SIGN_INS)).json["value"][0]
    assert (row["riskLevelDuringSignIn"], row["riskEventTypes_v2"]) == ("high", ["unlikelyTravel"])
    tenant.licence = "P1"
    row = (await graph.get(SIGN_INS)).json["value"][0]
    assert (row["riskLevelDuringSignIn"], row["riskLevelAggregated"], row["riskDetail"]) == ("hidden",) * 3
    assert row["riskEventTypes_v2"] == ["generic"]


async def test_sign_ins_and_audits_share_the_reports_budget_with_the_time_to_wait(serve, tenant):
    graph = await serve(tenant, Limits())
    assert [(await graph.get(path)).status for path in (SIGN_INS, AUDITS, SIGN_INS, AUDITS, SIGN_INS)] == [200] * 5
    reply = await graph.get(AUDITS)
    assert reply.status == 429
    assert 1 <= int(reply.headers["Retry-After"]) <= 10
    assert {entry.family for entry in graph.server.requests} == {"reports"}


async def test_audits_come_newest_first_and_are_filtered_by_time_activity_and_actor(graph, tenant, clock):
    ada, app = Actor("ada", "Ada Admin", "ada@contoso.example", "198.18.0.1"), Actor("sp", "Robot", app_id="app")
    now = ticks(clock.now)
    third = deeds.audit(tenant, now - 3 * SECOND, REVOCATION, app)
    first = deeds.audit(tenant, now - 9 * SECOND, CONSENT, ada)
    second = deeds.audit(tenant, now - 5 * SECOND, REVOCATION, ada)
    assert await ids(graph, AUDITS) == [third.id, second.id, first.id]
    assert await ids(graph, f"{AUDITS}?$top=1") == [third.id, second.id, first.id]
    assert await ids(graph, f"{AUDITS}?$filter=activityDisplayName eq '{REVOCATION}'") == [third.id, second.id]
    assert await ids(graph, f"{AUDITS}?$filter=initiatedBy/user/id eq 'ada'") == [second.id, first.id]
    since = f"activityDateTime ge {written(second.at)}"
    assert await ids(graph, f"{AUDITS}?$filter={since}") == [third.id, second.id]
    both = f"{since} and activityDisplayName eq '{REVOCATION}' and activityDateTime le {written(second.at)}"
    assert await ids(graph, f"{AUDITS}?$filter={both}") == [second.id]


async def test_an_empty_page_of_a_log_leads_to_what_should_have_stood_on_it(graph, tenant, clock):
    rows = [sign_in(tenant, clock, minutes) for minutes in (3, 2, 1)]
    graph.server.faults.script(("GET", "signIns"), Fault.empty_page(), Fault.nothing(), Fault.empty_page())
    assert await ids(graph, f"{SIGN_INS}?$top=2") == [each.id for each in reversed(rows)]
    assert len(graph.server.requests) == 4


async def test_a_row_of_a_log_may_carry_enum_members_that_nobody_knows(graph, tenant, clock):
    sign_in(tenant, clock, 1)
    graph.server.faults.script(("GET", "signIns"), Fault.unknown_enum())
    row = (await graph.get(SIGN_INS)).json["value"][0]
    assert row["conditionalAccessStatus"] == row["riskLevelDuringSignIn"] == "memberOfAFutureVersion"
    assert row["status"]["errorCode"] == 0


async def test_sessions_revoked_by_a_caller_are_in_the_log_as_the_callers_doing(graph, tenant, clock):
    user = User("0f8fad5b-d9cb-469f-a165-70867728950e", "ada@contoso.example", "Ada Admin", ticks(clock.now))
    tenant.add_user(user)
    assert (await graph.post(f"users/{user.id}/revokeSignInSessions", {})).status == 200
    (row,) = await graph.everything(f"{AUDITS}?$filter=activityDisplayName eq '{REVOCATION}'")
    assert row["initiatedBy"]["app"]["displayName"] == "Countersign"
    assert row["targetResources"][0]["id"] == user.id


@pytest.mark.parametrize(
    "query",
    [
        "$filter=activityDateTime gt 2025-04-20T00:00:00Z",
        "$filter=activityDisplayName in ('a','b')",
        "$filter=activityDisplayName eq 'a' or activityDisplayName eq 'b'",
        "$filter=category eq 'Policy'",
        "$select=id",
        "$top=1001",
    ],
)
async def test_what_the_page_of_audits_does_not_document_is_refused(graph, query):
    assert (await graph.get(f"{AUDITS}?{query}")).status == 400


def test_what_is_promised_of_the_past_is_written_at_the_first_look_at_that_time_only():
    looked = []

    def write(day):
        looked.append(day)
        return [SignIn(day, day * 100 + 50, "u", "a")]

    log = Timeline()
    for day in (1, 2, 3):
        log.promise(day * 100, day * 100 + 99, lambda day=day: write(day))
    assert [entry.at for entry in log.newest(250, 350)] == [350, 250]
    assert looked == [2, 3]
    assert len(log) == 3
    assert looked == [2, 3, 1]
