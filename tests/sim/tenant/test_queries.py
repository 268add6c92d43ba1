"""Query options: what the documents name, and nothing else."""

import pytest

DETECTIONS = "identityProtection/riskDetections"
RISKY = "identityProtection/riskyUsers"


@pytest.mark.parametrize("path", [DETECTIONS, RISKY])
async def test_a_page_of_501_is_refused_and_one_of_500_is_not(graph, path):
    assert (await graph.get(f"{path}?$top=500")).status == 200
    reply = await graph.get(f"{path}?$top=501")
    assert reply.status == 400
    assert "501" in reply.error


@pytest.mark.parametrize("size", ["0", "-1", "ten", "", "1.5", "99999999999"])
async def test_a_page_size_that_is_no_number_in_range_is_refused(graph, size):
    assert (await graph.get(f"{DETECTIONS}?$top={size}")).status == 400


@pytest.mark.parametrize("path", [DETECTIONS, RISKY])
async def test_a_page_has_20_rows_unless_asked_otherwise(graph, path):
    assert len((await graph.get(path)).json["value"]) == 20


@pytest.mark.parametrize("path", [DETECTIONS, RISKY])
@pytest.mark.parametrize(
    "option",
    ["$orderby=id", "$count=true", "$search=x", "$skip=5", "$expand=history", "top=5", "$format=json", "$Top=5", "x=1"],
)
async def test_an_option_that_the_page_does_not_document_is_refused(graph, path, option):
    reply = await graph.get(f"{path}?{option}")
    assert reply.status == 400
    assert reply.error.startswith("BadRequest: ")


async def test_an_option_given_twice_is_refused(graph):
    assert (await graph.get(f"{DETECTIONS}?$top=5&$top=6")).status == 400


@pytest.mark.parametrize(
    "clause",
    [
        "detectedDateTime eq 2025-04-20T00:00:00Z",
        "detectedDateTime ge '2025-04-20T00:00:00Z'",
        "detectedDateTime ge 2025-04-20",
        "detectedDateTime ge 2025-04-20T00:00:00",
        "detectedDateTime ge 2025-13-20T00:00:00Z",
        "detectedDateTime GE 2025-04-20T00:00:00Z",
        "riskState eq 'safe'",
        "riskState eq atRisk",
        "riskState ne 'atRisk'",
        "riskState eq 'atRisk' or riskState eq 'dismissed'",
        "(riskState eq 'atRisk')",
        "riskState eq 'atRisk' and",
        "lastUpdatedDateTime ge 2025-04-20T00:00:00Z",
        "userPrincipalName eq 'ada@contoso.example'",
        "userId in ('a','b')",
        "startswith(userId,'a')",
        "colour eq 'red'",
        "userId eq 'unclosed",
    ],
)
async def test_a_filter_that_the_page_does_not_document_is_refused(graph, clause):
    reply = await graph.get(f"{DETECTIONS}?$filter={clause}")
    assert reply.status == 400, reply.text
    assert "filter" in reply.error


@pytest.mark.parametrize("clause", ["userDisplayName eq 'x'", "isDeleted eq true", "riskLevel eq 'severe'"])
async def test_a_risky_user_filter_on_another_property_is_refused(graph, clause):
    assert (await graph.get(f"{RISKY}?$filter={clause}")).status == 400


@pytest.mark.parametrize("path", [DETECTIONS, RISKY, "users", "domains", "organization"])
async def test_a_property_that_does_not_exist_can_not_be_selected(graph, path):
    reply = await graph.get(f"{path}?$select=id,shoeSize")
    assert reply.status == 400
    assert "shoeSize" in reply.error


async def test_select_gives_exactly_what_was_asked(graph):
    for row in (await graph.get(f"{DETECTIONS}?$select=id,userId,detectedDateTime")).json["value"]:
        assert list(row) == ["id", "userId", "detectedDateTime"]


async def test_filters_keep_what_they_say_and_miss_nothing(graph):
    everything = await graph.everything(f"{DETECTIONS}?$top=500")
    middle = sorted(row["detectedDateTime"] for row in everything)[len(everything) // 2]
    kept = {
        operator: await graph.everything(f"{DETECTIONS}?$top=7&$filter=detectedDateTime {operator} {middle}")
        for operator in ("ge", "gt", "le", "lt")
    }
    assert len(kept["ge"]) == len(kept["gt"]) + 1
    assert len(kept["ge"]) + len(kept["lt"]) == len(everything) == len(kept["gt"]) + len(kept["le"])
    some = next(row for row in everything if row["riskState"] == "atRisk")
    clause = f"userId eq '{some['userId']}' and riskState eq 'atRisk' and riskEventType eq '{some['riskEventType']}'"
    assert some in await graph.everything(f"{DETECTIONS}?$filter={clause}")
    enum = await graph.everything(f"{RISKY}?$filter=riskState eq microsoft.graph.riskState'atRisk'&$top=500")
    assert enum == [row for row in await graph.everything(f"{RISKY}?$top=500") if row["riskState"] == "atRisk"]


async def test_pages_come_in_no_order_of_time_and_hold_everything_once(graph):
    rows = await graph.everything(f"{DETECTIONS}?$top=10")
    times = [row["detectedDateTime"] for row in rows]
    assert times != sorted(times)
    assert times != sorted(times, reverse=True)
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids)) == len(graph.tenant.detections)


async def test_rows_that_go_while_pages_are_read_make_no_other_row_lost(graph, clock):
    wanted = {user.id for user in graph.tenant.risky_users}
    first = (await graph.get(f"{RISKY}?$top=10")).json
    cleared = [row["userId"] for row in (await graph.get(f"{DETECTIONS}?$top=30")).json["value"]]
    await graph.act("confirmSafe", *{one for one in cleared if one in wanted})
    clock.advance(10)
    rest = await graph.everything(first["@odata.nextLink"])
    assert {row["id"] for row in [*first["value"], *rest]} >= wanted


async def test_a_skiptoken_that_was_not_issued_like_this_is_refused(graph):
    link = (await graph.get(f"{DETECTIONS}?$top=5")).json["@odata.nextLink"]
    token = link.partition("$skiptoken=")[2]
    assert (await graph.get(link)).status == 200
    assert (await graph.get(link)).status == 200
    for path in (
        f"{DETECTIONS}?$top=5&$skiptoken=forged",
        f"{DETECTIONS}?$top=6&$skiptoken={token}",
        f"{DETECTIONS}?$skiptoken={token}",
        f"{RISKY}?$top=5&$skiptoken={token}",
    ):
        assert (await graph.get(path)).status == 400


async def test_the_last_page_has_no_next_link(graph):
    total = len(graph.tenant.risky_users)
    assert "@odata.nextLink" not in (await graph.get(f"{RISKY}?$top={total}")).json
    assert "@odata.nextLink" in (await graph.get(f"{RISKY}?$top={total - 1}")).json


async def test_newer_enum_members_are_named_only_to_those_who_ask(graph, clock):
    user_id = min(graph.tenant.truth.eligible_user_ids - graph.tenant.truth.late_user_ids)
    graph.tenant.ineffective_user_ids.clear()
    await graph.act("confirmSafe", user_id)
    clock.advance(10)
    plain = await graph.get(f"{RISKY}/{user_id}")
    asked = await graph.get(f"{RISKY}/{user_id}", Prefer="odata.maxpagesize=5, include-unknown-enum-members")
    assert plain.json["riskDetail"] == "unknownFutureValue"
    assert asked.json["riskDetail"] == "adminConfirmedAccountSafe"
    assert asked.headers["Preference-Applied"] == "include-unknown-enum-members"
