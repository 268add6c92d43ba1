"""countersign doctor, as a process: each thing that may be wrong is said with its mend, and the mend makes it right."""

import base64
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bot.decide.codes import Enrolment, new_secret
from bot.operations.doctor.microsoft import PERMISSIONS
from bot.ports.examination import TRIALS
from bot.store.database import Database
from bot.store.engine import open_engine
from bot.store.migrate import migrate
from bot.watch.permission import APP_ROLES, Need
from sim.breach import BreachServer
from sim.tenant import Limits, Tenant, TenantServer, User, april_2025
from sim.tenant.permissions import EVERYTHING
from sim.workspace import Workspace, WorkspaceServer, contoso
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS, MALLORY, SIGNERS
from tests.journeys.side_by_side import Stories
from tests.journeys.story import Said, quick, run_bot

pytestmark = pytest.mark.asyncio(loop_scope="module")
stories = Stories()

TENANT_ID = "3f1c0f2e-8f2b-4f5e-9a53-0c1d2e3f4a5b"
ABROAD = "00000000-8f2b-4f5e-9a53-0c1d2e3f4a5b"


def token(roles: set[str], tenant_id: str = TENANT_ID) -> str:
    """An access token as Entra issues them, but for the signature, which is Microsoft's to check."""
    claims = {"aud": "00000003-0000-0000-c000-000000000000", "tid": tenant_id, "roles": sorted(roles)}
    parts = ({"typ": "JWT", "alg": "RS256"}, claims)
    written = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*written, "supersecret"])


@dataclass
class House:
    """Tenant and workspace, and the environment in which the doctor is called."""

    tenant: Tenant
    workspace: Workspace
    graph: TenantServer
    slack: WorkspaceServer
    breach: BreachServer
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    async def doctor(self, *words: str) -> Said:
        return await run_bot(self.environment, "doctor", *words, patience=90)

    def use_token(self, text: str) -> None:
        """Graph takes it, and the bot has it."""
        self.graph.access_token = text
        self.graph._gateway._access_token = text
        self.environment["GRAPH_ACCESS_TOKEN"] = text

    def person(self, user_id: str, **changes: Any) -> None:
        self.workspace.people[user_id] = replace(self.workspace.people[user_id], **changes)

    def enrol(self, *user_ids: str) -> None:
        """As `countersign people enrol` leaves it."""
        engine = open_engine(f"sqlite:///{self.folder / 'data' / 'countersign.sqlite3'}")
        migrate(engine)
        database = Database(engine)
        for user_id in user_ids:
            database.transact_here(
                lambda tx, user_id=user_id: tx.codes.keep_enrolment(Enrolment(user_id, new_secret(), 0))
            )
        engine.dispose()

    def signers(self, *user_ids: str) -> None:
        self.workspace.groups[SIGNERS] = replace(self.workspace.groups[SIGNERS], members=user_ids)

    @property
    def channel(self) -> Any:
        return self.workspace.channels[IDENTITY_ALERTS]


async def house(folder: Path, stack: AsyncExitStack) -> House:
    tenant = april_2025(datetime.now(UTC), users=150)
    workspace = contoso()
    graph = TenantServer(tenant, Limits(scale=1000), access_token="supersecret-opaque")
    slack = WorkspaceServer(workspace, scale=60)
    await stack.enter_async_context(graph)
    await stack.enter_async_context(slack)
    breach = await stack.enter_async_context(BreachServer(key="supersecret-breach-key"))
    built = House(tenant, workspace, graph, slack, breach, folder)
    built.environment = {
        "PATH": os.environ["PATH"],
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": slack.api_url,
        "SLACK_CHANNEL": IDENTITY_ALERTS,
        "GRAPH_URL": graph.url,
        "GRAPH_ACCESS_TOKEN": "supersecret-opaque",
        "AZURE_TENANT_ID": TENANT_ID,
        "COUNTERSIGN_REQUESTERS": f"{ADA},{GRACE}",
        "COUNTERSIGN_APPROVERS": f"{ADA},{GRACE}",
        "COUNTERSIGN_IDENTITY_PROTECTION_RPS": "200",
        "COUNTERSIGN_DATA_DIR": str(folder / "data"),
    }
    return built


# What may be wrong: what happens before `yield` breaks it, what happens after is the mend.


Course = Iterator[None]
TRIED = {permission.value for permission in TRIALS}
WRITES = {permission.value for permission in PERMISSIONS} - TRIED
ESSENTIAL = {permission.value for permission in PERMISSIONS if APP_ROLES[permission].need is Need.ESSENTIAL}


def permissions_not_granted(house: House) -> Course:
    house.tenant.granted = {"Domain.Read.All"}
    yield
    house.tenant.granted = set(EVERYTHING)


def domains_not_readable(house: House) -> Course:
    house.tenant.granted -= {"Domain.Read.All", "Directory.Read.All"}
    yield
    house.tenant.granted |= {"Domain.Read.All", "Directory.Read.All"}


def permissions_not_in_the_token(house: House) -> Course:
    house.use_token(token({"Mail.Read"}))
    yield
    house.use_token(token(set(EVERYTHING)))


def no_p2(house: House) -> Course:
    house.tenant.licence = "P1"
    yield
    house.tenant.licence = "P2"


def no_licence_at_all(house: House) -> Course:
    house.tenant.licence = "free"
    yield
    house.tenant.licence = "P2"


def token_refused(house: House) -> Course:
    right = house.environment["GRAPH_ACCESS_TOKEN"]
    house.environment["GRAPH_ACCESS_TOKEN"] = "supersecret-but-wrong"
    yield
    house.environment["GRAPH_ACCESS_TOKEN"] = right


def token_of_another_tenant(house: House) -> Course:
    house.use_token(token(set(EVERYTHING), ABROAD))
    yield
    house.environment["AZURE_TENANT_ID"] = ABROAD


def graph_away(house: House) -> Course:
    right = house.environment["GRAPH_URL"]
    house.environment["GRAPH_URL"] = "http://127.0.0.1:9"
    yield
    house.environment["GRAPH_URL"] = right


def clock_a_little_wrong(house: House) -> Course:
    house.tenant.clock = lambda: datetime.now(UTC) + timedelta(seconds=120)
    yield
    house.tenant.clock = lambda: datetime.now(UTC)


def clock_very_wrong(house: House) -> Course:
    house.tenant.clock = lambda: datetime.now(UTC) - timedelta(minutes=10)
    yield
    house.tenant.clock = lambda: datetime.now(UTC)


def bot_token_refused(house: House) -> Course:
    right = house.environment["SLACK_BOT_TOKEN"]
    house.environment["SLACK_BOT_TOKEN"] = "xoxb-1-supersecret"
    yield
    house.environment["SLACK_BOT_TOKEN"] = right


def slack_away(house: House) -> Course:
    right = house.environment["SLACK_API_URL"]
    house.environment["SLACK_API_URL"] = "http://127.0.0.1:9/api/"
    yield
    house.environment["SLACK_API_URL"] = right


def scope_for_cards_missing(house: House) -> Course:
    house.workspace.scopes -= {"chat:write", "pins:write"}
    yield
    house.workspace.scopes |= {"chat:write", "pins:write"}


def scope_for_frills_missing(house: House) -> Course:
    house.workspace.scopes.discard("pins:write")
    yield
    house.workspace.scopes.add("pins:write")


def scope_for_groups_missing(house: House) -> Course:
    house.environment["COUNTERSIGN_APPROVERS"] = SIGNERS
    house.workspace.scopes.discard("usergroups:read")
    yield
    house.workspace.scopes.add("usergroups:read")


def app_token_refused(house: House) -> Course:
    right = house.environment["SLACK_APP_TOKEN"]
    house.environment["SLACK_APP_TOKEN"] = "xapp-1-supersecret"
    yield
    house.environment["SLACK_APP_TOKEN"] = right


def channel_unknown(house: House) -> Course:
    house.environment["SLACK_CHANNEL"] = "C0NOWHERE01"
    yield
    house.environment["SLACK_CHANNEL"] = IDENTITY_ALERTS


def channel_archived(house: House) -> Course:
    house.channel.is_archived = True
    yield
    house.channel.is_archived = False


def channel_shared_outside(house: House) -> Course:
    house.channel.is_ext_shared = True
    yield
    house.channel.is_ext_shared = False


def bot_not_in_its_channel(house: House) -> Course:
    house.channel.members.remove(house.workspace.bot_user_id)
    yield
    house.channel.members.append(house.workspace.bot_user_id)


def bot_not_in_its_private_channel(house: House) -> Course:
    house.channel.is_private = True
    house.channel.members.remove(house.workspace.bot_user_id)
    yield
    house.channel.members.append(house.workspace.bot_user_id)


def bot_not_in_its_channel_and_may_not_post(house: House) -> Course:
    house.channel.members.remove(house.workspace.bot_user_id)
    house.workspace.scopes.discard("chat:write.public")
    yield
    house.channel.members.append(house.workspace.bot_user_id)
    house.workspace.scopes.add("chat:write.public")


def nobody_may_sign(house: House) -> Course:
    del house.environment["COUNTERSIGN_APPROVERS"]
    yield
    house.environment["COUNTERSIGN_APPROVERS"] = GRACE


def only_the_requester_may_sign(house: House) -> Course:
    house.environment |= {"COUNTERSIGN_REQUESTERS": ADA, "COUNTERSIGN_APPROVERS": ADA}
    yield
    house.environment["COUNTERSIGN_APPROVERS"] = f"{ADA},{GRACE}"


def three_needed_and_two_there(house: House) -> Course:
    house.environment |= dict.fromkeys(("COUNTERSIGN_REQUESTERS", "COUNTERSIGN_APPROVERS"), SIGNERS)
    house.environment["COUNTERSIGN_APPROVALS_NEEDED"] = "2"
    yield
    house.signers(ADA, GRACE, MALLORY)


def nobody_for_the_worst_case(house: House) -> Course:
    yield
    house.environment["COUNTERSIGN_APPROVERS"] = f"{ADA},{GRACE},{MALLORY}"
    house.environment["COUNTERSIGN_BREAK_GLASS_APPROVERS"] = f"{GRACE},{MALLORY}"
    house.enrol(GRACE, MALLORY)


def break_glass_approvers_without_codes(house: House) -> Course:
    house.environment["COUNTERSIGN_BREAK_GLASS_APPROVERS"] = f"{GRACE},{MALLORY}"
    yield
    house.enrol(GRACE, MALLORY)


def nobody_has_the_code_that_each_signature_needs(house: House) -> Course:
    house.environment["COUNTERSIGN_CODES_REQUIRED"] = "yes"
    yield
    house.enrol(ADA, GRACE)


def approver_with_another_address(house: House) -> Course:
    house.person(GRACE, email="grace@elsewhere.example")
    yield
    listed = house.folder / "people.toml"
    listed.write_text(f'[[people]]\nslack = "{GRACE}"\nname = "Grace"\naccounts = ["grace@contoso.example"]\n')
    house.environment["COUNTERSIGN_PEOPLE_FILE"] = str(listed)


def approver_deactivated(house: House) -> Course:
    house.person(GRACE, deleted=True)
    yield
    house.environment["COUNTERSIGN_APPROVERS"] = f"{ADA},{MALLORY}"
    house.environment["COUNTERSIGN_REQUESTERS"] = ADA


def approver_a_guest(house: House) -> Course:
    house.person(GRACE, is_restricted=True)
    yield
    house.person(GRACE, is_restricted=False)


def approver_unknown_to_slack(house: House) -> Course:
    house.environment["COUNTERSIGN_APPROVERS"] = f"{ADA},U0GONE00001"
    yield
    house.environment["COUNTERSIGN_APPROVERS"] = f"{ADA},{GRACE}"


def approver_unknown_to_the_directory(house: House) -> Course:
    house.person(GRACE, email="grace@elsewhere.example")
    yield
    house.person(GRACE, email="grace@contoso.example")


def address_of_two_users(house: House) -> Course:
    twin = User("11111111-2222-4333-8444-555555555555", "g2@contoso.example", "Twin", 0, mail="grace@contoso.example")
    house.tenant.add_user(twin)
    yield
    house.tenant.remove_user(twin.id)


def one_person_with_two_slack_accounts(house: House) -> Course:
    house.person(MALLORY, email="ada@contoso.example")
    house.environment |= {"COUNTERSIGN_REQUESTERS": ADA, "COUNTERSIGN_APPROVERS": f"{ADA},{MALLORY}"}
    yield
    house.person(MALLORY, email="mallory@contoso.example")


def group_of_one(house: House) -> Course:
    house.environment |= dict.fromkeys(("COUNTERSIGN_REQUESTERS", "COUNTERSIGN_APPROVERS"), SIGNERS)
    house.signers(ADA)
    yield
    house.signers(ADA, GRACE)


def database_of_a_newer_version(house: House) -> Course:
    house.folder.joinpath("data").mkdir()
    path = house.folder / "data" / "countersign.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
        connection.commit()
    yield
    path.unlink()


def database_that_is_none(house: House) -> Course:
    house.folder.joinpath("data").mkdir()
    path = house.folder / "data" / "countersign.sqlite3"
    path.write_bytes(b"minutes of the meeting\n" * 300)
    yield
    path.unlink()


def database_where_no_folder_can_be(house: House) -> Course:
    house.folder.joinpath("file").write_text("no folder")
    house.environment["COUNTERSIGN_DATA_DIR"] = str(house.folder / "file" / "data")
    yield
    house.environment["COUNTERSIGN_DATA_DIR"] = str(house.folder / "data")


def postgres_away(house: House) -> Course:
    house.environment["COUNTERSIGN_DATABASE_URL"] = "postgresql://countersign:supersecret@127.0.0.1:9/countersign"
    yield
    del house.environment["COUNTERSIGN_DATABASE_URL"]


def breach_key_refused(house: House) -> Course:
    house.environment |= {"COUNTERSIGN_BREACH_KEY": "supersecret-but-wrong", "COUNTERSIGN_BREACH_URL": house.breach.url}
    yield
    house.environment["COUNTERSIGN_BREACH_KEY"] = house.breach.key


def breach_service_asked_faster_than_its_key_allows(house: House) -> Course:
    house.environment |= {"COUNTERSIGN_BREACH_KEY": house.breach.key, "COUNTERSIGN_BREACH_URL": house.breach.url}
    house.environment["COUNTERSIGN_BREACH_PER_MINUTE"] = "50"
    yield
    house.environment["COUNTERSIGN_BREACH_PER_MINUTE"] = "10"


def setting_missing(house: House) -> Course:
    del house.environment["SLACK_CHANNEL"]
    yield
    house.environment["SLACK_CHANNEL"] = IDENTITY_ALERTS


WORSE_CASES = {
    ", evidence inconclusive": "COUNTERSIGN_APPROVERS",
    ", evidence of an attack": "COUNTERSIGN_BREAK_GLASS_APPROVERS",
}
Expected = dict[str, tuple[str, str]]
"""By check: its state, and a word of its line. `ok` is what it comes to after the mend."""
FAULTS: tuple[tuple[Callable[[House], Course], Expected], ...] = (
    (
        permissions_not_granted,
        {
            name: ("failed" if name in ESSENTIAL else "warning", "Grant admin consent")
            for name in TRIED - {"Domain.Read.All"}
        },
    ),
    (
        domains_not_readable,
        {
            "Domain.Read.All": ("warning", "Grant admin consent"),
            "Domain-InternalFederation.Read.All": ("not checked", "needs Domain.Read.All"),
        },
    ),
    (
        permissions_not_in_the_token,
        {name: ("failed" if name in ESSENTIAL else "warning", "Grant admin consent") for name in TRIED | WRITES},
    ),
    (no_p2, {"licence P2": ("failed", "Microsoft Entra ID P2")}),
    (no_licence_at_all, {"licence P2": ("failed", "P2"), "licence P1": ("warning", "P1")}),
    (
        token_refused,
        {"Graph token": ("failed", "AZURE_CLIENT_ID"), "User.Read.All": ("not checked", "token is refused")},
    ),
    (token_of_another_tenant, {"Graph token": ("failed", "AZURE_TENANT_ID")}),
    (
        graph_away,
        {
            "Microsoft Graph": ("failed", "GRAPH_URL"),
            "User.Read.All": ("not checked", "does not answer"),
            "two keys": ("not checked", "directory"),
        },
    ),
    (clock_a_little_wrong, {"clock": ("warning", "NTP")}),
    (clock_very_wrong, {"clock": ("failed", "600 s ahead")}),
    (bot_token_refused, {"Slack bot token": ("failed", "invalid_auth"), "Slack channel": ("not checked", "bot token")}),
    (slack_away, {"Slack bot token": ("failed", "not_reachable"), "approvers": ("not checked", "Slack")}),
    (scope_for_cards_missing, {"Slack scopes": ("failed", "chat:write, pins:write")}),
    (scope_for_frills_missing, {"Slack scopes": ("warning", "reinstall")}),
    (
        scope_for_groups_missing,
        {"Slack scopes": ("failed", "usergroups:read"), "approvers": ("not checked", "missing_scope")},
    ),
    (app_token_refused, {"Slack app token": ("failed", "connections:write")}),
    (channel_unknown, {"Slack channel": ("failed", "SLACK_CHANNEL")}),
    (channel_archived, {"Slack channel": ("failed", "unarchive")}),
    (channel_shared_outside, {"Slack channel": ("failed", "another organisation")}),
    (bot_not_in_its_channel, {"Slack channel": ("warning", "/invite")}),
    (bot_not_in_its_private_channel, {"Slack channel": ("failed", "/invite")}),
    (bot_not_in_its_channel_and_may_not_post, {"Slack channel": ("failed", "/invite")}),
    (nobody_may_sign, {"approvers": ("failed", "COUNTERSIGN_APPROVERS"), "two keys": ("failed", "there are 0")}),
    (only_the_requester_may_sign, {"COUNTERSIGN_APPROVERS": ("failed", "Name more people")}),
    (three_needed_and_two_there, {"two keys": ("failed", "needs 2 besides the requester; there are 1")}),
    (nobody_for_the_worst_case, {f"two keys{case}": ("warning", word) for case, word in WORSE_CASES.items()}),
    (
        break_glass_approvers_without_codes,
        {f"one-time code of {GRACE}": ("warning", f"countersign people enrol {GRACE}")}
        | {"two keys, evidence of an attack": ("warning", "there are 1, 0 of them break-glass")},
    ),
    (
        nobody_has_the_code_that_each_signature_needs,
        {f"one-time code of {ADA}": ("warning", "people enrol"), "two keys": ("failed", "there are 0")},
    ),
    (
        approver_with_another_address,
        {f"person {GRACE}": ("warning", "COUNTERSIGN_PEOPLE_FILE"), "two keys": ("failed", "there are 0")},
    ),
    (approver_deactivated, {f"person {GRACE}": ("warning", "deactivated"), "two keys": ("failed", "there are 0")}),
    (approver_a_guest, {f"person {GRACE}": ("warning", "guest"), "two keys": ("failed", "there are 0")}),
    (approver_unknown_to_slack, {"person U0GONE00001": ("warning", "does not know that id")}),
    (
        approver_unknown_to_the_directory,
        {f"person {GRACE}": ("warning", "COUNTERSIGN_PEOPLE_FILE"), "two keys": ("failed", "there are 0")},
    ),
    (address_of_two_users, {f"person {GRACE}": ("warning", "several"), "two keys": ("failed", "there are 0")}),
    (one_person_with_two_slack_accounts, {"two keys": ("failed", "there are 0")}),
    (group_of_one, {"two keys": ("failed", "there are 0")}),
    (database_of_a_newer_version, {"database": ("failed", "upgrade")}),
    (database_that_is_none, {"database": ("failed", "not a database")}),
    (database_where_no_folder_can_be, {"database": ("failed", "COUNTERSIGN_DATA_DIR")}),
    (postgres_away, {"database": ("failed", "COUNTERSIGN_DATABASE_URL")}),
    (breach_key_refused, {"breach service": ("warning", "COUNTERSIGN_BREACH_KEY")}),
    (breach_service_asked_faster_than_its_key_allows, {"breach service": ("warning", "allows 10 questions a minute")}),
    (setting_missing, {"SLACK_CHANNEL": ("failed", "is missing")}),
)


@stories.each({fault.__name__: (fault, expected) for fault, expected in FAULTS})
async def test_what_is_wrong_is_said_with_its_mend_and_the_mend_makes_it_right(tell, fault, expected):
    with TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            there = await house(Path(folder), stack)
            course = fault(there)
            next(course)
            first = await there.doctor("--json")
            assert next(course, "mended") == "mended"
            second = await there.doctor("--json")
    broken, mended = checks(first), checks(second)
    for check, (state, word) in expected.items():
        assert broken[check]["state"] == state, broken[check]
        assert word in f"{broken[check]['finding']} {broken[check]['mend']}", broken[check]
        assert mended.get(check, {"state": "ok"})["state"] == "ok", mended[check]
    assert first.status == any(state == "failed" for state, _ in expected.values()), first
    assert second.status == 0, second
    for said in (first, second):
        assert said.err == ""
        secrets = ("supersecret", there.workspace.bot_token, there.workspace.app_token)
        assert not any(secret in said.out for secret in secrets)


def checks(said: Said) -> dict[str, dict[str, str]]:
    told = json.loads(said.out)
    assert told["can_work"] is (said.status == 0)
    assert said.status == any(check["state"] == "failed" for check in told["checks"])
    assert all(check["mend"] for check in told["checks"] if check["state"] != "ok"), told
    assert not any(check["mend"] for check in told["checks"] if check["state"] == "ok"), told
    return {check["name"]: check for check in told["checks"]}


async def test_a_healthy_house_is_told_in_lines_one_a_check(tmp_path):
    async with AsyncExitStack() as stack:
        there = await house(tmp_path, stack)
        there.use_token(token(set(EVERYTHING)))
        said = await there.doctor()
    assert said.status == 0, said
    *lines, verdict = said.out.splitlines()
    assert verdict.startswith("The bot can do its job: ")
    assert len({line.split(": ")[0] for line in lines}) == len(lines) >= 25
    assert {line[:11].strip() for line in lines} == {"ok", "warning"}
    assert all(("Mend: " in line) is line.startswith("warning") for line in lines)
    assert "ok          IdentityRiskyUser.ReadWrite.All: granted." in lines


async def test_the_doctor_writes_nothing_anywhere(tmp_path):
    async with AsyncExitStack() as stack:
        there = await house(tmp_path, stack)
        assert (await there.doctor()).status == 0
        assert there.tenant.writes == []
        assert {entry.method for entry in there.graph.requests} == {"GET"}
        assert there.slack.connections_opened == 0
        assert {call.method.split(".")[0] for call in there.slack.calls} <= {"auth", "apps", "conversations", "users"}
        assert there.channel.messages == []
        assert list(tmp_path.iterdir()) == []


@stories.story
async def test_the_doctor_comes_while_the_bot_is_at_work_and_disturbs_nothing(tell):
    story = await tell(pace=quick())
    await story.card_saying("cloud-only")
    said = await run_bot(story.stage.bot_environment(), "doctor", "--json", patience=90)
    found = checks(said)
    assert said.status == 0, said
    assert "reachable and up to date" in found["database"]["finding"]
    assert story.stage.restarts == 0
    await story.polled()
