"""Sign-ins, audits, announcements and policies: asked for as Microsoft documents it, read as it writes them."""

import gc
from urllib.parse import unquote

import httpx
import pytest

from bot.ports.graph import GraphError, Problem
from bot.watch.access_policies import Grant
from tests.graph.microsoft import error, page

APRIL = 1745121600_000000
"""2025-04-20T04:00:00Z"""


def sign_in(name, code=53003, **more):
    return {
        "id": name,
        "userId": "u1",
        "createdDateTime": "2025-04-20T05:00:00Z",
        "status": {"errorCode": code, "failureReason": None},
        "ipAddress": "198.51.100.7",
        "location": {"countryOrRegion": "NO"},
        "appDisplayName": "OfficeHome",
        "riskLevelDuringSignIn": "ofAFutureVersion",
        "appliedConditionalAccessPolicies": [
            {"displayName": "Block risk", "result": "failure"},
            {"displayName": "Other", "result": "notApplied"},
        ],
        **more,
    }


async def items(pages):
    return [item async for found in pages for item in found.items]


async def test_a_page_is_let_go_at_once_though_the_collector_rests(microsoft, door):
    """A page of sign-ins is megabytes, and the bot collects only where little lives."""
    microsoft.will(page(sign_in("s1"), link="/next"), page(sign_in("s2")))
    gc.collect()
    gc.disable()
    try:
        assert len(await items(door.sign_ins(since=APRIL))) == 2
        assert not [each for each in gc.get_objects() if isinstance(each, httpx.Response)]
    finally:
        gc.enable()


async def test_a_sign_in_is_read_with_what_failed_it(microsoft, door):
    microsoft.will(page(sign_in("s1")))
    (found,) = await items(door.sign_ins(since=APRIL))
    assert (found.id, found.user_id, found.error_code) == ("s1", "u1", 53003)
    assert (found.at, found.app, found.risk_level) == (APRIL + 3600_000000, "OfficeHome", "ofAFutureVersion")


async def test_sign_ins_are_filtered_at_microsoft_and_come_in_large_pages(microsoft, door):
    microsoft.will(page())
    await items(door.sign_ins(since=APRIL, until=APRIL + 1_500000, error_codes=[53003], user_id="o'brien"))
    asked = unquote(microsoft.paths()[0])
    assert asked.startswith("/v1.0/auditLogs/signIns?")
    assert "$top=1000" in asked
    assert (
        "$filter=createdDateTime ge 2025-04-20T04:00:00Z and createdDateTime le 2025-04-20T04:00:01.500000Z "
        "and status/errorCode eq 53003 and userId eq 'o''brien'" in asked
    )


async def test_several_codes_are_read_one_after_the_other_each_once(microsoft, door):
    microsoft.will(
        page(sign_in("a", 50126), link="/v1.0/x?$skiptoken=1"), page(sign_in("b", 50126)), page(sign_in("c"))
    )
    found = await items(door.sign_ins(since=APRIL, error_codes=[53003, 50126, 53003]))
    assert [each.id for each in found] == ["a", "b", "c"]
    asked = [unquote(path) for path in microsoft.paths()]
    assert ["errorCode eq 50126" in asked[0], "errorCode eq 53003" in asked[2]] == [True, True]
    assert not any(" or " in path for path in asked)


@pytest.mark.parametrize(
    "broken",
    [
        {"status": None},
        {"status": {"errorCode": None}},
        {"userId": None},
        {"createdDateTime": "soon"},
        {"id": None},
        {"status": "failed"},
    ],
)
async def test_a_sign_in_that_cannot_be_counted_is_dropped_and_told(microsoft, door, broken):
    microsoft.will(
        page(sign_in("bad", **broken), sign_in("good", location=None, appliedConditionalAccessPolicies=None))
    )
    (found,) = [found async for found in door.sign_ins(since=APRIL)]
    assert [each.id for each in found.items] == ["good"]
    assert found.dropped == 1


@pytest.mark.parametrize(
    ("code", "problem", "why"),
    [
        ("Authentication_RequestFromNonPremiumTenantOrB2CTenant", Problem.NO_LICENCE, "Microsoft Entra ID P1"),
        ("Authentication_MSGraphPermissionMissing", Problem.NOT_PERMITTED, "needs AuditLog.Read.All"),
    ],
)
async def test_sign_ins_that_may_not_be_read_say_what_mends_it(microsoft, door, code, problem, why):
    microsoft.otherwise = error(403, code)
    with pytest.raises(GraphError) as caught:
        await items(door.sign_ins(since=APRIL))
    assert caught.value.problem is problem
    assert why in caught.value.why


async def test_an_audit_says_who_did_what_to_whom(microsoft, door):
    by_user = {"user": {"id": "u9", "ipAddress": "127.0.0.1"}, "app": None}
    by_app = {"user": None, "app": {"appId": "a1", "displayName": "An app", "servicePrincipalId": "sp"}}
    common = {
        "activityDateTime": "2025-04-20T04:00:00Z",
        "activityDisplayName": "Add service principal",
        "category": "ApplicationManagement",
        "result": "success",
    }
    targets = [
        {"id": "t1", "displayName": "One"},
        {"id": "t2", "displayName": None, "userPrincipalName": "b@c.example"},
    ]
    microsoft.will(
        page(
            {"id": "1", "initiatedBy": by_user, "targetResources": targets, **common},
            {"id": "2", "initiatedBy": by_app, "targetResources": None, **common},
            {"id": "3", "initiatedBy": None, **common},
            {"id": "4", **common, "activityDateTime": None},
        )
    )
    (found,) = [found async for found in door.audits(since=APRIL, activity="Add service principal")]
    first, second, third = found.items
    assert (first.by_user_id, first.by_app, first.ip_address) == ("u9", "", "127.0.0.1")
    assert (first.target_ids, first.target_names) == (("t1", "t2"), ("One", "b@c.example"))
    assert (second.by_user_id, second.by_app, second.by_app_id) == ("", "An app", "a1")
    assert (third.by_user_id, third.by_app, third.target_ids) == ("", "", ())
    assert found.dropped == 1
    asked = unquote(microsoft.paths()[0])
    assert "activityDateTime ge 2025-04-20T04:00:00Z and activityDisplayName eq 'Add service principal'" in asked


ISSUE = {
    "id": "MO1",
    "title": "Users &amp; risk",
    "startDateTime": "2025-04-20T06:00:00Z",
    "service": "Microsoft Entra",
    "impactDescription": "Users may be flagged.",
    "isResolved": True,
    "posts": [{"description": {"content": "old"}}, {"description": {"content": "<p>Risk <b>detections</b></p>"}}],
}
MESSAGE = {
    "id": "MC1",
    "title": "A change",
    "startDateTime": "2025-04-21T06:00:00Z",
    "services": ["Microsoft Entra", None],
    "body": {"content": "<a href='https://x'>Read</a> this &lt;now&gt;"},
}


async def test_issues_and_messages_are_read_as_plain_text(microsoft, door):
    microsoft.will(page(ISSUE), page(MESSAGE))
    message, issue = await door.announcements(since=APRIL)
    assert issue.text == "Users may be flagged.\nRisk detections"
    assert (issue.services, issue.is_resolved) == (("Microsoft Entra",), True)
    assert message.text == "Read this <now>"
    assert (message.services, message.is_resolved) == (("Microsoft Entra",), False)
    assert "startDateTime ge 2025-04-20T04:00:00Z" in unquote(microsoft.paths()[0])


async def test_an_endless_text_is_cut(microsoft, door):
    microsoft.will(page({**ISSUE, "impactDescription": "<" * 500_000 + "x" * 500_000}), page())
    (issue,) = await door.announcements(since=APRIL)
    assert len(issue.text) <= 4_000


async def test_where_the_filter_is_refused_older_announcements_are_left_out_here(microsoft, door):
    old = {**ISSUE, "id": "MO0", "startDateTime": "2025-04-01T00:00:00Z"}
    microsoft.will(error(400, "BadRequest", "Not supported."), page(ISSUE, old), page(MESSAGE))
    assert [each.id for each in await door.announcements(since=APRIL)] == ["MC1", "MO1"]


@pytest.mark.parametrize("refused_first", [True, False])
async def test_one_of_the_two_that_may_not_be_read_leaves_the_other(microsoft, door, refused_first):
    refusal = error(403, "Forbidden")
    microsoft.will(*((refusal, page(MESSAGE)) if refused_first else (page(ISSUE), refusal)))
    assert [each.id for each in await door.announcements(since=APRIL)] == ["MC1" if refused_first else "MO1"]


async def test_announcements_of_which_none_may_be_read_name_both_permissions(microsoft, door):
    microsoft.otherwise = error(403, "Forbidden")
    with pytest.raises(GraphError) as caught:
        await door.announcements(since=APRIL)
    assert caught.value.why == "needs ServiceHealth.Read.All; needs ServiceMessage.Read.All"


def policy(name, *, levels=("high",), grant=None, users=None, state="enabled"):
    return {
        "id": name,
        "displayName": name,
        "state": state,
        "modifiedDateTime": "2025-04-20T04:00:00Z",
        "conditions": {"userRiskLevels": list(levels), "users": users or {"includeUsers": ["All"]}},
        "grantControls": grant,
    }


async def test_only_policies_on_user_risk_are_given_whatever_their_state(microsoft, door):
    microsoft.will(page(policy("a"), policy("b", levels=()), policy("c", state="disabled"), {"id": "d"}))
    found = await door.access_policies()
    assert [each.id for each in found] == ["a", "c"]
    assert [each.is_enforced for each in found] == [True, False]
    assert microsoft.asked[0].headers["prefer"] == "include-unknown-enum-members"


@pytest.mark.parametrize(
    ("grant", "grants"),
    [
        ({"builtInControls": ["block"]}, (Grant.BLOCK,)),
        ({"builtInControls": ["mfa", "passwordChange"]}, (Grant.MFA, Grant.PASSWORD_CHANGE)),
        ({"builtInControls": ["riskRemediation"]}, (Grant.REMEDIATION,)),
        ({"builtInControls": ["ofAFutureVersion", "compliantDevice"]}, (Grant.OTHER,)),
        ({"builtInControls": [], "authenticationStrength": {"id": "x"}}, (Grant.MFA,)),
        ({"builtInControls": ["block"], "termsOfUse": ["t"]}, (Grant.BLOCK, Grant.OTHER)),
        (None, ()),
    ],
)
async def test_what_a_policy_demands_is_read_from_its_controls(microsoft, door, grant, grants):
    microsoft.will(page(policy("a", grant=grant)))
    (found,) = await door.access_policies()
    assert found.grants == grants


async def test_the_scope_of_a_policy_is_read_with_the_newer_word_for_guests(microsoft, door):
    users = {
        "includeUsers": [],
        "excludeUsers": ["u1"],
        "includeGroups": ["g1"],
        "excludeGroups": None,
        "includeRoles": ["r1"],
        "includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"},
    }
    microsoft.will(page(policy("a", users=users)))
    (found,) = await door.access_policies()
    assert (found.include_users, found.exclude_users) == (("GuestsOrExternalUsers",), ("u1",))
    assert (found.include_groups, found.exclude_groups, found.include_roles) == (("g1",), (), ("r1",))


async def test_policies_that_may_not_be_read_say_which_permission_they_need(microsoft, door):
    microsoft.otherwise = error(403, "AccessDenied")
    with pytest.raises(GraphError, match=r"needs Policy\.Read\.All"):
        await door.access_policies()
