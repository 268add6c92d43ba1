"""The second door: asked and signed on the host's command line, by one-time codes, while Slack is away."""

import asyncio
import time
from dataclasses import replace

import pyotp
import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.commands import host_click
from bot.decide.people import ListedPerson
from bot.decide.refusal import Refusal
from bot.decide.request import RequestState
from bot.operations.approving.match_signers import match_signers
from bot.ports.graph import GraphError, Problem
from bot.ports.slack import SlackError
from bot.record.ledger import Event
from bot.watch.evidence import Band
from tests.operations.signing import enrol, secret_of
from tests.values import SURGE, TENANT, person, risky

AWAY = SlackError("service_unavailable")
ASK = ["--action", "confirm safe", "--reason", "Microsoft's mistake"]


@pytest.fixture
async def door(scene, database_url, monkeypatch):
    """A host whose commands find the scene's database; Anna and Ben have codes; Slack is away."""
    scene.clock.at = time.time_ns() // 1000
    scene.flag("ada", "bob")
    scene.weigh(Band.LEANS_FALSE_ALARM)
    enrol(scene, "UANNA", "UBEN")
    scene.graph.directory = {user.user_id: user for (user,) in scene.graph.accounts.values()}
    await match_signers(scene.tenant, older_than=0)
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", database_url)
    for method in ("person", "members", "answer", "is_shared_outside", "open_dialog"):
        scene.slack.failing[method] = AWAY
    return Door(scene)


class Door:
    """Commands on the host, beside a running bot."""

    def __init__(self, scene):
        self.scene = scene
        self.used = {}

    def code(self, user):
        """The next code that was not used yet: one a step, within the skew that is forgiven."""
        self.used[user] = self.used.get(user, -2) + 1
        return pyotp.TOTP(secret_of(user)).at(int(time.time()) + 30 * self.used[user])

    async def run(self, *arguments, code="", bot=True):
        command = asyncio.create_task(asyncio.to_thread(CliRunner().invoke, app, list(arguments), input=f"{code}\n"))
        while not command.done():
            self.scene.clock.at = time.time_ns() // 1000
            if bot:
                await self.scene.inbox.sweep()
            await asyncio.wait([command], timeout=0.05)
        self.scene.clock.at = time.time_ns() // 1000
        if bot:
            await self.scene.inbox.sweep()
        return await command

    async def ask(self, user="UANNA", **values):
        return await self.run("request", SURGE, "--as", user, *ASK, code=self.code(user), **values)

    async def sign(self, user="UBEN", **values):
        return await self.run("approve", SURGE, "--as", user, code=self.code(user), **values)


async def test_two_people_ask_and_sign_on_the_host_while_slack_is_away(scene, door):
    asked = await door.ask()
    assert (asked.exit_code, "Signatures needed: 1" in asked.output) == (0, True)
    signed = await door.sign()
    assert signed.exit_code == 0
    assert "Confirm safe for 2 users" in signed.output
    assert "The request is approved." in signed.output
    (request,) = scene.requests()
    assert (request.state, request.requester, request.with_code) == (RequestState.APPROVED, "UANNA", True)
    assert scene.run_of(request) is not None
    ((_, actor, facts),) = scene.written(Event.REQUEST_VOTED)
    assert (actor, facts["fromHost"], facts["withCode"]) == ("UBEN", True, True)


@pytest.mark.parametrize("code", ["000000", "", "abc"])
async def test_without_the_persons_own_code_nothing_is_handed_in(scene, door, code):
    answer = await door.run("request", SURGE, "--as", "UANNA", *ASK, code=code)
    assert answer.exit_code == 1
    assert "one-time code" in answer.output
    assert scene.requests() == ()


async def test_another_persons_code_is_not_taken(scene, door):
    answer = await door.run("request", SURGE, "--as", "UANNA", *ASK, code=door.code("UBEN"))
    assert (answer.exit_code, scene.requests()) == (1, ())


async def test_whoever_is_not_enrolled_is_told_how_to_become(scene, door):
    answer = await door.run("approve", SURGE, "--as", "UCARA")
    assert answer.exit_code == 1
    await door.ask()
    answer = await door.run("approve", SURGE, "--as", "UCARA", code="123456")
    assert (answer.exit_code, "countersign people enrol UCARA" in answer.output) == (1, True)


async def test_the_same_person_can_not_ask_and_sign(scene, door):
    await door.ask("UANNA")
    answer = await door.sign("UANNA")
    assert (answer.exit_code, "your own request" in answer.output) == (1, True)
    assert scene.requests()[0].state is RequestState.PENDING


async def test_a_person_under_two_slack_ids_can_not_either(scene, door):
    both = ListedPerson(("UANNA", "UBEN"), "Anna", ("uanna@contoso.example",))
    scene.tenant.policy = replace(scene.tenant.policy, people=(both,))
    await door.ask("UANNA")
    answer = await door.sign("UBEN")
    assert (answer.exit_code, scene.requests()[0].state) == (1, RequestState.PENDING)


async def test_the_same_lists_hold(scene, door):
    enrol(scene, "UDORA")
    await door.ask()
    answer = await door.sign("UDORA")
    assert (answer.exit_code, scene.requests()[0].state) == (1, RequestState.PENDING)
    assert scene.refusals()[-1] == ("UDORA", Refusal.NOT_AN_APPROVER)


async def test_a_group_is_known_as_it_was_when_slack_last_told(scene, door):
    scene.slack.failing.clear()
    scene.tenant.policy = replace(scene.tenant.policy, requesters=("UANNA", "UDORA"), approvers=("SADMINS",))
    scene.slack.groups["SADMINS"] = frozenset({"UBEN"})
    await match_signers(scene.tenant, older_than=0)
    for method in ("person", "members"):
        scene.slack.failing[method] = AWAY
    enrol(scene, "UDORA")
    await door.ask()
    assert (await door.sign("UDORA")).exit_code == 1
    assert (await door.sign("UBEN")).exit_code == 0


async def test_where_slack_does_answer_what_it_says_counts(scene, door):
    await door.ask()
    scene.slack.failing.clear()
    scene.slack.people["UBEN"] = person("UBEN", is_deleted=True)
    assert (await door.sign("UBEN")).exit_code == 1
    assert scene.refusals()[-1] == ("UBEN", Refusal.DEACTIVATED)


async def test_graph_is_asked_at_the_click_all_the_same(scene, door):
    await door.ask()
    scene.graph.risky["account-of-UBEN"] = risky("account-of-UBEN")
    answer = await door.sign("UBEN")
    assert answer.exit_code == 1
    assert "flagged" in answer.output


async def test_what_graph_does_not_tell_refuses(scene, door):
    await door.ask()
    scene.graph.failing["users"] = GraphError(Problem.UNAVAILABLE, "Microsoft did not answer")
    answer = await door.sign("UBEN")
    assert (answer.exit_code, "Microsoft did not answer" in answer.output) == (1, True)


async def test_no_code_is_taken_twice_on_the_host(scene, door):
    code = door.code("UANNA")
    await door.run("request", SURGE, "--as", "UANNA", *ASK, code=code)
    answer = await door.run("request", SURGE, "--as", "UANNA", *ASK, code=code)
    assert (answer.exit_code, "used already" in answer.output) == (1, True)


async def test_where_no_bot_runs_it_is_said_and_taken_back(scene, door, monkeypatch):
    monkeypatch.setattr(host_click, "WAITS_FOR", 0.3)
    answer = await door.ask(bot=False)
    assert (answer.exit_code, "No running bot" in answer.output) == (1, True)
    scene.clock.at = time.time_ns() // 1000
    await scene.inbox.sweep()
    assert scene.requests() == ()


@pytest.mark.parametrize(
    "arguments",
    [
        ["request", "S-NONE", "--as", "UANNA", *ASK],
        ["request", SURGE, "--as", "UANNA", "--action", "Delete everybody", "--reason", "x"],
        ["request", SURGE, "--as", "UANNA", "--action", "Confirm safe", "--reason", " "],
        ["request", SURGE, "--as", "UANNA", *ASK, "--cohort", "made up"],
        ["approve", "S-NONE", "--as", "UBEN"],
    ],
)
async def test_what_does_not_exist_is_refused_before_any_code_is_asked_for(scene, door, arguments):
    answer = await door.run(*arguments)
    assert answer.exit_code == 1
    assert "One-time code" not in answer.output
    assert scene.look(lambda tx: tx.codes.enrolment_of("UANNA")).failures == 0


async def test_json_says_whether_it_was_refused(scene, door):
    answer = await door.run("request", SURGE, "--as", "UANNA", *ASK, "--json", code=door.code("UANNA"))
    assert '"is_refused": false' in answer.stdout


async def test_the_ledger_tells_of_a_wrong_code_on_the_host(scene, door):
    await door.run("request", SURGE, "--as", "UANNA", *ASK, code="000000")
    ((_, actor, facts),) = scene.written(Event.CODE_REFUSED)
    assert (actor, facts["refused"]) == ("UANNA", Refusal.CODE_WRONG.value)
    assert scene.look(lambda tx: tx.ledger.head_of(TENANT))[0] > 0
