"""Each bad variable is named with what is wrong and how to mend it, and no secret's value is told."""

import os
import re
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import SettingsError, is_loopback, parse_duration, read_settings, read_store_settings, read_tenants
from bot.settings.env_example import lines

BOT, APP, SECRET, GRAPH = "xoxb-geheim-1", "xapp-geheim-2", "geheim-3", "geheim-4"
GOOD = {
    "SLACK_BOT_TOKEN": BOT,
    "SLACK_APP_TOKEN": APP,
    "SLACK_CHANNEL": "C0123",
    "AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555",
}


@pytest.fixture
def environment(monkeypatch):
    """Only what the test sets."""
    for name in os.environ:
        if name.startswith(("COUNTERSIGN_", "SLACK_", "GRAPH_", "AZURE_")):
            monkeypatch.delenv(name)

    def put(**values):
        for name, value in (GOOD | values).items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    return put


def faults():
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert "geheim" not in str(refused.value)
    assert "geheim" not in repr(refused.value.faults)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return {fault.variable: fault.why for fault in refused.value.faults}


def test_the_least_that_is_needed_is_enough_and_the_rest_has_its_default(environment):
    environment()
    settings = read_settings()
    assert (settings.slack_mode, settings.graph_url) == ("socket", "https://graph.microsoft.com")
    assert (settings.requesters, settings.approvers, settings.approvals_needed) == ((), (), 1)
    assert (settings.request_ttl, settings.poll_interval, settings.resend_after) == (4 * 3600, 300, 120)
    assert (settings.identity_protection_rps, settings.http_port) == (1.0, 8090)
    assert settings.database.endswith("/data/countersign.sqlite3")
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_CHANNEL", "AZURE_TENANT_ID"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named_with_what_to_put_there(environment, name, value):
    environment(**{name: value})
    found = faults()
    assert list(found) == [name]
    assert found[name].startswith("is missing")
    assert len(found[name]) > 30


def test_all_that_is_missing_is_named_at_once(environment):
    environment(SLACK_BOT_TOKEN=None, SLACK_CHANNEL=None, AZURE_TENANT_ID=None)
    assert set(faults()) == {"SLACK_BOT_TOKEN", "SLACK_CHANNEL", "AZURE_TENANT_ID"}


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-geheim", "xoxb-"),
        ("SLACK_BOT_TOKEN", APP, "xoxb-"),
        ("SLACK_APP_TOKEN", BOT, "xapp-"),
        ("SLACK_CHANNEL", "#alerts", "id"),
        ("SLACK_CHANNEL", "c0123", "id"),
        ("SLACK_MODE", "websocket", "socket or http"),
        ("SLACK_API_URL", "slack.com/api", "https://"),
        ("SLACK_API_URL", "http://slack.com/api/", "unencrypted"),
        ("GRAPH_URL", "http://graph.microsoft.com", "unencrypted"),
        ("GRAPH_URL", "ftp://127.0.0.1", "https://"),
        ("GRAPH_URL", "https://geheim:geheim@graph.microsoft.com", "no user name"),
        ("GRAPH_URL", "https://", "URL"),
        ("GRAPH_URL", "http://[::1", "URL"),
        ("GRAPH_URL", "https://graph.microsoft.com:99999", "URL"),
        ("AZURE_TENANT_ID", "a/../b", "GUID"),
        ("COUNTERSIGN_REQUESTERS", "anna", "U..."),
        ("COUNTERSIGN_APPROVERS", "UBEN,@carol", "user-group"),
        ("COUNTERSIGN_APPROVERS", "<@UBEN>", "separated by commas"),
        ("COUNTERSIGN_APPROVALS_NEEDED", "0", "greater than or equal to 1"),
        ("COUNTERSIGN_APPROVALS_NEEDED", "-1", "greater than or equal to 1"),
        ("COUNTERSIGN_APPROVALS_NEEDED", "two", "integer"),
        ("COUNTERSIGN_REQUEST_TTL", "4", "30s, 5m or 4h"),
        ("COUNTERSIGN_REQUEST_TTL", "0s", "30s, 5m or 4h"),
        ("COUNTERSIGN_REQUEST_TTL", "-5m", "30s, 5m or 4h"),
        ("COUNTERSIGN_POLL_INTERVAL", "5 minutes", "30s, 5m or 4h"),
        ("COUNTERSIGN_RESEND_AFTER", "1.5h", "30s, 5m or 4h"),
        ("COUNTERSIGN_IDENTITY_PROTECTION_RPS", "0", "greater than 0"),
        ("COUNTERSIGN_IDENTITY_PROTECTION_RPS", "nan", "1000"),
        ("COUNTERSIGN_HTTP_PORT", "70000", "65535"),
        ("COUNTERSIGN_BREAK_GLASS_APPROVERS", "ben", "U..."),
        ("COUNTERSIGN_MATCHING_REQUIRED", "maybe", "yes or no"),
        ("COUNTERSIGN_CODES_REQUIRED", "unknown", "yes or no"),
        ("COUNTERSIGN_CANARY", "-1", "greater than or equal to 0"),
        ("COUNTERSIGN_PASSWORD_HASH_SYNC", "perhaps", "yes, no or unknown"),
        ("COUNTERSIGN_PASSWORD_WRITEBACK", "1", "yes, no or unknown"),
        ("COUNTERSIGN_TIME_ZONE", "Berlin", "Europe/Berlin"),
        ("COUNTERSIGN_PASSWORDS_ARE_RANDOM", "some", "yes or no"),
        ("COUNTERSIGN_LAST_LEAK", "30.11.2024", "2024-11-30"),
        ("COUNTERSIGN_LAST_LEAK", "9999-12-31", "2024-11-30"),
        ("COUNTERSIGN_BREACH_KEY", "geheim mit Leerzeichen", "Copy it anew"),
        ("COUNTERSIGN_BREACH_KEY", "geheim\nx: y", "Copy it anew"),
        ("COUNTERSIGN_BREACH_URL", "http://haveibeenpwned.com", "unencrypted"),
        ("COUNTERSIGN_BREACH_PER_MINUTE", "0", "greater than or equal to 1"),
        ("COUNTERSIGN_IDENTITY_PROVIDERS", "contoso.com", "domain=provider"),
        ("COUNTERSIGN_IDENTITY_PROVIDERS", "contoso=Okta", "domain=provider"),
    ],
)
def test_a_wrong_variable_is_named_with_its_fault_and_the_mend(environment, name, value, mend):
    environment(**{name: value})
    found = faults()
    assert list(found) == [name]
    assert mend in found[name]


@pytest.mark.parametrize(
    "url", ["https://graph.microsoft.com", "https://graph.microsoft.us", "https://127.0.0.1.evil.example"]
)
def test_a_ready_token_is_refused_for_anything_but_loopback(environment, url):
    environment(GRAPH_ACCESS_TOKEN=GRAPH, GRAPH_URL=url)
    found = faults()
    assert list(found) == ["GRAPH_ACCESS_TOKEN"]
    assert "azure-identity" in found["GRAPH_ACCESS_TOKEN"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8800", "http://localhost:8800", "http://[::1]:8800", "https://127.9.9.9"]
)
def test_a_ready_token_is_taken_on_loopback(environment, url):
    environment(GRAPH_ACCESS_TOKEN=GRAPH, GRAPH_URL=url)
    settings = read_settings()
    assert settings.graph_access_token.get_secret_value() == GRAPH
    assert "geheim" not in repr(settings)


def test_http_mode_needs_the_signing_secret_and_no_app_token(environment):
    environment(SLACK_MODE="http", SLACK_APP_TOKEN=None)
    assert list(faults()) == ["SLACK_SIGNING_SECRET"]
    environment(SLACK_MODE="http", SLACK_APP_TOKEN=None, SLACK_SIGNING_SECRET=SECRET)
    assert read_settings().slack_signing_secret.get_secret_value() == SECRET


def test_what_the_team_says_of_its_tenant_is_read(environment):
    environment(
        COUNTERSIGN_IDENTITY_PROVIDERS="Contoso.com=Okta, fabrikam.com = AD FS",
        COUNTERSIGN_PASSWORD_HASH_SYNC="no",
        COUNTERSIGN_MATCHING_REQUIRED="no",
        COUNTERSIGN_EMERGENCY_ACCOUNTS="glass@contoso.example, 11111111-2222-3333-4444-555555555555",
        COUNTERSIGN_CANARY="0",
    )
    settings = read_settings()
    assert {domain: each.value for domain, each in settings.identity_providers.items()} == {
        "contoso.com": "Okta",
        "fabrikam.com": "AD FS",
    }
    assert (settings.password_hash_sync, settings.password_writeback) == (False, None)
    assert (settings.matching_required, settings.codes_required, settings.canary) == (False, False, 0)
    assert settings.emergency_accounts == ("glass@contoso.example", "11111111-2222-3333-4444-555555555555")


def test_staged_rollout_is_stated_by_the_object_ids_of_its_groups(environment):
    first, second = "AAAAAAAA-2222-3333-4444-555555555555", "bbbbbbbb-2222-3333-4444-555555555555"
    environment(COUNTERSIGN_STAGED_ROLLOUT=f"{first}, {second},{first.lower()}")
    (tenant,) = read_tenants(read_settings())
    assert tenant.settings.staged_rollout == (first.lower(), second)
    assert tenant.tenant_facts.staged_rollout == {first.lower(), second}
    environment(COUNTERSIGN_STAGED_ROLLOUT="Finance pilots")
    assert "no object id" in faults()["COUNTERSIGN_STAGED_ROLLOUT"]


def test_nothing_is_rolled_out_and_no_service_is_singled_out_unless_it_is_stated(environment):
    environment()
    (tenant,) = read_tenants(read_settings())
    assert (tenant.tenant_facts.staged_rollout, tenant.tenant_facts.entra_service) == (frozenset(), "")


def test_no_breach_service_is_asked_unless_there_is_a_key(environment):
    environment()
    (tenant,) = read_tenants(read_settings())
    assert (tenant.breach_key, tenant.tenant_facts.asks_breach_service) == ("", False)
    environment(COUNTERSIGN_BREACH_KEY="geheim-5")
    settings = read_settings()
    (tenant,) = read_tenants(settings)
    assert (tenant.breach_key, tenant.tenant_facts.asks_breach_service) == ("geheim-5", True)
    assert (settings.breach_url, settings.breach_per_minute) == ("https://haveibeenpwned.com", 10)
    assert "geheim" not in repr(tenant)


def test_a_leak_is_known_by_its_day_which_ends_at_midnight_utc(environment):
    environment(COUNTERSIGN_LAST_LEAK="2024-11-30", COUNTERSIGN_PASSWORDS_ARE_RANDOM="yes")
    (tenant,) = read_tenants(read_settings())
    assert tenant.tenant_facts.last_leak_at == int(datetime(2024, 12, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert tenant.tenant_facts.passwords_are_random


def test_time_zones_are_known_where_the_system_has_none(environment):
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        environment(COUNTERSIGN_TIME_ZONE="Europe/Berlin")
        assert read_settings().time_zone == "Europe/Berlin"
    finally:
        zoneinfo.reset_tzpath()


def test_the_example_says_that_addresses_leave_the_house():
    example = (Path(__file__).parents[1] / ".env.example").read_text()
    (said,) = re.findall(r"# (.*)\n#COUNTERSIGN_BREACH_KEY=\n", example)
    assert "leave the house" in said


def test_the_example_names_every_setting_as_the_settings_themselves_do():
    example = Path(__file__).parents[1] / ".env.example"
    assert example.read_text() == "\n".join(lines()) + "\n"


def test_lists_may_mix_people_and_groups_with_spaces_and_repetitions(environment):
    environment(COUNTERSIGN_REQUESTERS=" UANNA, SADMINS ,WBEN,UANNA,", COUNTERSIGN_APPROVERS="")
    settings = read_settings()
    assert settings.requesters == ("UANNA", "SADMINS", "WBEN")
    assert settings.approvers == ()


def test_the_commands_that_only_read_need_nothing_but_the_database(environment, monkeypatch, tmp_path):
    environment(**dict.fromkeys(GOOD))
    monkeypatch.setenv("COUNTERSIGN_DATA_DIR", str(tmp_path))
    assert read_store_settings().database == f"sqlite:///{tmp_path}/countersign.sqlite3"
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", "postgresql://countersign:geheim@db/countersign")
    settings = read_store_settings()
    assert settings.database == "postgresql://countersign:geheim@db/countersign"
    assert "geheim" not in repr(settings)


@given(st.integers(1, 10**6), st.sampled_from("smhd"))
def test_a_duration_is_a_number_and_a_unit(number, unit):
    assert parse_duration(f" {number}{unit} ") == number * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]


@given(st.text())
def test_any_other_text_is_no_duration_and_says_how_to_write_one(text):
    if not re.fullmatch(r"\s*\d+[smhd]\s*", text):
        with pytest.raises(ValueError, match="30s, 5m or 4h"):
            parse_duration(text)


@given(st.text())
def test_only_this_machine_is_loopback(host):
    try:
        found = is_loopback(f"http://{host}.example/")
    except ValueError:
        return
    assert not found


@pytest.mark.parametrize("name", ["SLACK_CHANNEL", "COUNTERSIGN_APPROVERS", "SLACK_MODE", "GRAPH_URL"])
def test_a_token_in_the_wrong_variable_is_not_told(environment, name):
    environment(**{name: "xoxb-geheim-1"})
    faults()
