"""What was seen: watches, detections, risky users, profiles."""

from dataclasses import replace

import pytest

from bot.store.watches import Watch
from bot.watch.detector import Flag
from bot.watch.profile import IdentityProvider, SignInKind
from tests.values import HOUR, LEAKED, NOW, START, TENANT, detection, profile, risky


def test_a_watch_that_was_never_kept_is_a_new_one(transact):
    assert transact(lambda tx: tx.watches.watch_of(TENANT)) == Watch(TENANT)


def test_a_watch_comes_back_as_it_was_kept_each_tenants_its_own(transact):
    kept = Watch(TENANT, NOW, NOW - 1, 7, NOW - 2, 3_000, NOW - 3, NOW - 4, "no token")
    transact(
        lambda tx: [
            tx.watches.keep_watch(Watch(TENANT, 1)),
            tx.watches.keep_watch(kept),
            tx.watches.keep_watch(Watch("other", 5)),
        ]
    )
    assert transact(lambda tx: tx.watches.watch_of(TENANT)) == kept
    assert transact(lambda tx: tx.watches.watch_of("other")) == Watch("other", 5)


def test_only_a_detection_that_is_new_gives_a_flag(transact):
    ada, bob = detection("ada"), detection("bob")
    assert transact(lambda tx: tx.detections.keep_detections(TENANT, [ada], NOW)) == (
        Flag(ada.id, "ada", LEAKED, ada.detected_at, NOW),
    )
    again = transact(lambda tx: tx.detections.keep_detections(TENANT, [ada, bob, bob], NOW + 1))
    assert [flag.user_id for flag in again] == ["bob"]
    assert len(transact(lambda tx: tx.detections.keep_detections("other", [ada], NOW))) == 1


def test_a_known_detection_follows_its_state_but_never_moves_in_time(transact):
    first = detection("ada", name="one")
    moved = replace(first, risk_state="dismissed", detected_at=first.detected_at + HOUR, user_id="eve", raw=b"{}")
    transact(
        lambda tx: [
            tx.detections.keep_detections(TENANT, [first], NOW),
            tx.detections.keep_detections(TENANT, [moved], NOW + HOUR),
        ]
    )
    assert transact(lambda tx: tx.detections.detections_of(TENANT, ["ada", "eve"], 0)) == (
        replace(first, risk_state="dismissed", raw=b""),
    )
    assert transact(lambda tx: tx.detections.flags_since(TENANT, 0)) == (
        Flag("one", "ada", LEAKED, first.detected_at, NOW),
    )


def test_flags_and_detections_are_given_from_a_time_on(transact):
    early, late = detection("ada", at=START), detection("ada", at=START + 1)
    transact(lambda tx: tx.detections.keep_detections(TENANT, [early, late], NOW))
    for since, found in ((START, 2), (START + 1, 1), (START + 2, 0)):
        assert len(transact(lambda tx, since=since: tx.detections.flags_since(TENANT, since))) == found
        assert len(transact(lambda tx, since=since: tx.detections.detections_of(TENANT, ["ada"], since))) == found


def test_another_tenants_detections_are_never_given(transact):
    transact(lambda tx: tx.detections.keep_detections("other", [detection("ada")], NOW))
    assert transact(lambda tx: tx.detections.detections_of(TENANT, ["ada"], 0)) == ()
    assert transact(lambda tx: tx.detections.flags_since(TENANT, 0)) == ()
    assert transact(lambda tx: tx.detections.users_with_open(TENANT, ["ada"])) == frozenset()


def test_users_with_an_open_detection_are_found_unknown_states_among_them(transact):
    found = [
        detection("ada"),
        detection("bob", state="dismissed"),
        detection("cy", state="unheardOf"),
        detection("dee", state="dismissed"),
        detection("dee", kind="anomalousToken"),
    ]
    transact(lambda tx: tx.detections.keep_detections(TENANT, found, NOW))
    asked = ["ada", "bob", "cy", "nobody", "dee"]
    assert transact(lambda tx: tx.detections.users_with_open(TENANT, asked)) == {"ada", "cy", "dee"}
    assert transact(lambda tx: tx.detections.users_with_open(TENANT, [])) == frozenset()


def test_twenty_thousand_detections_are_kept_and_found_by_their_users(transact):
    users = [f"user{number:05}" for number in range(20_000)]
    transact(lambda tx: tx.detections.keep_detections(TENANT, map(detection, users), NOW))
    assert len(transact(lambda tx: tx.detections.detections_of(TENANT, users, 0))) == 20_000
    assert transact(lambda tx: tx.detections.keep_detections(TENANT, map(detection, users), NOW)) == ()


def test_an_older_reading_never_overwrites_a_newer_one(transact):
    newer, older = risky("ada", state="confirmedSafe"), risky("ada")
    transact(
        lambda tx: [tx.directory.keep_risky(TENANT, [newer], NOW), tx.directory.keep_risky(TENANT, [older], NOW - 1)]
    )
    assert transact(lambda tx: tx.directory.risky_users(TENANT, ["ada"])) == {"ada": newer}
    transact(lambda tx: tx.directory.keep_risky(TENANT, [older], NOW))
    assert transact(lambda tx: tx.directory.risky_users(TENANT, ["ada", "bob"])) == {"ada": older}


@pytest.mark.parametrize(
    "kept",
    [
        profile("ada", SignInKind.FEDERATED, provider=IdentityProvider.AD_FS, enabled=None, passwordless=None),
        profile("ada", SignInKind.GUEST, enabled=False, passwordless=True),
    ],
)
def test_a_profile_comes_back_as_it_was_kept_with_what_is_not_known(transact, kept):
    transact(lambda tx: tx.directory.keep_profiles(TENANT, [profile("ada"), profile("bob")], NOW - 1))
    transact(lambda tx: tx.directory.keep_profiles(TENANT, [kept], NOW))
    assert transact(lambda tx: tx.directory.profiles_of(TENANT, ["ada"])) == {"ada": kept}
    assert transact(lambda tx: tx.directory.profiles_of("other", ["ada"])) == {}
