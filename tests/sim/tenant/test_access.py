"""Token, permissions, licence, paths."""

import uuid

import pytest

RISKY = "identityProtection/riskyUsers"


async def test_no_token_or_another_token_is_401(graph):
    for header in ("", "Bearer other", "Basic token-of-the-test", "token-of-the-test"):
        reply = await graph.get("users", Authorization=header)
        assert reply.status == 401
        assert reply.error.startswith("InvalidAuthenticationToken: ")
    assert (await graph.post("$batch", {"requests": []}, Authorization="Bearer other")).status == 401


@pytest.mark.parametrize(
    ("method", "path", "roles"),
    [
        ("GET", "identityProtection/riskDetections", {"IdentityRiskEvent.Read.All"}),
        ("GET", RISKY, {"IdentityRiskyUser.Read.All", "IdentityRiskyUser.ReadWrite.All"}),
        ("GET", f"{RISKY}/x", {"IdentityRiskyUser.Read.All", "IdentityRiskyUser.ReadWrite.All"}),
        ("GET", f"{RISKY}/x/history", {"IdentityRiskyUser.Read.All", "IdentityRiskyUser.ReadWrite.All"}),
        ("POST", f"{RISKY}/confirmSafe", {"IdentityRiskyUser.ReadWrite.All"}),
        ("POST", f"{RISKY}/dismiss", {"IdentityRiskyUser.ReadWrite.All"}),
        ("POST", f"{RISKY}/confirmCompromised", {"IdentityRiskyUser.ReadWrite.All"}),
        ("GET", "users", {"User.Read.All", "Directory.Read.All"}),
        ("GET", "users/delta", {"User.Read.All", "Directory.Read.All"}),
        ("GET", "users/$count", {"User.Read.All", "Directory.Read.All"}),
        ("POST", "directoryObjects/getByIds", {"User.Read.All", "Directory.Read.All"}),
        ("GET", "domains", {"Domain.Read.All", "Directory.Read.All"}),
        ("GET", "domains/fabrikam.example/federationConfiguration", {"Domain-InternalFederation.Read.All"}),
        ("GET", "reports/authenticationMethods/userRegistrationDetails", {"AuditLog.Read.All"}),
        ("GET", "organization", {"Directory.Read.All"}),
        ("GET", "roleManagement/directory/roleDefinitions", {"RoleManagement.Read.Directory", "Directory.Read.All"}),
        ("GET", "roleManagement/directory/roleAssignments", {"RoleManagement.Read.Directory", "Directory.Read.All"}),
        ("GET", "groups/x/transitiveMembers", {"GroupMember.Read.All", "Directory.Read.All"}),
        ("POST", "users/ada@contoso.example/revokeSignInSessions", {"User.RevokeSessions.All"}),
        ("PATCH", "users/mallory@contoso.example", {"User-PasswordProfile.ReadWrite.All"}),
        ("GET", "directory/onPremisesSynchronization", {"OnPremDirectorySynchronization.Read.All"}),
        ("GET", "policies/featureRolloutPolicies", {"Policy.Read.HybridAuthentication"}),
    ],
)
async def test_without_its_permission_an_endpoint_answers_403_and_with_it_not(graph, method, path, roles):
    graph.tenant.granted -= roles
    reply = await graph.call(method, path, {} if method != "GET" else None)
    assert reply.status == 403
    assert reply.error
    for role in roles:
        graph.tenant.granted.add(role)
        assert (await graph.call(method, path, {} if method != "GET" else None)).status != 403
        graph.tenant.granted.discard(role)


@pytest.mark.parametrize("licence", ["P1", "free"])
async def test_without_p2_risky_users_are_refused_in_the_licences_words(graph, licence):
    graph.tenant.licence = licence
    for reply in (
        await graph.get(RISKY),
        await graph.get(f"{RISKY}/{uuid.uuid4()}"),
        await graph.act("confirmSafe", str(uuid.uuid4())),
    ):
        assert (reply.status, reply.error) == (403, "Forbidden: Your tenant is not licensed for this feature.")


async def test_without_p2_premium_types_read_generic_and_levels_hidden(graph):
    graph.tenant.licence = "P1"
    rows = await graph.everything("identityProtection/riskDetections?$top=500")
    assert {row["riskLevel"] for row in rows} == {"hidden"}
    kinds = {row["riskEventType"] for row in rows}
    assert {"leakedCredentials", "generic"} <= kinds <= {"leakedCredentials", "generic", "anonymizedIPAddress"}
    assert not await graph.everything("identityProtection/riskDetections?$filter=riskEventType eq 'passwordSpray'")


async def test_the_registration_report_needs_p1(graph):
    path = "reports/authenticationMethods/userRegistrationDetails"
    graph.tenant.licence = "P1"
    assert (await graph.get(path)).status == 200
    graph.tenant.licence = "free"
    reply = await graph.get(path)
    assert reply.status == 403
    assert "premium license" in reply.error


async def test_the_plans_of_the_organization_tell_the_licence(graph):
    async def plans():
        row = (await graph.get("organization?$select=assignedPlans")).json["value"][0]
        return {plan["servicePlanId"] for plan in row["assignedPlans"]}

    premium = "eec0eb4f-6444-4f95-aba0-50c24d67f998"
    assert premium in await plans()
    graph.tenant.licence = "P1"
    assert len(await plans()) == 1
    assert premium not in await plans()


@pytest.mark.parametrize("path", ["nothing", "identityProtection/nothing", "users/a/b/c", "Users", "me"])
async def test_an_unknown_path_is_404_and_names_the_segment(graph, path):
    reply = await graph.get(path)
    assert reply.status == 404
    assert f"Resource not found for the segment '{path.rpartition('/')[2]}'" in reply.error


async def test_beta_is_not_served(graph):
    assert (await graph.get(f"{graph.server.url}/beta/users")).status == 404


async def test_a_method_that_does_not_fit_is_405(graph):
    for method, path in (("DELETE", "users"), ("GET", f"{RISKY}/x/history/y"), ("PUT", RISKY), ("GET", "$batch")):
        assert (await graph.call(method, path)).status in {404, 405}
    assert (await graph.call("PUT", RISKY)).status == 405


async def test_every_answer_carries_a_request_id_and_gives_the_clients_id_back(graph):
    for path in ("users?$top=1", "nothing", "users?$top=0"):
        reply = await graph.get(path, client_request_id="mine")
        assert uuid.UUID(reply.headers["request-id"])
        assert reply.headers["client-request-id"] == "mine"
        if reply.status >= 400:
            assert reply.json["error"]["innerError"]["request-id"] == reply.headers["request-id"]
            assert reply.json["error"]["innerError"]["client-request-id"] == "mine"


async def test_every_answer_carries_the_tenants_time(graph, clock):
    for path in ("users?$top=1", "nothing"):
        assert (await graph.get(path)).headers["Date"] == "Sun, 20 Apr 2025 09:00:00 GMT"
    clock.advance(61)
    assert (await graph.get("users?$top=1", Authorization="")).headers["Date"] == "Sun, 20 Apr 2025 09:01:01 GMT"


async def test_the_server_writes_down_every_request_with_its_family(graph):
    await graph.get("users?$top=1")
    await graph.get("identityProtection/riskyUsers?$top=501")
    await graph.get("reports/authenticationMethods/userRegistrationDetails?$top=1")
    await graph.get("nothing")
    assert [(entry.method, entry.path, entry.status, entry.family) for entry in graph.server.requests] == [
        ("GET", "/v1.0/users?$top=1", 200, "directory"),
        ("GET", "/v1.0/identityProtection/riskyUsers?$top=501", 400, "identityProtection"),
        ("GET", "/v1.0/reports/authenticationMethods/userRegistrationDetails?$top=1", 200, "reports"),
        ("GET", "/v1.0/nothing", 404, ""),
    ]
