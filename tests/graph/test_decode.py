"""What Graph writes is read as it is; what can't be used is dropped and counted; what is no JSON is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.graph import decode
from bot.graph.entries import UnreadableError, count
from bot.watch.registration import Registered

DETECTION = {
    "id": "d1",
    "userId": "u1",
    "userPrincipalName": "ann@contoso.example",
    "userDisplayName": "Ann",
    "riskEventType": "leakedCredentials",
    "riskLevel": "high",
    "riskState": "atRisk",
    "riskDetail": "none",
    "detectedDateTime": "2025-04-20T04:00:00.1234567Z",
    "lastUpdatedDateTime": "2025-04-20T04:00:01Z",
    "additionalInfo": '[{"Key":"x"}]',
    "location": {"city": None},
}

SCALARS = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.integers()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def page(*entries, **more):
    return json.dumps({"value": list(entries), **more}).encode()


def test_a_detection_is_read_whole_and_keeps_its_bytes():
    body = b'{"@odata.nextLink":"https://x/y","value":[ ' + json.dumps(DETECTION).encode() + b" ]}"
    listing = decode.detections(body)
    (found,) = listing.items
    assert (found.id, found.user_id, found.risk_event_type, found.risk_level) == (
        "d1",
        "u1",
        "leakedCredentials",
        "high",
    )
    assert found.detected_at == 1745121600_123456
    assert found.last_updated_text == "2025-04-20T04:00:01Z"
    assert json.loads(found.raw) == DETECTION
    assert listing.next_link == "https://x/y"
    assert listing.dropped == 0


def test_an_enum_value_that_nobody_knows_stays_as_it_came_and_counts_as_open():
    (found,) = decode.detections(page({**DETECTION, "riskState": "ofAFutureVersion"})).items
    assert found.risk_state == "ofAFutureVersion"
    assert found.is_open


def test_nulls_and_missing_properties_are_empty():
    bare = {"id": "d1", "userId": "u1", "detectedDateTime": "2025-04-20T04:00:00Z", "riskLevel": None}
    (found,) = decode.detections(page(bare)).items
    assert (found.user_principal_name, found.risk_level, found.risk_state) == ("", "", "")


@pytest.mark.parametrize(
    "broken",
    [
        {"id": None},
        {"id": ""},
        {"userId": None},
        {"detectedDateTime": None},
        {"detectedDateTime": "soon"},
        {"detectedDateTime": ["2025-04-20T04:00:00Z"]},
    ],
)
def test_an_entry_without_id_user_or_time_is_dropped_and_counted_and_the_page_stands(broken):
    listing = decode.detections(page(DETECTION, {**DETECTION, **broken}, {**DETECTION, "id": "d2"}))
    assert [found.id for found in listing.items] == ["d1", "d2"]
    assert listing.dropped == 1


def test_entries_that_are_no_objects_are_dropped_and_counted():
    assert decode.detections(page(None, "x", 3, [DETECTION], DETECTION)).dropped == 4


def test_odd_types_become_text_and_truth():
    (user,) = decode.risky_users(page({"id": 17, "riskLevel": 3, "isDeleted": "True", "isProcessing": 1})).items
    assert (user.user_id, user.risk_level, user.is_deleted, user.is_processing) == ("17", "3", True, False)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_page_that_was_cut_off_is_refused_wherever_it_was_cut(cut):
    with pytest.raises(UnreadableError):
        decode.detections(page(DETECTION)[:-cut])


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'{"value":null}', b'{"value":{}}', b"<html></html>", b'{"value":' + b"[" * 100_000],
)
def test_another_shape_is_refused(body):
    with pytest.raises(UnreadableError):
        decode.detections(body)


@pytest.mark.parametrize("name", [b"\\ud800", b"\xff\xfe", b"\\udc00\\ud800"])
def test_a_name_that_is_no_sound_text_costs_nobody_their_detection(name):
    body = json.dumps({"value": [{**DETECTION, "userDisplayName": "NAME"}, DETECTION]}).encode().replace(b"NAME", name)
    listing = decode.detections(b"\xef\xbb\xbf" + body)
    assert len(listing.items) == 2
    listing.items[0].user_display_name.encode()
    assert json.loads(listing.items[0].raw)["userId"] == "u1"


@given(JSON)
def test_no_value_in_any_property_breaks_the_page(value):
    entries = [{**DETECTION, name: value} for name in DETECTION]
    listing = decode.detections(page(*entries, DETECTION))
    assert len(listing.items) + listing.dropped == len(entries) + 1
    assert listing.items[-1].id == "d1"


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_unreadable(body):
    try:
        decode.risky_users(body)
    except UnreadableError:
        return
    assert b"value" in body


def test_one_risky_user_is_read_bare_and_in_a_collection_of_one():
    user = {"id": "u1", "riskState": "atRisk"}
    assert decode.risky_user(json.dumps(user).encode()) == decode.risky_user(page(user))
    with pytest.raises(UnreadableError):
        decode.risky_user(page(user, {"id": "u2"}))


def test_a_count_is_read_with_and_without_a_byte_order_mark():
    assert count(b"3000") == count(b"\xef\xbb\xbf3000") == 3000
    with pytest.raises(UnreadableError):
        count(b"many")


def test_a_federation_gives_the_addresses_that_it_has():
    body = page({"issuerUri": "http://sts.example/adfs", "passiveSignInUri": None, "metadataExchangeUri": "https://m"})
    assert decode.federations(body).items[0].addresses == ("http://sts.example/adfs", "https://m")


def test_who_lacks_the_passwordless_property_is_left_out_not_counted_as_no():
    body = page({"id": "a", "isPasswordlessCapable": True}, {"id": "b"}, {"id": "c", "isPasswordlessCapable": False})
    listing = decode.registrations(body)
    assert listing.items == (("a", Registered.PASSWORDLESS), ("c", Registered(0)))
    assert listing.dropped == 1
