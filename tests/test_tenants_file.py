"""More tenants than one, the policy table, and people: from TOML, each fault named with the mend."""

import os
from datetime import UTC, datetime

import pytest

from bot.decide.people import ListedPerson
from bot.decide.quorum import Quorum, Quorums
from bot.settings import SettingsError, read_settings, read_tenants
from bot.watch.profile import IdentityProvider
from bot.watch.weights import Weights

ONE, TWO = "11111111-2222-3333-4444-555555555555", "22222222-2222-3333-4444-555555555555"
TENANT = f'[[tenants]]\nid = "{ONE}"\nchannel = "C0ONE"\n'


@pytest.fixture
def environment(monkeypatch):
    for name in os.environ:
        if name.startswith(("COUNTERSIGN_", "SLACK_", "GRAPH_", "AZURE_")):
            monkeypatch.delenv(name)

    def put(**values):
        for name, value in ({"SLACK_BOT_TOKEN": "xoxb-geheim", "SLACK_APP_TOKEN": "xapp-geheim"} | values).items():
            monkeypatch.setenv(name, value)

    return put


@pytest.fixture
def tenants(environment, tmp_path):
    def read(toml, **values):
        path = tmp_path / "tenants.toml"
        path.write_text(toml)
        environment(COUNTERSIGN_TENANTS_FILE=str(path), **values)
        return read_tenants(read_settings())

    return read


@pytest.fixture
def faults(tenants):
    def read(toml, **values):
        with pytest.raises(SettingsError) as refused:
            tenants(toml, **values)
        assert "geheim" not in str(refused.value)
        return [f"{fault.variable}: {fault.why}" for fault in refused.value.faults]

    return read


def test_it_replaces_the_single_tenant_of_the_environment(tenants):
    found = tenants(TENANT + f'[[tenants]]\nid = "{TWO}"\nchannel = "C0TWO"\nname = "Fabrikam"\n')
    assert [(each.settings.azure_tenant_id, each.settings.slack_channel) for each in found] == [
        (ONE, "C0ONE"),
        (TWO, "C0TWO"),
    ]
    assert found[1].tenant_facts.name == "Fabrikam"


def test_what_an_entry_leaves_out_comes_from_the_environment_and_what_it_says_counts(tenants):
    (found,) = tenants(
        TENANT + 'approvers = ["UBEN", "UCARA"]\nrequest_ttl = "2h"\n',
        COUNTERSIGN_APPROVERS="UEVE,UFAY",
        COUNTERSIGN_REQUESTERS="UANNA",
        COUNTERSIGN_CANARY="3",
    )
    policy = found.policy
    assert (policy.requesters, policy.approvers, policy.canary) == (("UANNA",), ("UBEN", "UCARA"), 3)
    assert policy.request_lifetime == 2 * 3600 * 1_000_000


def test_every_setting_of_a_tenant_reaches_its_policy_and_its_circumstances(tenants):
    (found,) = tenants(
        TENANT
        + """
requesters = ["UANNA"]
approvers = ["UBEN", "UCARA"]
break_glass_approvers = ["UGLASS", "UGRETA"]
approvals_needed = 2
signer_roles = ["Security Administrator"]
matching_required = false
codes_required = true
emergency_accounts = ["glass@contoso.example"]
identity_providers = { "Contoso.com" = "okta" }
password_hash_sync = "no"
password_writeback = true
staged_rollout = ["AAAAAAAA-2222-3333-4444-555555555555"]
time_zone = "Europe/Berlin"
entra_service = "Entra"
passwords_are_random = true
last_leak = 2024-11-30
management_tool = "Some RMM"
breach_key = "geheim"
[tenants.policy]
tiers = [["UBEN"], ["UCARA"]]
people = [{ slack = "UBEN", name = "Ben", accounts = ["ben@contoso.example"] }]
weights = { advisory_named = 10 }
quorum = { false-alarm = 2, attack = { approvals = 3, break_glass = 2 } }
"""
    )
    policy, told = found.policy, found.tenant_facts
    assert (policy.break_glass, policy.approvals_needed) == (("UGLASS", "UGRETA"), 2)
    assert (policy.matching_required, policy.codes_required) == (False, True)
    assert (policy.signer_roles, policy.emergency_accounts) == (("Security Administrator",), ("glass@contoso.example",))
    assert policy.tiers == (("UBEN",), ("UCARA",))
    assert policy.people == (ListedPerson(("UBEN",), "Ben", ("ben@contoso.example",)),)
    assert policy.quorums == Quorums(false_alarm=Quorum(2), attack=Quorum(3, break_glass=2))
    assert told.identity_providers == {"contoso.com": IdentityProvider.OKTA}
    assert (told.password_hash_sync, told.password_writeback) == (False, True)
    assert told.staged_rollout == {"aaaaaaaa-2222-3333-4444-555555555555"}
    assert (told.time_zone, told.entra_service) == ("Europe/Berlin", "Entra")
    assert told.weights == Weights(advisory_named=10.0)
    assert (told.passwords_are_random, told.asks_breach_service) == (True, True)
    assert told.last_leak_at == int(datetime(2024, 12, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert told.management_tools == {ONE: "Some RMM"}


def test_each_tenant_knows_what_manages_the_others_so_that_they_dont_confirm_one_another(tenants):
    second = f'[[tenants]]\nid = "{TWO}"\nchannel = "C0TWO"\nmanagement_tool = "Some RMM"\n'
    found = tenants(TENANT + second)
    assert [each.tenant_facts.management_tools for each in found] == [{ONE: "", TWO: "Some RMM"}] * 2


def test_a_tenant_may_keep_its_addresses_in_the_house_where_others_ask_a_breach_service(tenants):
    found = tenants(
        TENANT + f'breach_key = ""\n[[tenants]]\nid = "{TWO}"\nchannel = "C0TWO"\n', COUNTERSIGN_BREACH_KEY="geheim"
    )
    assert [each.breach_key for each in found] == ["", "geheim"]
    assert [each.tenant_facts.asks_breach_service for each in found] == [False, True]


def test_a_policy_for_all_counts_where_an_entry_has_none_of_its_own(tenants):
    second = f'[[tenants]]\nid = "{TWO}"\nchannel = "C0TWO"\n[tenants.policy]\nquorum = {{ not_known = 4 }}\n'
    found = tenants("[policy]\nquorum = { not_known = 3 }\n" + TENANT + second)
    assert [each.quorums.not_known for each in found] == [Quorum(3), Quorum(4)]


@pytest.mark.parametrize(
    ("toml", "mend"),
    [
        ("", "[[tenants]]"),
        ("tenants = 1", "[[tenants]]"),
        ("tenants = [1]", "[[tenants]]"),
        ("tenants = [", "no TOML"),
        ("[other]\n" + TENANT, "'other'"),
        ('[[tenants]]\nchannel = "C0ONE"', "tenant 1: id: is missing"),
        (f'[[tenants]]\nid = "{ONE}"', "tenant 1: channel: is missing"),
        (TENANT + TENANT, "twice"),
        (TENANT + "colour = 1", "'colour' is not known"),
        (TENANT + 'approvers = ["ben"]', "tenant 1: approvers: 'ben' is no Slack id"),
        (TENANT + "matching_required = [1]", "yes or no"),
        (TENANT + 'request_ttl = "4"', "30s, 5m or 4h"),
        (TENANT + "request_ttl = 0", "30s, 5m or 4h"),
        (TENANT + 'time_zone = "Mars/Base"', "Europe/Berlin"),
        (TENANT + 'last_leak = "yesterday"', "2024-11-30"),
        (TENANT + 'breach_url = "http://haveibeenpwned.com"', "unencrypted"),
        (TENANT + 'identity_providers = "contoso.com=Myspace"', "AD FS, Okta, Ping or other"),
        (TENANT + 'access_token = "geheim"', "tenant 1: access_token: is only for a GRAPH_URL on a loopback address"),
        (TENANT + 'people_file = "/nowhere/people.toml"', "people_file: /nowhere/people.toml can't be read"),
        ("policy = 1\n" + TENANT, "[policy]"),
        (TENANT + "[tenants.policy]\ncolour = 1", "quorum, people, tiers or weights"),
        (TENANT + "[tenants.policy]\nquorum = 1", "quorum is not right"),
        (TENANT + "[tenants.policy.quorum]\nmaybe = 1", "'maybe' is not known"),
        (TENANT + "[tenants.policy.quorum]\nattack = 0", "at least one signature"),
        (TENANT + "[tenants.policy.quorum]\nattack = true", "approvals = 2"),
        (TENANT + "[tenants.policy.quorum]\nattack = {approvals = 1, break_glass = 2}", "more break-glass"),
        (TENANT + "[tenants.policy]\ntiers = [['UBEN']]", "not among the approvers"),
        (TENANT + "[tenants.policy.weights]\nluck = 1", "no weight 'luck'"),
        (TENANT + "[tenants.policy]\npeople = [1]", "[[people]]"),
        (TENANT + "[tenants.policy]\npeople = [{slack = 'UBEN'}]", "accounts names none"),
        (TENANT + "[tenants.policy]\npeople = [{slack = 'SADMINS', accounts = ['a']}]", "slack names nobody"),
    ],
)
def test_each_fault_is_named_with_its_mend(faults, toml, mend):
    (found,) = faults(toml)
    assert found.startswith("COUNTERSIGN_TENANTS_FILE: ")
    assert mend in found


def test_all_entries_that_are_wrong_are_named_at_once(faults):
    assert len(faults(TENANT.replace("C0ONE", "one") + f'[[tenants]]\nid = "{TWO}"\nchannel = "#two"\n')) == 2


def test_a_ready_token_is_taken_where_graph_is_on_loopback(tenants):
    (found,) = tenants(TENANT + 'access_token = "geheim"\ngraph_url = "http://127.0.0.1:9"\n')
    assert found.settings.graph_access_token.get_secret_value() == "geheim"
    assert "geheim" not in repr(found)


def test_a_file_that_is_not_there_is_named(environment):
    environment(COUNTERSIGN_TENANTS_FILE="/nowhere/tenants.toml")
    with pytest.raises(SettingsError) as refused:
        read_settings()
    (fault,) = refused.value.faults
    assert (fault.variable, "can't be read" in fault.why) == ("COUNTERSIGN_TENANTS_FILE", True)


# The people file, and policies under which nothing could be signed.

SINGLE = {"AZURE_TENANT_ID": ONE, "SLACK_CHANNEL": "C0ONE"}


@pytest.fixture
def people(environment, tmp_path):
    def read(toml):
        path = tmp_path / "people.toml"
        path.write_text(toml)
        environment(**SINGLE, COUNTERSIGN_PEOPLE_FILE=str(path))
        return read_tenants(read_settings())[0].policy.people

    return read


def test_the_people_file_links_slack_ids_to_all_accounts_of_a_person(people):
    found = people('[[people]]\nslack = ["UBEN", "WBEN"]\nname = "Ben"\naccounts = ["a@b.example", "x"]\n')
    assert found == (ListedPerson(("UBEN", "WBEN"), "Ben", ("a@b.example", "x")),)


@pytest.mark.parametrize(
    ("toml", "mend"),
    [
        ("people = 1", "[[people]]"),
        ("persons = []", "'persons' is not known"),
        ('[[people]]\nslack = "ben"\naccounts = ["a"]', "person 1: 'ben' is no Slack id"),
        ('[[people]]\naccounts = ["a"]', "slack names nobody"),
        ('[[people]]\nslack = "UBEN"\naccounts = [""]', "accounts names none"),
        ('[[people]]\nslack = "UBEN"\naccounts = "a"', "accounts names none"),
        ('[[people]]\nslack = "UBEN"\naccounts = ["a"]\nmail = 1', "'mail' is not known"),
        (
            '[[people]]\nslack = "UBEN"\naccounts = ["a@b"]\n[[people]]\nslack = "UEVE"\naccounts = ["A@b"]',
            "stands with two people",
        ),
        (
            '[[people]]\nslack = "UBEN"\naccounts = ["a"]\n[[people]]\nslack = "UBEN"\naccounts = ["b"]',
            "UBEN stands with two people",
        ),
    ],
)
def test_what_is_wrong_with_the_people_file_is_named_with_its_mend(people, toml, mend):
    with pytest.raises(SettingsError) as refused:
        people(toml)
    (fault,) = refused.value.faults
    assert (fault.variable, mend in fault.why) == ("COUNTERSIGN_PEOPLE_FILE", True)


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({"COUNTERSIGN_REQUESTERS": "UANNA", "COUNTERSIGN_APPROVERS": "UANNA"}, "COUNTERSIGN_APPROVERS"),
        (
            {
                "COUNTERSIGN_REQUESTERS": "UANNA",
                "COUNTERSIGN_APPROVERS": "UANNA,UBEN",
                "COUNTERSIGN_APPROVALS_NEEDED": "2",
            },
            "COUNTERSIGN_APPROVERS",
        ),
        ({"COUNTERSIGN_BREAK_GLASS_APPROVERS": "UGLASS"}, "COUNTERSIGN_BREAK_GLASS_APPROVERS"),
        ({"COUNTERSIGN_APPROVALS_NEEDED": "0"}, "COUNTERSIGN_APPROVALS_NEEDED"),
    ],
)
def test_a_policy_under_which_nothing_could_ever_be_signed_is_refused(environment, values, variable):
    environment(**SINGLE, **values)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert [fault.variable for fault in refused.value.faults] == [variable]


@pytest.mark.parametrize(
    "values",
    [
        {"COUNTERSIGN_REQUESTERS": "UANNA", "COUNTERSIGN_APPROVERS": "UANNA,UBEN"},
        {"COUNTERSIGN_REQUESTERS": "UANNA,UBEN", "COUNTERSIGN_APPROVERS": "UANNA"},
        {"COUNTERSIGN_REQUESTERS": "UANNA", "COUNTERSIGN_APPROVERS": "SADMINS", "COUNTERSIGN_APPROVALS_NEEDED": "3"},
        {"COUNTERSIGN_BREAK_GLASS_APPROVERS": "SGLASS"},
        {},
    ],
)
def test_a_policy_that_may_work_is_taken(environment, values):
    environment(**SINGLE, **values)
    assert read_settings().azure_tenant_id == ONE
