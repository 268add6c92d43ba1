"""Shares and snapshots: counted once, and never guessed where the base is missing."""

from bot.watch.announcements import MicrosoftApp
from bot.watch.audits import Audit
from bot.watch.comparisons import (
    new_apps,
    passwordless_share,
    privileged_share,
    revocations_of,
    unsynchronised_share,
)
from bot.watch.facts import Known, Missing, NewApp, Share, Unasked
from bot.watch.privilege import GLOBAL_ADMINISTRATOR, Role, RoleReport
from bot.watch.profile import IdentityProvider, Profile, SignInKind
from bot.watch.registration import Registered, RegistrationReport

HOUR = 3_600_000_000
START = 1_000 * HOUR
ADMIN = (Role(GLOBAL_ADMINISTRATOR, "Global Administrator"),)
READER = (Role("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers"),)


def profile(name, kind):
    provider = IdentityProvider.OKTA if kind is SignInKind.FEDERATED else None
    return Profile(name, name, name, "", kind, provider, is_enabled=True, is_passwordless=None)


def revocation(number, *targets, by="", app="Some App", app_id="app", microsoft=None):
    return Audit(
        f"r{number}",
        START - number,
        "Update StsRefreshTokenValidFrom Timestamp",
        "",
        "success",
        by,
        app,
        app_id,
        "",
        targets,
        (),
        microsoft,
    )


def test_passwordless_users_are_compared_among_those_whom_the_report_has():
    report = RegistrationReport(
        [("ada", Registered.PASSWORDLESS), ("bob", Registered.MFA), ("cy", Registered.MFA), ("dee", Registered.MFA)]
    )
    told = passwordless_share(["ada", "bob", "bob", "lost"], report, read_at=7)
    assert told == Known(Share(1, 2, 0.25), 7)
    assert isinstance(passwordless_share(["lost"], report, read_at=7), Missing)
    assert isinstance(passwordless_share(["ada"], RegistrationReport([]), read_at=7), Missing)


def test_federated_users_are_compared_only_where_hashes_are_not_synchronised():
    found = {
        "ada": profile("ada", SignInKind.FEDERATED),
        "bob": profile("bob", SignInKind.HYBRID),
        "gus": profile("gus", SignInKind.GUEST),
        "odd": profile("odd", SignInKind.UNKNOWN),
    }

    def share(federated, sync):
        return unsynchronised_share(
            found, found, tenant_federated=federated, tenant_users=100, password_hash_sync=sync, read_at=7
        )

    assert share(20, False) == Known(Share(1, 2, 0.2), 7)
    assert isinstance(share(20, None), Missing)
    assert isinstance(share(None, False), Missing)
    assert isinstance(share(20, True), Unasked)
    assert isinstance(share(0, None), Unasked)


def test_privileged_users_are_those_with_a_role_that_gives_power():
    report = RoleReport({"ada": ADMIN, "bob": READER, "cy": ADMIN})
    assert privileged_share(["ada", "bob", "ada"], report, tenant_users=100, read_at=7) == Known(Share(1, 2, 0.02), 7)
    assert isinstance(privileged_share(["ada"], report, tenant_users=None, read_at=7), Missing)


def test_an_app_that_a_later_snapshot_has_came_in_between():
    old, new = MicrosoftApp("1", "old-app", "Old"), MicrosoftApp("2", "new-app", "New")
    told = new_apps(
        [(START + HOUR, [old, new]), (START - HOUR, [old])],
        window_start=START,
        in_tenants={"new-app": 2}.get,
    )
    assert told == Known((NewApp("new-app", "New", START - HOUR, START + HOUR, 2),), START + HOUR)


def test_without_a_snapshot_from_before_the_surge_no_app_is_called_new():
    app = MicrosoftApp("1", "app", "App")
    assert isinstance(new_apps([], window_start=START), Missing)
    assert isinstance(new_apps([(START - 1, [app])], window_start=START), Missing)
    assert isinstance(new_apps([(START + 1, []), (START + 2, [app])], window_start=START), Missing)


def test_an_app_that_was_removed_and_came_back_is_named_once():
    app = MicrosoftApp("1", "app", "App")
    told = new_apps([(1, []), (2, [app]), (3, []), (4, [app])], window_start=START)
    assert isinstance(told, Known)
    assert len(told.value) == 1


def test_only_what_microsofts_own_apps_revoked_counts_as_a_revocation_by_microsoft():
    audits = [
        revocation(1, "ada", "bob", microsoft=True),
        revocation(2, "bob", microsoft=True),
        revocation(3, "cy", app_id="known"),
        revocation(4, "dee", by="helen", app=""),
        revocation(5, "eve", microsoft=False),
        revocation(6, "fay"),
    ]
    told = revocations_of(audits, ["ada", "cy", "fay"], microsoft_apps={"known"})
    assert (told.users, told.flagged, told.app, told.undecided) == (3, 2, "Some App", 1)
    assert revocations_of([], ["ada"]).users == 0
