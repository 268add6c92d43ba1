"""Users, domains, the registration report, delta, and writes to users."""

import uuid

import pytest

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
        f"id eq '{uuid.uuid4()}' or mail eq '{ADA}'",
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
    "query", ["$deltatoken=latest", "$deltatoken=forged", "$skiptoken=forged", "$top=5", "$filter=id eq 'x'"]
)
async def test_delta_refuses_tokens_it_did_not_issue_and_options_it_does_not_take(graph, query):
    assert (await graph.get(f"users/delta?{query}")).status == 400


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


@pytest.mark.parametrize(
    "body", [{}, {"displayName": "x"}, {"passwordProfile": {}}, {"passwordProfile": {"forceChange": True}}]
)
async def test_nothing_else_of_a_user_can_be_written(graph, body):
    assert (await graph.call("PATCH", "users/mallory@contoso.example", body)).status == 400
