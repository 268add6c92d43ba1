"""The directory is followed by its changes: whole users, deletions, a cursor that ends when it is no longer good."""

from urllib.parse import unquote

import pytest

from bot.ports.graph import CursorExpiredError, GraphError, Problem
from tests.graph.microsoft import body, error

ADELE = {
    "id": "87d349ed",
    "userPrincipalName": "AdeleV@contoso.example",
    "displayName": "Adele Vance",
    "createdDateTime": "2020-03-13T19:15:41Z",
    "lastPasswordChangeDateTime": "2025-04-01T00:00:00Z",
    "department": "Retail",
    "onPremisesSyncEnabled": True,
}


def round_page(*entries, next_link=None, delta_link=None):
    async def reply(request):
        content = {"value": list(entries)}
        for name, link in (("nextLink", next_link), ("deltaLink", delta_link)):
            if link:
                content[f"@odata.{name}"] = f"http://{request.host}{link}" if link.startswith("/") else link
        return await body(content)(request)

    return reply


async def read(door, cursor=None):
    return [page async for page in door.directory_changes(cursor)]


async def test_the_whole_directory_is_read_once_and_then_what_changed(microsoft, door):
    microsoft.will(
        round_page(ADELE, {"id": "b"}, next_link="/v1.0/users/delta()?$skiptoken=1"),
        round_page(delta_link="/v1.0/users/delta()?$deltatoken=2"),
        round_page({"id": "b", "@removed": {"reason": "changed"}}, ADELE, delta_link="/v1.0/users/delta?$deltatoken=3"),
    )
    first, last = await read(door)
    assert [user.user_id for user in first.users] == ["87d349ed", "b"]
    assert (first.is_last, last.is_last) == (False, True)
    adele = first.users[0]
    assert (adele.created_at, adele.password_changed_at) == (1584126941_000000, 1743465600_000000)
    assert (adele.department, adele.on_premises_sync_enabled) == ("Retail", True)

    (changed,) = await read(door, last.cursor)
    assert (changed.removed, len(changed.users), changed.is_last) == (("b",), 1, True)
    asked = [unquote(path) for path in microsoft.paths()]
    assert "lastPasswordChangeDateTime,department" in asked[0]
    assert asked[2] == "/v1.0/users/delta()?$deltatoken=2"
    assert "$select" not in asked[1] + asked[2]
    assert [call.headers["prefer"] for call in microsoft.asked] == ["odata.maxpagesize=999"] * 3


async def test_a_reading_that_was_interrupted_goes_on_from_its_last_page(microsoft, door):
    microsoft.will(
        round_page(ADELE, next_link="/v1.0/users/delta()?$skiptoken=1"),
        round_page({"id": "b"}, delta_link="/v1.0/users/delta()?$deltatoken=2"),
    )
    async for page in door.directory_changes(None):
        cursor = page.cursor
        break
    (rest,) = await read(door, cursor)
    assert [user.user_id for user in rest.users] == ["b"]
    assert unquote(microsoft.paths()[-1]) == "/v1.0/users/delta()?$skiptoken=1"


@pytest.mark.parametrize(
    "refusal",
    [
        error(410, "syncStateNotFound", headers={"Location": "/v1.0/users/delta?$deltatoken="}),
        error(410, ""),
        error(400, "SyncStateNotFound"),
        error(400, "resyncRequired"),
        error(400, "Directory_ExpiredPageToken"),
        body(b"<html>gone</html>", 410),
    ],
)
async def test_a_cursor_that_is_too_old_says_so(microsoft, door, refusal):
    microsoft.will(round_page(delta_link="/v1.0/users/delta?$deltatoken=2"), refusal)
    (page,) = await read(door)
    with pytest.raises(CursorExpiredError):
        await read(door, page.cursor)


@pytest.mark.parametrize("cursor", ["", "nonsense", "00000000 http://127.0.0.1:1/v1.0/users/delta"])
async def test_a_cursor_of_other_properties_is_begun_anew_without_a_call(microsoft, door, cursor):
    with pytest.raises(CursorExpiredError):
        await read(door, cursor)
    assert not microsoft.asked


async def test_a_cursor_never_leads_to_another_host(microsoft, door):
    microsoft.will(round_page(delta_link="/v1.0/users/delta?$deltatoken=2"))
    (page,) = await read(door)
    for host in ("graph.example.net", "127.0.0.1:1", "me@127.0.0.1"):
        strayed = page.cursor.replace(microsoft.url.removeprefix("http://"), host)
        assert strayed != page.cursor
        with pytest.raises(CursorExpiredError):
            await read(door, strayed)
    assert len(microsoft.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [
        round_page(ADELE),
        round_page(delta_link="https://graph.example.net/v1.0/users/delta?$deltatoken=2"),
        round_page(next_link="https://graph.example.net/v1.0/users/delta?$skiptoken=2"),
    ],
)
async def test_a_page_that_leads_nowhere_or_astray_is_an_error_and_gives_no_cursor(microsoft, door, reply):
    microsoft.otherwise = reply
    with pytest.raises(GraphError) as caught:
        await read(door)
    assert caught.value.problem is Problem.MALFORMED
    assert len(microsoft.asked) == 1


async def test_pages_that_go_round_in_a_circle_end_with_an_error(microsoft, door):
    microsoft.otherwise = round_page(ADELE, next_link="/v1.0/users/delta()?$skiptoken=1")
    with pytest.raises(GraphError) as caught:
        await read(door)
    assert caught.value.problem is Problem.MALFORMED


@pytest.mark.parametrize(("status", "problem"), [(403, Problem.NOT_PERMITTED), (400, Problem.BAD_REQUEST)])
async def test_another_refusal_is_not_taken_for_an_old_cursor(microsoft, door, status, problem):
    microsoft.will(round_page(delta_link="/v1.0/users/delta?$deltatoken=2"), error(status, "Other"))
    (page,) = await read(door)
    with pytest.raises(GraphError) as caught:
        await read(door, page.cursor)
    assert caught.value.problem is problem
