"""Whatever stands in a property, the page is read, and what can't be used is counted."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.graph import decode, decode_directory, decode_logs
from bot.graph.entries import UnreadableError
from tests.graph.test_decode import JSON

WHEN = "2025-04-20T04:00:00Z"
SOUND = {
    decode.users: {
        "id": "x",
        "userPrincipalName": "a@b.example",
        "createdDateTime": WHEN,
        "lastPasswordChangeDateTime": WHEN,
        "department": "Sales",
    },
    decode.registrations: {"id": "x", "isPasswordlessCapable": True, "methodsRegistered": ["fido2"], "isAdmin": False},
    decode_directory.changes: {"id": "x", "@removed": {"reason": "changed"}},
    decode_directory.role_definitions: {"id": "x", "templateId": "x", "displayName": "A role"},
    decode_directory.role_assignments: {
        "principalId": "p",
        "roleDefinitionId": "x",
        "principal": {"id": "p", "@odata.type": "#microsoft.graph.user"},
    },
    decode_directory.user_members: {"id": "x", "@odata.type": "#microsoft.graph.user"},
    decode_directory.accounts: {
        "id": "x",
        "accountEnabled": True,
        "signInSessionsValidFromDateTime": WHEN,
        "passwordProfile": {"forceChangePasswordNextSignIn": True},
    },
    decode_directory.apps: {"id": "x", "appId": "a", "displayName": "An app"},
    decode_directory.password_hash_syncs: {"features": {"passwordSyncEnabled": True}},
    decode_directory.rollouts: {
        "feature": "passwordHashSync",
        "isEnabled": True,
        "appliesTo": [{"@odata.type": "#microsoft.graph.group", "id": "g"}],
    },
    decode_directory.plans: {"assignedPlans": [{"servicePlanId": "p", "capabilityStatus": "Enabled"}]},
    decode_logs.sign_ins: {
        "id": "x",
        "userId": "u",
        "createdDateTime": WHEN,
        "status": {"errorCode": 53003},
        "location": {"countryOrRegion": "NO"},
        "appliedConditionalAccessPolicies": [{"displayName": "P", "result": "failure"}],
    },
    decode_logs.audits: {
        "id": "x",
        "activityDateTime": WHEN,
        "initiatedBy": {"app": {"displayName": "An app"}},
        "targetResources": [{"id": "t", "displayName": "T"}],
    },
    decode_logs.announcements: {
        "id": "x",
        "startDateTime": WHEN,
        "services": ["Microsoft Entra"],
        "body": {"content": "<p>Text</p>"},
        "posts": [{"description": {"content": "more"}}],
    },
    decode_logs.access_policies: {
        "id": "x",
        "conditions": {"userRiskLevels": ["high"], "users": {"includeUsers": ["All"]}},
        "grantControls": {"builtInControls": ["block"], "authenticationStrength": None},
    },
}
DECODERS = pytest.mark.parametrize("decoder", SOUND, ids=lambda decoder: decoder.__name__)


def page(*entries):
    return json.dumps({"value": list(entries)}).encode()


@DECODERS
@settings(max_examples=25, deadline=None)
@given(value=JSON)
def test_no_value_in_any_property_breaks_the_page_or_its_neighbours(decoder, value):
    sound = SOUND[decoder]
    whole = decoder(page(sound)).items
    assert len(whole) == 1
    entries = [{**sound, name: value} for name in sound]
    listing = decoder(page(*entries, sound))
    assert len(listing.items) + listing.dropped == len(entries) + 1
    assert listing.items[-1] == whole[0]


@DECODERS
@settings(max_examples=25, deadline=None)
@given(value=JSON)
def test_no_value_one_level_below_breaks_the_page_either(decoder, value):
    sound = SOUND[decoder]
    entries = [
        {**sound, name: {**inner, key: value}}
        for name, inner in sound.items()
        if isinstance(inner, dict)
        for key in inner
    ]
    entries += [{**sound, name: [value]} for name, inner in sound.items() if isinstance(inner, list)]
    listing = decoder(page(*entries, sound))
    assert len(listing.items) + listing.dropped == len(entries) + 1


@DECODERS
@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_unreadable(decoder, body):
    try:
        decoder(body)
    except UnreadableError:
        return
    assert b"value" in body


@DECODERS
def test_a_page_that_was_cut_off_is_refused(decoder):
    body = page(SOUND[decoder])
    for cut in range(1, len(body) - 10, 7):
        with pytest.raises(UnreadableError):
            decoder(body[:-cut])


def test_an_account_shows_either_of_the_two_demands():
    names = ("forceChangePasswordNextSignIn", "forceChangePasswordNextSignInWithMfa")
    for name, other in (names, names[::-1]):
        (found,) = decode_directory.accounts(page({"id": "x", "passwordProfile": {name: True, other: False}})).items
        assert found.must_change_password is True
    (found,) = decode_directory.accounts(page({"id": "x", "passwordProfile": dict.fromkeys(names, False)})).items
    assert found.must_change_password is False
