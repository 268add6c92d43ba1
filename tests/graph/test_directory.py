"""The directory is read at the lower price, and a batch loses nobody to one bad answer within it."""

import json
from urllib.parse import unquote

import pytest

from bot.graph.directory import prefers_pages
from bot.ports.graph import GraphError, Priority, Problem
from bot.watch.registration import Registered
from tests.graph.microsoft import body, error, page


def batch_of(judge):
    """Answers a $batch: `judge(url)` gives status, body and headers of each inner request; in reversed order."""

    async def reply(request):
        asked = json.loads(await request.read())["requests"]
        responses = []
        for inner in reversed(asked):
            status, content, headers = judge(unquote(inner["url"]))
            responses.append({"id": inner["id"], "status": status, "headers": headers, "body": content})
        return await body({"responses": responses})(request)

    return reply


def ids_in(url):
    return url[url.index("(") + 1 : url.index(")")].replace("'", "").split(",")


def found(url):
    return 200, {"value": [{"id": name, "accountEnabled": True} for name in ids_in(url)]}, {}


NAMES = [f"user-{number:03}" for number in range(310)]


@pytest.mark.parametrize(
    ("wanted", "tenant_users", "pages"),
    [(20_000, 60_000, True), (300, 60_000, False), (1_000, 3_000, True), (5, None, False), (3, 900, True)],
)
def test_the_cheaper_way_is_chosen(wanted, tenant_users, pages):
    assert prefers_pages(wanted, tenant_users) is pages


async def test_three_hundred_users_cost_one_call(microsoft, door):
    microsoft.otherwise = batch_of(found)
    users = await door.users(NAMES, tenant_users=None)
    assert set(users) == set(NAMES)
    assert [asked.path for asked in microsoft.asked] == ["/v1.0/$batch"] * 2
    inner = json.loads(microsoft.asked[0].body)["requests"]
    assert len(inner) == 20
    assert all(entry["url"].startswith("/users?") and " " not in entry["url"] for entry in inner)


async def test_only_what_was_refused_within_a_batch_is_asked_again(microsoft, door):
    refused = {"user-000", "user-015"}

    def judge(url):
        first = ids_in(url)[0]
        if first in refused:
            refused.remove(first)
            status = 429 if first == "user-000" else 503
            return status, {"error": {"code": "x", "message": "y"}}, {"Retry-After": "0.05"}
        return found(url)

    microsoft.otherwise = batch_of(judge)
    users = await door.users(NAMES[:45], tenant_users=None)
    assert set(users) == set(NAMES[:45])
    assert [len(json.loads(asked.body)["requests"]) for asked in microsoft.asked] == [3, 2]


async def test_one_id_that_is_none_does_not_cost_the_others_their_answer(microsoft, door):
    def judge(url):
        if "bad'" in url.replace("''", ""):
            return 400, {"error": {"code": "Request_BadRequest", "message": "Invalid filter"}}, {}
        return found(url)

    microsoft.otherwise = batch_of(judge)
    users = await door.users([*NAMES[:14], "bad"], tenant_users=None)
    assert set(users) == set(NAMES[:14])


async def test_a_batch_that_is_refused_within_says_which_permission_it_needs(microsoft, door):
    microsoft.otherwise = batch_of(lambda url: (403, {"error": {"code": "Authorization_RequestDenied"}}, {}))
    with pytest.raises(GraphError, match=r"needs User\.Read\.All"):
        await door.users(["a"], tenant_users=None)


async def test_an_inner_refusal_that_lasts_is_an_error_and_no_endless_loop(microsoft, door):
    microsoft.otherwise = batch_of(lambda url: (500, {"error": {"code": "x"}}, {}))
    with pytest.raises(GraphError) as caught:
        await door.users(["a"], tenant_users=None)
    assert caught.value.problem is Problem.UNAVAILABLE


async def test_a_batch_with_an_answer_missing_is_asked_again(microsoft, door):
    microsoft.will(body({"responses": []}), batch_of(found))
    assert set(await door.users(["a"], tenant_users=None)) == {"a"}


async def test_whole_pages_keep_only_who_was_asked_for(microsoft, door):
    microsoft.will(page({"id": "a"}, {"id": "x"}, link="/v1.0/users?$skiptoken=1"), page({"id": "b"}))
    assert set(await door.users(["a", "b", "gone"], tenant_users=10)) == {"a", "b"}
    asked = unquote(microsoft.asked[0].path)
    assert "$top=999" in asked
    assert "$select=id,userPrincipalName" in asked


async def test_an_address_with_a_quote_is_a_literal_and_nothing_else(microsoft, door):
    address = "o'brien' or 'a' eq 'a@contoso.example"
    microsoft.will(page({"id": "a", "mail": address.upper()}, {"id": "b", "mail": "other@contoso.example"}))
    assert [user.user_id for user in await door.users_by_address(address)] == ["a"]
    doubled = address.replace("'", "''")
    assert f"$filter=mail eq '{doubled}' or userPrincipalName eq '{doubled}'" in unquote(microsoft.asked[0].path)


async def test_counting_asks_for_eventual_consistency(microsoft, door):
    microsoft.will(body(b"\xef\xbb\xbf60000"))
    assert await door.count_users(priority=Priority.WATCH) == 60_000
    assert microsoft.asked[0].path == "/v1.0/users/$count"
    assert microsoft.asked[0].headers["consistencylevel"] == "eventual"


async def test_a_federation_that_cannot_be_read_is_none_and_the_other_domains_stand(microsoft, door):
    names = ("managed", "adfs", "unreadable", "missing")
    kinds = ("Managed", "Federated", "Federated", "Federated")
    microsoft.will(
        page(*({"id": name, "authenticationType": kind} for name, kind in zip(names, kinds, strict=True))),
        page({"issuerUri": "http://sts/adfs/services/trust"}),
        error(403, "Authorization_RequestDenied"),
        error(404, "Request_ResourceNotFound"),
    )
    managed, adfs, unreadable, missing = await door.domains()
    assert not managed.is_federated
    assert adfs.federation.addresses == ("http://sts/adfs/services/trust",)
    assert unreadable.is_federated
    assert unreadable.federation is missing.federation is None
    assert "Domain-InternalFederation.Read.All" in unreadable.problem
    assert missing.problem == ""


async def test_the_report_is_read_as_it_comes_where_its_options_are_refused(microsoft, door):
    microsoft.will(error(400, "BadRequest", "Not supported."), page({"id": "a", "isPasswordlessCapable": True}))
    report = await door.registrations()
    assert (len(report), report.get("a"), report.get("b")) == (1, Registered.PASSWORDLESS, None)
    assert "?" not in microsoft.asked[1].path
