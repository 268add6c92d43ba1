"""A story under test: the stage with the real bot on it, and what can be asked of all of them."""

import asyncio
import json
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple, TypeVar

import psycopg

from sim.stage import Pace, Stage
from sim.tenant import Tenant
from sim.workspace import NotAcknowledged, WorkspaceServer, buttons
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS

Found = TypeVar("Found")
Json = dict[str, Any]

PATIENCE = 40.0
PATIENCE_FOR_READINGS = 120.0
"""Logs, policies and the registration report, on a machine that is busy with other stories."""
LOOK_EVERY = 0.05
REASON = "Leaked-credential alerts all over the tenant at once."
IDS_IN_A_WRITE = 60
CONFIRM_SAFE = r"riskyUsers/(microsoft\.graph\.)?confirmSafe"
DETECTIONS = r"/riskDetections"
RISKY_USERS = r"/riskyUsers\b"


def quick(**changes: Any) -> Pace:
    """Everything at once and nothing to send twice, ten times faster than Microsoft."""
    pace = Pace(users=300, scale=10, poll_seconds=1, resend_seconds=4, processing_seconds=(0.3, 1.0), tail_seconds=0.0)
    for name, value in changes.items():
        setattr(pace, name, value)
    return pace


class Said(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


class Story:
    """One stage and the questions that tests ask."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.faults = stage.faults

    @property
    def tenant(self) -> Tenant:
        return self.stage.tenant

    @property
    def slack(self) -> WorkspaceServer:
        return self.stage.slack

    @property
    def log(self) -> str:
        path = self.stage.log_path
        return path.read_text(errors="replace") if path.exists() else ""

    # Waiting

    async def seen(self, what: str, found: Callable[[], Found], patience: float = PATIENCE) -> Found:
        """What people see in the workspace, as soon as it is there."""
        try:
            return await self.slack.wait_for(found, timeout=patience)
        except TimeoutError:
            shown = [self.read(each) for each in (*self.slack.messages(), *self.thread())]
            raise AssertionError("\n".join([f"{what} did not come", *shown, self.log[-3000:]])) from None

    async def true(self, what: str, found: Callable[[], Found], patience: float = PATIENCE) -> Found:
        """What only files and the tenant tell: there is no event to wait for."""
        deadline = time.monotonic() + patience
        while not (there := found()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come about\n{self.log[-3000:]}")
            await asyncio.sleep(LOOK_EVERY)
        return there

    async def logged(self, text: str, times: int = 1, patience: float = PATIENCE) -> None:
        await self.true(f"{text!r} in the log", lambda: self.log.count(text) >= times, patience)

    async def connected(self) -> None:
        await self.seen("the bot's connection", lambda: self.slack.connections)

    async def polled(self, times: int = 2) -> None:
        """So many polls from now on have begun."""
        before = self.polls()
        await self.true("polls", lambda: self.polls() >= before + times)

    def polls(self) -> int:
        return sum(
            "riskDetections" in each.path and "skiptoken" not in each.path.lower() for each in self.stage.graph.requests
        )

    # What people see

    def read(self, shown: Json | None) -> str:
        return self.slack.plain(shown) if shown else ""

    def card(self) -> Json | None:
        messages = self.slack.messages(IDENTITY_ALERTS)
        return messages[0] if messages else None

    def card_text(self) -> str:
        return self.read(self.card())

    async def card_saying(self, *words: str, patience: float = PATIENCE) -> str:
        """The card's text, once it says all of these."""
        what = f"a card that says {words}"
        await self.seen(what, lambda: self.card() and all(each in self.card_text() for each in words), patience)
        return self.card_text()

    async def card_not_saying(self, word: str, patience: float = PATIENCE) -> str:
        await self.seen(f"a card without {word!r}", lambda: self.card() and word not in self.card_text(), patience)
        return self.card_text()

    def thread(self) -> list[Json]:
        card = self.card()
        return self.slack.messages(IDENTITY_ALERTS, card["ts"]) if card else []

    # What people do

    async def press(self, person: str, ts: str, label: str) -> None:
        """Press a button; while a killed bot is away Slack shows an error, and people press again."""
        for _ in range(50):
            try:
                await self.slack.press(person, IDENTITY_ALERTS, ts, label)
            except NotAcknowledged:
                await self.true("the death of the bot", self.is_killed, patience=2)
                await self.connected()
            else:
                return
        raise AssertionError(f"nobody took the press of {label}")

    async def ready(self) -> Json:
        """The surge's card with all its figures and the button to ask."""
        await self.seen(
            "a card with figures",
            lambda: (
                "passwordless" in self.card_text()
                and "Request remediation" in buttons(self.card() or {})
                and "still at risk" in self.card_text()
                and self.is_weighed()
                and "not available" not in self.card_text().lower()
            ),
            patience=PATIENCE_FOR_READINGS,
        )
        card = self.card()
        assert card is not None
        return card

    def is_weighed(self) -> bool:
        """Whether the evidence was read far enough to lean anywhere: it says how many must sign."""
        _, told, evidence = self.card_text().partition("The evidence:")
        return bool(told) and not evidence.strip().startswith("insufficient")

    async def open_dialog(self, person: str = ADA) -> Json:
        card = await self.ready()
        await self.press(person, card["ts"], "Request remediation")
        dialog = await self.seen("the filled dialog", lambda: self.filled(person))
        assert dialog.get("submit"), self.read(dialog)
        return dialog

    def filled(self, person: str) -> Json | None:
        dialog = self.slack.dialog(person)
        return dialog if dialog and (dialog.get("submit") or "possible" in self.read(dialog)) else None

    async def ask(self, person: str = ADA) -> Json:
        """Ask by the dialog; the request's message."""
        await self.open_dialog(person)
        assert await self.slack.fill_and_submit(person, {"Reason": REASON}) == {}
        return await self.request()

    async def request(self) -> Json:
        return await self.seen("the request", lambda: self.reply("Approve"))

    def reply(self, label: str) -> Json | None:
        found = [each for each in self.thread() if any(word.startswith(label) for word in buttons(each))]
        return found[-1] if found else None

    async def sign(self, request: Json, person: str = GRACE) -> None:
        await self.press(person, request["ts"], "Approve")

    async def done(self, patience: float = 90.0) -> Json:
        """The run's message once the run is done."""
        return await self.seen(
            "the run's end",
            lambda: next((each for each in reversed(self.thread()) if self.is_done(each)), None),
            patience=patience,
        )

    def is_done(self, message: Json) -> bool:
        return "users: done" in self.read(message) and not buttons(message)

    async def clear_everybody(self) -> Json:
        """Ask, sign, wait for the end."""
        await self.sign(await self.ask())
        return await self.done()

    async def press_and_be_told(self, person: str, ts: str, label: str) -> str:
        before = len(self.slack.ephemerals(person))
        await self.press(person, ts, label)
        return await self.told(person, before)

    async def told(self, person: str, before: int = 0) -> str:
        answers = await self.seen("a private answer", lambda: self.slack.ephemerals(person)[before:])
        return self.read(answers[-1])

    def is_killed(self) -> bool:
        bot = self.stage.bot
        return bool(self.stage.restarts) or bot is None or bot.returncode is not None

    # What is in the record

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """From the bot's database, which nothing here writes to."""
        url = self.stage.environment.get("COUNTERSIGN_DATABASE_URL", "")
        if url.startswith("postgresql"):
            with psycopg.connect(url) as connection:
                return list(connection.execute(statement.replace("?", "%s"), values))
        path = self.stage.folder / "countersign.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
            return list(connection.execute(statement, values))

    async def command(self, *words: str) -> Said:
        """A command as a process of its own, with nothing but the data folder told."""
        environment = {name: value for name, value in self.stage.bot_environment().items() if name == "PATH"}
        environment["COUNTERSIGN_DATA_DIR"] = str(self.stage.folder)
        if "COUNTERSIGN_DATABASE_URL" in self.stage.environment:
            environment["COUNTERSIGN_DATABASE_URL"] = self.stage.environment["COUNTERSIGN_DATABASE_URL"]
        return await run_bot(environment, *words)

    # What must hold at the end of every story

    async def all_is_well(self, *, repeated_at_most: int = IDS_IN_A_WRITE) -> None:
        """Every user of the plan has one final outcome, nobody else was touched, one card, a whole ledger."""
        truth, tenant = self.tenant.truth, self.tenant
        planned = {user for (body,) in self.rows("SELECT body FROM plans") for user in json.loads(body)["user_ids"]}
        outcomes = self.rows("SELECT run_id, user_id, state FROM outcomes")
        assert {user for _, user, _ in outcomes} == planned
        assert len({(run, user) for run, user, _ in outcomes}) == len(outcomes)
        assert {state for *_, state in outcomes} == {"verified"}
        assert planned == truth.eligible_user_ids
        assert {tenant.state_of(user) for user in truth.eligible_user_ids} == {"confirmedSafe"}
        carried_out = [write for write in tenant.writes if 200 <= write.status < 300]
        touched = Counter(user for write in carried_out for user in write.user_ids)
        assert touched.keys() == planned
        assert sum(times > 1 for times in touched.values()) <= repeated_at_most
        assert self.rows("SELECT count(*) FROM intents WHERE answered_at IS NULL") == [(0,)]
        assert self.rows("SELECT count(*) FROM open_intent_users") == [(0,)]
        assert len(self.slack.messages(IDENTITY_ALERTS)) == 1, "one top-level message a surge"
        subjects = [
            each["metadata"]["event_payload"]["card_id"] for each in self._metadata_messages() if "metadata" in each
        ]
        assert (
            len(subjects)
            == len(set(subjects))
            == self.rows("SELECT count(*) FROM cards WHERE channel = ?", IDENTITY_ALERTS)[0][0]
        )
        verified = await self.command("ledger", "verify")
        assert verified.status == 0, verified
        assert "whole" in verified.out

    def _metadata_messages(self) -> list[Json]:
        return self.slack.workspace.channels[IDENTITY_ALERTS].messages


async def run_bot(environment: dict[str, str], *words: str, patience: float = 30.0) -> Said:
    """python -m bot with this environment alone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(patience):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise AssertionError(f"{words} did not end within {patience:g} s") from None
    return Said(process.returncode or 0, out.decode(), err.decode())
