"""Users, domains, the registration report, delta, and writes to users."""

import uuid

import pytest

from sim.tenant import Limits, User
from sim.tenant.graph_time import ticks

ADA = "ada@contoso.example"
REPORT = "reports/authenticationMethods/userRegistrationDetails"


def in_clause(ids):
    return "id in ({})".format(",".join(f"'{one}'" for one in ids))


async def test_a_page_of_1000_users_is_refused_and_one_of_999_is_not(graph):
    assert (await graph.get("users?$top=1000")).status == 400
    assert len((await graph.get("users?$top=999")).json["value"]) == len(graph.tenant.users)
    assert len((await graph.get("users")).json["value"]) == 100


async def test_16_ids_in_a_filter_are_refused_and_15_are_not(graph):
    ids = [user.id for user in graph.tenant.users][:16]
    reply = await graph.get(f"users?$filter={in_clause(ids)}")
    assert reply.status == 400
    assert reply.error.startswith("Request_UnsupportedQuery: Too many child clauses")
    assert len((await graph.get(f"users?$filter={in_clause(ids[:15])}")).json["value"]) == 15


async def test_ids_that_nobody_has_are_left_out(graph):
    reply = await graph.get(f"users?$filter={in_clause([str(uuid.uuid4())])}")
    assert (reply.status, reply.json["value"]) == (200, [])


@pytest.mark.parametrize("clause", [f"mail eq '{ADA}'", f"userPrincipalName eq '{ADA.upper()}'"])
async def test_a_person_is_found_by_mail_or_name_without_regard_to_case(graph, clause):
    rows = (await graph.get(f"users?$filter={clause}")).json["value"]
    assert [row["displayName"] for row in rows] == ["Ada Admin"]


async def test_mail_or_name_finds_a_person_once(graph):
    clause = f"mail eq '{ADA}' or userPrincipalName eq '{ADA}' or mail eq 'grace@contoso.example'"
    rows = (await graph.get(f"users?$filter={clause}")).json["value"]
    assert sorted(row["displayName"] for row in rows) == ["Ada Admin", "Grace Approver"]


@pytest.mark.parametrize(
    "clause",
    [
        "accountEnabled eq true",
        "startswith(displayName,'A')",
        f"mail eq '{ADA}' and userPrincipalName eq '{ADA}'",
        "id in ('not-a-guid')",
        "id in ()",
        f"id eq '{uuid.UUID(int=1)}' or mail eq '{ADA}'",
        "mail ne null",
    ],
)
async def test_a_user_filter_beyond_the_documents_is_refused(graph, clause):
    assert (await graph.get(f"users?$filter={clause}")).status == 400


async def test_users_are_read_by_id_and_by_name_with_its_marks(graph):
    guest = next(user for user in graph.tenant.users if "#EXT#" in user.user_principal_name)
    encoded = guest.user_principal_name.replace("#", "%23")
    for key in (guest.id, encoded):
        reply = await graph.get(f"users/{key}?$select=id,userType,externalUserState,userPrincipalName")
        assert reply.json["userPrincipalName"] == guest.user_principal_name
        assert reply.json["externalUserState"]
    reply = await graph.get("users/nobody@contoso.example")
    assert reply.status == 404
    assert reply.error.startswith("Request_ResourceNotFound: Resource 'nobody@contoso.example' does not exist")


async def test_the_count_needs_its_header_and_is_plain_text(graph):
    assert (await graph.get("users/$count")).status == 400
    reply = await graph.get("users/$count", ConsistencyLevel="eventual")
    assert (reply.status, reply.text) == (200, "300")
    assert reply.headers["Content-Type"].startswith("text/plain")


async def test_get_by_ids_takes_1000_and_leaves_unknown_ones_out(graph):
    known = [user.id for user in graph.tenant.users][:10]
    ids = known + [str(uuid.uuid4()) for _ in range(991)]
    body = {"ids": ids, "types": ["user"]}
    assert (await graph.post("directoryObjects/getByIds", body)).status == 400
    rows = (await graph.post("directoryObjects/getByIds", {"ids": ids[:1000], "types": ["user"]})).json["value"]
    assert [row["id"] for row in rows] == known
    assert "userType" not in rows[0]
    for bad in ({"ids": []}, {"ids": ["x"]}, {"types": ["user"]}, {"ids": known, "types": ["cat"]}):
        assert (await graph.post("directoryObjects/getByIds", bad)).status == 400


async def test_federation_is_404_for_a_managed_and_for_an_unknown_domain(graph):
    domains = (await graph.get("domains")).json["value"]
    kinds = {row["id"]: row["authenticationType"] for row in domains}
    assert sorted(kinds.values()).count("Federated") == 3
    for name, kind in kinds.items():
        reply = await graph.get(f"domains/{name}/federationConfiguration")
        assert reply.status == (200 if kind == "Federated" else 404)
    assert (await graph.get("domains/nowhere.example/federationConfiguration")).status == 404
    assert (await graph.get("domains/fabrikam.example/federationConfiguration?$select=id")).status == 400


async def test_the_three_identity_providers_can_be_told_from_their_addresses(graph):
    marks = {"fabrikam.example": "/adfs/", "northwind.example": "okta.com", "tailspin.example": "pingidentity.com"}
    for domain, mark in marks.items():
        row = (await graph.get(f"domains/{domain}/federationConfiguration")).json["value"][0]
        assert mark in row["passiveSignInUri"]


async def test_the_registration_report_leaves_disabled_and_deleted_users_out(graph):
    rows = await graph.everything(f"{REPORT}?$top=50")
    reported = {row["id"] for row in rows}
    enabled = {user.id for user in graph.tenant.users if user.account_enabled}
    assert reported == enabled
    absent = [one for one, why in graph.tenant.truth.held_back.items() if why in {"disabled", "deleted"}]
    assert len(absent) == 3
    assert reported.isdisjoint(absent)
    assert (await graph.get(f"{REPORT}/{absent[0]}")).status == 404


async def test_the_registration_report_can_be_filtered_as_documented(graph):
    rows = await graph.everything(f"{REPORT}?$filter=isPasswordlessCapable eq true")
    assert rows
    assert all(row["isPasswordlessCapable"] for row in rows)
    for clause in ("lastUpdatedDateTime ge 2025-01-01T00:00:00Z", "isAdmin eq 'true'", "userType eq 'guest'"):
        assert (await graph.get(f"{REPORT}?$filter={clause}")).status == 400


# Delta


async def read_delta(graph, link, **headers):
    rows = []
    while True:
        reply = await graph.get(link, **headers)
        assert reply.status == 200, reply.text
        rows += reply.json["value"]
        if "@odata.deltaLink" in reply.json:
            assert "@odata.nextLink" not in reply.json
            return rows, reply.json["@odata.deltaLink"]
        link = reply.json["@odata.nextLink"]


@pytest.mark.parametrize("path", ["users/delta", "users/delta()"])
async def test_delta_gives_everyone_once_and_then_only_what_changed(graph, path):
    rows, link = await read_delta(graph, f"{path}?$select=displayName,accountEnabled", Prefer="odata.maxpagesize=70")
    assert sorted(row["id"] for row in rows) == [user.id for user in graph.tenant.users]
    assert set(rows[0]) == {"id", "displayName", "accountEnabled"}
    assert await read_delta(graph, link) == ([], link)
    first, second = [user.id for user in graph.tenant.users][:2]
    graph.tenant.disable_user(first)
    graph.tenant.remove_user(second)
    graph.tenant.revoke_sessions(first)
    rows, newer = await read_delta(graph, link)
    assert {row["id"]: row.get("accountEnabled", row.get("@removed")) for row in rows} == {
        first: False,
        second: {"reason": "changed"},
    }
    assert (await read_delta(graph, newer))[0] == []
    assert len((await read_delta(graph, link))[0]) == 2


async def test_what_changes_while_the_first_delta_is_read_comes_with_the_next(graph):
    first = (await graph.get("users/delta?$select=accountEnabled", Prefer="odata.maxpagesize=10")).json
    changed = first["value"][0]["id"]
    graph.tenant.disable_user(changed)
    _, link = await read_delta(graph, first["@odata.nextLink"])
    assert [row["id"] for row in (await read_delta(graph, link))[0]] == [changed]


@pytest.mark.parametrize(
    "query",
    ["$deltatoken=forged", "$skiptoken=forged", "$top=5", "$filter=id eq 'x'", "$skiptoken=x&$deltatoken=latest"],
)
async def test_delta_refuses_tokens_it_did_not_issue_and_options_it_does_not_take(graph, query):
    assert (await graph.get(f"users/delta?{query}")).status == 400


async def test_a_link_of_delta_holds_its_properties_and_takes_no_other_options(graph):
    reply = await graph.get("users/delta?$select=displayName", Prefer="odata.maxpagesize=70")
    link = reply.json["@odata.nextLink"]
    assert "select" not in link
    assert (await graph.get(f"{link}&$select=displayName")).status == 400
    assert set((await graph.get(link)).json["value"][0]) == {"id", "displayName"}


async def test_delta_leaves_out_what_was_never_set_and_tells_what_was_set_to_nothing(graph):
    rows, link = await read_delta(graph, "users/delta?$select=userPrincipalName,onPremisesSyncEnabled,department")
    synced = {row["id"]: row.get("onPremisesSyncEnabled", "absent") for row in rows}
    assert set(synced.values()) == {True, "absent"}
    one = next(user for user in graph.tenant.users if user.department)
    one.department = None
    graph.tenant.changes.note(one.id, {"department"})
    (row,), _ = await read_delta(graph, link)
    assert row["department"] is None
    (row,), _ = await read_delta(graph, link, Prefer="return=minimal")
    assert row == {"id": one.id, "department": None}


async def test_delta_from_now_on_gives_a_link_and_no_users(graph):
    rows, link = await read_delta(graph, "users/delta?$select=accountEnabled&$deltatoken=latest")
    assert rows == []
    changed = next(iter(graph.tenant.users)).id
    graph.tenant.disable_user(changed)
    assert [row["id"] for row in (await read_delta(graph, link))[0]] == [changed]


@pytest.mark.parametrize("why", ["seven days", "a reset"])
async def test_a_token_that_is_gone_answers_410_and_says_where_to_begin_anew(graph, clock, why):
    _, link = await read_delta(graph, "users/delta?$select=accountEnabled")
    clock.advance(7 * 86_400)
    assert (await graph.get(link)).status == 200
    if why == "a reset":
        graph.tenant.changes.reset()
    else:
        clock.advance(1)
    reply = await graph.get(link)
    assert reply.status == 410
    assert reply.error.startswith("syncStateNotFound: ")
    rows, fresh = await read_delta(graph, reply.headers["Location"])
    assert len(rows) == len(graph.tenant.users)
    assert set(rows[0]) == {"id", "accountEnabled"}
    assert (await read_delta(graph, fresh))[0] == []


async def test_each_round_of_delta_begins_its_token_anew(graph, clock):
    _, link = await read_delta(graph, "users/delta")
    for _ in range(3):
        clock.advance(6 * 86_400)
        _, link = await read_delta(graph, link)


# The registration report


async def test_the_registration_report_tells_who_holds_a_role_also_by_a_group(graph):
    rows = await graph.everything(f"{REPORT}?$top=999&$filter=isAdmin eq true")
    assert {row["id"] for row in rows} == {one for one in graph.tenant.roles.holder_ids if one in graph.tenant.users}
    assert any("Helpdesk Administrator" in graph.tenant.roles.roles_of(row["id"]) for row in rows)


async def test_the_registration_report_lags_behind(graph, clock):
    stranger = User(str(uuid.uuid4()), "new@contoso.example", "New", ticks(clock.now), methods=("fido2SecurityKey",))
    graph.tenant.add_user(stranger)
    mallory = graph.tenant.user_named("mallory@contoso.example")
    graph.tenant.register_methods(mallory.id, ["mobilePhone"])
    clock.advance(4 * 3600 - 1)
    assert (await graph.get(f"{REPORT}/{stranger.id}")).status == 404
    assert "fido2SecurityKey" in (await graph.get(f"{REPORT}/{mallory.id}")).json["methodsRegistered"]
    clock.advance(1)
    assert (await graph.get(f"{REPORT}/{stranger.id}")).json["isPasswordlessCapable"] is True
    assert (await graph.get(f"{REPORT}/{mallory.id}")).json["methodsRegistered"] == ["mobilePhone"]


# Writes


async def test_revoking_sessions_moves_their_beginning(graph, clock):
    name = "signInSessionsValidFromDateTime"
    before = (await graph.get(f"users/{ADA}?$select={name}")).json[name]
    reply = await graph.call("POST", f"users/{ADA}/revokeSignInSessions")
    assert (reply.status, reply.json["value"]) == (200, True)
    after = (await graph.get(f"users/{ADA}?$select={name}")).json[name]
    assert after == "2025-04-20T09:00:00Z" > before
    assert (await graph.call("POST", "users/nobody/revokeSignInSessions")).status == 404
    assert [(write.action, write.status) for write in graph.tenant.writes] == [
        ("revokeSignInSessions", 200),
        ("revokeSignInSessions", 404),
    ]


FORCE = {"passwordProfile": {"forceChangePasswordNextSignInWithMfa": True}}


async def test_a_password_change_can_be_demanded_of_a_cloud_only_user(graph):
    assert (await graph.call("PATCH", "users/mallory@contoso.example", FORCE)).status == 204
    shown = (await graph.get("users/mallory@contoso.example?$select=passwordProfile")).json["passwordProfile"]
    assert shown["forceChangePasswordNextSignInWithMfa"] is True
    assert shown["password"] is None


async def test_a_password_profile_is_refused_where_the_password_lives_elsewhere(graph):
    for kind in ("federated", "hybrid"):
        user_id = next(one for one, found in graph.tenant.truth.kind_of.items() if found == kind)
        reply = await graph.call("PATCH", f"users/{user_id}", FORCE)
        assert reply.status == 400
        assert "on-premises mastered" in reply.error


async def test_a_password_profile_needs_a_directory_role_and_a_higher_one_for_admins(graph):
    assert (await graph.call("PATCH", f"users/{ADA}", FORCE)).status == 403
    graph.tenant.directory_roles = {"Privileged Authentication Administrator"}
    assert (await graph.call("PATCH", f"users/{ADA}", FORCE)).status == 204
    graph.tenant.directory_roles = set()
    assert (await graph.call("PATCH", "users/mallory@contoso.example", FORCE)).status == 403


async def test_a_password_profile_of_a_lower_admin_can_be_written_and_of_a_higher_or_grouped_one_not(graph):
    roles = graph.tenant.roles
    mallory = graph.tenant.user_named("mallory@contoso.example")

    async def status():
        return (await graph.call("PATCH", f"users/{mallory.id}", FORCE)).status

    roles.assign(mallory.id, "Reports Reader")
    assert await status() == 204
    roles.assign(mallory.id, "Security Reader")
    assert await status() == 403
    roles.unassign(mallory.id, "Security Reader")
    assert await status() == 204
    roles.add_group("Just in time", [mallory.id])
    assert await status() == 403
    graph.tenant.directory_roles = {"Privileged Authentication Administrator"}
    assert await status() == 204


async def test_a_new_password_moves_its_date_and_ends_the_sessions(graph):
    body = {"passwordProfile": {"password": "Spruce-Lantern-42", "forceChangePasswordNextSignIn": True}}
    assert (await graph.call("PATCH", "users/mallory@contoso.example", body)).status == 204
    names = "passwordProfile,lastPasswordChangeDateTime,signInSessionsValidFromDateTime"
    shown = (await graph.get(f"users/mallory@contoso.example?$select={names}")).json
    assert shown["lastPasswordChangeDateTime"] == shown["signInSessionsValidFromDateTime"] == "2025-04-20T09:00:00Z"
    assert shown["passwordProfile"]["password"] is None


async def test_an_accepted_write_to_a_user_may_take_its_time_or_change_nothing(graph, clock):
    name = "signInSessionsValidFromDateTime"
    mallory = graph.tenant.user_named("mallory@contoso.example").id

    async def since():
        return (await graph.get(f"users/{mallory}?$select={name}")).json[name]

    before = await since()
    graph.tenant.directory_seconds = 30
    graph.tenant.ineffective_user_ids = {mallory}
    assert (await graph.call("POST", f"users/{mallory}/revokeSignInSessions")).status == 200
    clock.advance(30)
    assert await since() == before
    assert (await graph.call("POST", f"users/{mallory}/revokeSignInSessions")).status == 200
    clock.advance(29)
    assert await since() == before
    clock.advance(1)
    assert await since() == "2025-04-20T09:00:30Z"


async def test_in_a_batch_each_write_draws_on_the_budget_of_writes_alone(serve, tenant):
    graph = await serve(tenant, Limits(directory_writes=3))
    ids = [user.id for user in tenant.users if user.user_principal_name.endswith("@contoso.example")][:4]
    synced = next(user.id for user in tenant.users if user.synced)
    requests = [
        {"id": "synced", "method": "PATCH", "url": f"/users/{synced}", "body": FORCE},
        *({"id": one, "method": "POST", "url": f"/users/{one}/revokeSignInSessions"} for one in ids[:3]),
        {"id": "read", "method": "GET", "url": f"/users/{ids[0]}"},
    ]
    requests[0]["headers"] = {"Content-Type": "application/json"}
    reply = await graph.post("$batch", {"requests": requests})
    answers = {answer["id"]: answer for answer in reply.json["responses"]}
    assert [answers[name]["status"] for name in ("synced", *ids[:3], "read")] == [400, 200, 200, 429, 200]
    assert int(answers[ids[2]]["headers"]["Retry-After"]) > 100
    assert [(write.user_ids[0], write.status) for write in tenant.writes] == [
        (synced, 400),
        (ids[0], 200),
        (ids[1], 200),
        (ids[2], 429),
    ]


@pytest.mark.parametrize(
    "body", [{}, {"displayName": "x"}, {"passwordProfile": {}}, {"passwordProfile": {"forceChange": True}}]
)
async def test_nothing_else_of_a_user_can_be_written(graph, body):
    assert (await graph.call("PATCH", "users/mallory@contoso.example", body)).status == 400
