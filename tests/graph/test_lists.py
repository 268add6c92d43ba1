"""nextLinks are followed to the end, and never away from Microsoft or round in circles."""

from urllib.parse import unquote

import pytest

from bot.ports.graph import GraphError, Priority, Problem
from tests.graph.microsoft import TOKEN, detection, error, page, risky

WATCH = Priority.WATCH
APRIL = 1745121600_000000
"""2025-04-20T04:00:00Z"""


async def names(pages):
    return [item.id async for page in pages for item in page.items]


async def until_error(pages, name="id"):
    got = []
    try:
        async for found in pages:
            got += [getattr(item, name) for item in found.items]
    except GraphError as error:
        return got, error
    pytest.fail("no error came")


async def test_an_empty_page_with_a_next_link_is_followed(microsoft, door):
    microsoft.will(page(link="/v1.0/more?$skiptoken=1"), page(detection("d1")))
    assert await names(door.detections(since=None, priority=WATCH)) == ["d1"]


async def test_later_pages_carry_the_same_headers_and_token(microsoft, door):
    microsoft.will(page(detection("d1"), link="/v1.0/more?$skiptoken=a%2Bb%3D~."), page(detection("d2")))
    await names(door.detections(since=None, priority=WATCH))
    first, second = microsoft.asked
    assert second.headers["prefer"] == first.headers["prefer"]
    assert second.headers["authorization"] == f"Bearer {TOKEN}"
    assert "a%2Bb" in second.path


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.example.net/v1.0/identityProtection/riskDetections?$skiptoken=1",
        "http://127.0.0.1:1/v1.0/more",
        "http://user@127.0.0.1/v1.0/more",
        "//elsewhere.example/more",
        "not a link",
        "http://[bad/",
    ],
)
async def test_a_next_link_to_another_place_is_refused_and_what_was_read_stands(microsoft, door, link):
    microsoft.will(page(detection("d1"), link=link if not link.startswith("//") else f"https:{link}"))
    got, caught = await until_error(door.detections(since=None, priority=WATCH))
    assert got == ["d1"]
    assert caught.problem is Problem.MALFORMED
    assert len(microsoft.asked) == 1


async def test_a_next_link_that_only_changes_the_scheme_is_refused(microsoft, door):
    microsoft.will(page(link=microsoft.url.replace("http:", "https:") + "/v1.0/more"))
    _, caught = await until_error(door.detections(since=None, priority=WATCH))
    assert caught.problem is Problem.MALFORMED


async def test_a_repeated_next_link_ends_with_an_error(microsoft, door):
    microsoft.otherwise = page(detection("d1"), link="/v1.0/round?$skiptoken=1")
    got, caught = await until_error(door.detections(since=None, priority=WATCH))
    assert got == ["d1", "d1"]
    assert caught.problem is Problem.MALFORMED
    assert "circle" in caught.why


async def test_a_page_that_stays_unreadable_is_an_error_and_what_was_read_stands(microsoft, door):
    microsoft.will(page(detection("d1"), link="/v1.0/more"))
    microsoft.otherwise = error(503, "x")
    got, caught = await until_error(door.detections(since=None, priority=WATCH))
    assert got == ["d1"]
    assert caught.problem is Problem.UNAVAILABLE


async def test_the_last_link_of_risky_users_may_answer_400_without_words(microsoft, door):
    microsoft.will(page(risky("u1"), link="/v1.0/last"), error(400, "BadRequest", ""))
    found = [user.user_id async for found in door.risky_users(priority=WATCH) for user in found.items]
    assert found == ["u1"]


async def test_a_400_with_words_is_no_end(microsoft, door):
    microsoft.will(page(risky("u1"), link="/v1.0/last"), error(400, "BadRequest", "Skip token is not valid."))
    got, caught = await until_error(door.risky_users(priority=WATCH), "user_id")
    assert got == ["u1"]
    assert caught.problem is Problem.BAD_REQUEST


async def test_the_first_page_of_risky_users_may_not_end_in_400(microsoft, door):
    microsoft.otherwise = error(400, "BadRequest", "")
    _, caught = await until_error(door.risky_users(priority=WATCH), "user_id")
    assert caught.problem is Problem.BAD_REQUEST


async def test_detections_are_filtered_by_microsoft_in_pages_of_500(microsoft, door):
    microsoft.will(page(detection("d1")))
    await names(door.detections(since=APRIL, priority=WATCH))
    asked = unquote(microsoft.asked[0].path)
    assert "$filter=detectedDateTime ge 2025-04-20T04:00:00Z" in asked
    assert "$top=500" in asked


async def test_where_the_filter_is_refused_all_is_read_the_older_left_out_and_the_refusal_remembered(microsoft, door):
    whole = page(detection("old", detectedDateTime="2025-04-20T03:59:59.9999999Z"), detection("d1"))
    microsoft.will(error(400, "BadRequest", "Invalid filter clause"), whole, whole)
    assert await names(door.detections(since=APRIL, priority=WATCH)) == ["d1"]
    assert await names(door.detections(since=APRIL, priority=WATCH)) == ["d1"]
    assert ["filter" in path for path in microsoft.paths()] == [True, False, False]


async def test_a_400_that_has_another_cause_is_not_taken_for_a_refused_filter(microsoft, door):
    microsoft.otherwise = error(400, "BadRequest", "No.")
    _, caught = await until_error(door.detections(since=APRIL, priority=WATCH))
    assert caught.problem is Problem.BAD_REQUEST
    await until_error(door.detections(since=APRIL, priority=WATCH))
    assert ["filter" in path for path in microsoft.paths()] == [True, False, True, False]


async def test_risky_users_are_filtered_here_where_microsoft_refuses_to(microsoft, door):
    microsoft.will(
        error(400, "BadRequest", "Invalid filter clause"),
        page(
            risky("u1"),
            risky("closed", riskState="dismissed"),
            risky("earlier", riskLastUpdatedDateTime="2025-04-20T03:00:00Z"),
            risky("timeless", riskLastUpdatedDateTime=None),
        ),
    )
    pages = door.risky_users(changed_since=APRIL, only_at_risk=True, priority=WATCH)
    assert [user.user_id async for found in pages for user in found.items] == ["u1", "timeless"]
    asked = unquote(microsoft.asked[0].path)
    assert "riskState eq 'atRisk' and riskLastUpdatedDateTime ge 2025-04-20T04:00:00Z" in asked


async def test_a_page_says_what_was_dropped_and_when_it_was_asked_for(microsoft, door, world):
    microsoft.will(page(detection("d1"), {"id": "no user"}))
    before = world.now()
    (found,) = [found async for found in door.detections(since=None, priority=WATCH)]
    assert found.dropped == 1
    assert before <= found.read_at <= world.now()


async def test_who_stops_reading_asks_for_no_further_page(microsoft, door):
    microsoft.otherwise = page(detection("d1"), link="/v1.0/more")
    async for _ in door.detections(since=APRIL, priority=WATCH):
        break
    assert len(microsoft.asked) == 1
