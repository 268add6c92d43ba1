"""Twenty thousand users cleaned up by the real bot, beside the bound, and beside what an admin would do instead.

    python -m tests.bench.remediation [--users N] [--scale N] [--no-report]

The bot runs as a child process against the invented tenant, whose limits go so much faster that it takes about a
minute; every request is counted there. Beside it, against a tenant of the same kind and in the same run: one user a
call, as a playbook or a portal loop does, and sixty ids a call without looking whether it took effect.
"""

import argparse
import asyncio
import contextlib
import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import psutil

from sim.stage import Pace, Stage
from sim.tenant import Limits, Tenant, TenantServer, april_2025
from sim.tenant.graph_time import moment
from sim.tenant.shelf import Shelf
from sim.tenant.sign_ins import BLOCKING, SignIns
from sim.workspace import buttons
from sim.workspace.contoso import ADA, GRACE, IDENTITY_ALERTS, MALLORY
from tests.bench.remediation_report import Contender, Measured, report

USERS = 61_000
SCALE = 5.0
SAMPLE = 300
EARLY = 0.05
"""A request may come so early: 5 % of a slot at Microsoft's limits. The pace over a longer time is exact."""
MEGABYTE = 1024 * 1024
REPORT = Path(__file__).parents[2] / "docs" / "remediation-benchmark.md"
SIGNERS = (GRACE, MALLORY)
"""Two of them, so that it does not hang on the evidence."""
QUIET = 3.0
"""It is signed once the briefing has read what it wanted: so many seconds without a request."""
TOO_MANY = 429
PROCESSING = (2.0, 8.0)
"""Seconds that the tenant takes for each write, at Microsoft's limits; they go faster with these."""


def processing(scale: float) -> tuple[float, float]:
    """The tenant's own time, as fast as its limits."""
    return PROCESSING[0] / scale, PROCESSING[1] / scale


@dataclass
class Watcher:
    """Listens to the bot: its memory, and when its run began."""

    stage: Stage
    peak: int = 0
    at_risk: int = 0

    async def measure(self) -> None:
        while True:
            bot = self.stage.bot
            if bot is not None and bot.returncode is None:
                try:
                    self.peak = max(self.peak, psutil.Process(bot.pid).memory_info().rss)
                except psutil.NoSuchProcess:
                    return
            await asyncio.sleep(0.1)


def without_blocks(log: SignIns) -> SignIns:
    """The sign-ins of a tenant whose policies block nobody."""
    calm = SignIns()
    calm.extend(each for each in list(log.newest()) if each.error_code not in BLOCKING)
    return calm


def purpose(method: str, path: str) -> str:
    """What a request of the Identity Protection family was for."""
    if method == "POST":
        return "writes"
    if "riskDetections" in path:
        return "detections, so that they are at most 60 s old"
    if "/riskyUsers/" in path:
        return "users read one by one"
    if "riskyUsers" in path:
        return "pages of users, to write" if "riskState" in path else "pages of users, to verify or to brief"
    return "others"


async def ours(users: int, scale: float, *, nobody_is_blocked: bool) -> Measured:
    """The whole bot: from the second signature to the last user verified."""
    with TemporaryDirectory() as folder:
        beat = Path(folder) / "beat.json"
        pace = Pace(
            users=users,
            scale=scale,
            poll_seconds=300,
            resend_seconds=120,
            processing_seconds=processing(scale),
            tail_seconds=1,
            early_seconds=EARLY,
        )
        stage = Stage(
            pace,
            log_file=Path(folder) / "bot.log",
            program="tests.bench.heartbeat",
            environment={"HEARTBEAT_FILE": str(beat), "COUNTERSIGN_APPROVERS": ",".join(SIGNERS)},
        )
        if nobody_is_blocked:
            stage.tenant.sign_ins = without_blocks(stage.tenant.sign_ins)
            stage.tenant.access_policies = Shelf()
        stage.tenant.ineffective_user_ids.clear()
        watcher = Watcher(stage)
        async with stage:
            measuring = asyncio.create_task(watcher.measure())
            watcher.at_risk = await _sign(stage)
            measuring.cancel()
            pauses = json.loads(beat.read_text())
            return _measured(stage, watcher, scale, pauses)


async def _sign(stage: Stage) -> int:
    """One asks and two sign, so that it does not hang on what the evidence says; then the run goes to its end.

    Gives how many were at risk before it.
    """
    slack, patience = stage.slack, 300.0

    def card(word: str) -> Any:
        found = slack.messages(IDENTITY_ALERTS)[:1]
        return found[0] if found and re.search(word, slack.plain(found[0])) else None

    def replies(card_ts: str, word: str) -> Any:
        return [each for each in slack.messages(IDENTITY_ALERTS, card_ts) if re.search(word, slack.plain(each))]

    def filled() -> Any:
        dialog = slack.dialog(ADA)
        return dialog if dialog is not None and dialog.get("submit") else None

    def read() -> Any:
        surge = card(r"(?m)^still at risk \d")
        found = re.search(r"(?m)^still at risk ([\d,]+)", slack.plain(surge)) if surge else None
        everybody = len(stage.tenant.truth.eligible_user_ids)
        return surge if found and int(found[1].replace(",", "")) >= everybody else None

    surge = await slack.wait_for(read, timeout=patience)
    with contextlib.suppress(TimeoutError):  # what the briefing reads shares the budget: let it come to its end
        await slack.wait_for(lambda: card("The evidence:"), timeout=180)
    await slack.press(ADA, IDENTITY_ALERTS, surge["ts"], "Request remediation")
    await slack.wait_for(filled, timeout=patience)
    await slack.fill_and_submit(ADA, {"Reason": "Microsoft's mistake"})
    request = await slack.wait_for(lambda: replies(surge["ts"], "more signature"), timeout=patience)
    while time.monotonic() - stage.graph.requests[-1].time < QUIET:  # noqa: ASYNC110 - silence is no event
        await asyncio.sleep(QUIET / 4)
    at_risk = sum(1 for each in stage.tenant.risky_users if each.risk_state == "atRisk")
    for signer in SIGNERS:
        await slack.press(signer, IDENTITY_ALERTS, request[0]["ts"], "Approve")
    run = await slack.wait_for(lambda: replies(surge["ts"], r"Asked by .* signed by"), timeout=patience)
    await slack.wait_for(lambda: not buttons(slack.message(run[-1]["ts"])), timeout=patience)
    return at_risk


def _measured(stage: Stage, watcher: Watcher, scale: float, pauses: list[dict[str, float]]) -> Measured:
    with sqlite3.connect(stage.folder / "countersign.sqlite3") as database:
        row = database.execute(
            "SELECT id, started_at, ended_at, canary, canary_since, canary_passed_at FROM runs "
            "ORDER BY created_at LIMIT 1"
        ).fetchone()
        run_id, started_at, ended_at, canary, canary_since, passed_at = row
        first = database.execute(
            "SELECT user_id FROM outcomes WHERE run_id = ? AND sent_at < ?", (run_id, passed_at or 0)
        ).fetchall()
        states = dict(
            database.execute("SELECT state, count(*) FROM outcomes WHERE run_id = ? GROUP BY state", (run_id,))
        )
        blocked = database.execute("SELECT count(*) FROM outcomes WHERE run_id = ? AND rank = 0", (run_id,)).fetchone()
    offset = time.monotonic() - time.time()
    begin, end = started_at / 1e6 + offset, ended_at / 1e6 + offset
    requests = [each for each in stage.graph.requests if begin - 0.5 / scale <= each.time <= end]
    family = [each for each in requests if each.family == "identityProtection"]
    return Measured(
        users=sum(states.values()),
        at_risk=watcher.at_risk,
        verified=states.get("verified", 0),
        seconds=(ended_at - started_at) / 1e6,
        canary=canary,
        canary_seconds=_closing(stage.tenant, (canary_since or 0) / 1e6, [each[0] for each in first]),
        requests=Counter(purpose(each.method, each.path) for each in family),
        refused=sum(1 for each in family if each.status == TOO_MANY),
        scale=scale,
        memory=watcher.peak / MEGABYTE,
        blocked_loop=max((each["blocked"] for each in pauses), default=0.0),
        blocked_users=blocked[0],
    )


def _closing(tenant: Tenant, sent: float, user_ids: list[str]) -> float:
    """How long the tenant took until eight of ten of these users were closed."""
    closed = sorted(moment(tenant.risky_users[user_id].updated_at).timestamp() for user_id in user_ids)
    return max(0.0, closed[-(-len(closed) * 8 // 10) - 1] - sent) if closed else 0.0


async def by_hand(users: int, scale: float) -> tuple[Contender, Contender]:
    """One user a call, a sample of them; then sixty ids a call without verification, to the end."""
    tenant = april_2025(datetime.now(UTC), users=users, processing_seconds=processing(scale), tail_seconds=1)
    limits = Limits(scale=scale, tolerance_floor=EARLY)
    session = aiohttp.ClientSession(headers={"Authorization": "Bearer bench"})
    async with TenantServer(tenant, limits=limits, access_token="bench") as server, session:
        hand = InProgress(session, f"{server.url}/v1.0/identityProtection/riskyUsers", 1 / scale)
        begun = time.monotonic()
        ids = await hand.read_at_risk()
        reading, pages = time.monotonic() - begun, hand.calls
        begun = time.monotonic()
        for user_id in ids[:SAMPLE]:
            await hand.confirm([user_id])
        each = (time.monotonic() - begun) / SAMPLE
        one = Contender("one user a call", len(ids), pages + len(ids), reading + each * len(ids), sample=SAMPLE)
        hand.calls, begun = 0, time.monotonic()
        again = await hand.read_at_risk()
        for start in range(0, len(again), 60):
            await hand.confirm(again[start : start + 60])
        sixty = Contender("60 ids a call, not verified", len(again), hand.calls, time.monotonic() - begun)
    return one, sixty


@dataclass
class InProgress:
    """What a careful script does: one call after the other at the limit's pace, again after a 429."""

    session: aiohttp.ClientSession
    url: str
    slot: float
    calls: int = 0
    opens_at: float = 0.0

    async def read_at_risk(self) -> list[str]:
        """The ids of those at risk, five hundred a page."""
        found: list[str] = []
        link: str | None = f"{self.url}?$filter=riskState eq 'atRisk'&$top=500"
        while link:
            page = await self._paced(lambda link=link: self.session.get(link))  # type: ignore[misc]
            found += [each["id"] for each in page["value"]]
            link = page.get("@odata.nextLink")
        return found

    async def confirm(self, user_ids: list[str]) -> None:
        """Confirm safe."""
        await self._paced(lambda: self.session.post(f"{self.url}/confirmSafe", json={"userIds": user_ids}))

    async def _paced(self, call: Callable[[], Awaitable[aiohttp.ClientResponse]]) -> Any:
        while True:
            await asyncio.sleep(max(0.0, self.opens_at - time.monotonic()))
            self.opens_at = time.monotonic() + self.slot
            self.calls += 1
            response = await call()
            if response.status != TOO_MANY:
                response.raise_for_status()
                return await response.json() if response.status == 200 else {}


async def main() -> None:
    """Run all, print the table, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=USERS, help="users of the tenant; a third is flagged")
    parser.add_argument("--scale", type=float, default=SCALE, help="so many times Microsoft's limits")
    parser.add_argument("--no-report", action="store_true", help="print only")
    asked = parser.parse_args()
    quiet = await ours(asked.users, asked.scale, nobody_is_blocked=True)
    print(report(quiet), flush=True)
    loud = await ours(asked.users, asked.scale, nobody_is_blocked=False)
    contenders = await by_hand(asked.users, asked.scale)
    page = report(quiet, loud, contenders)
    print(page)
    if not asked.no_report:
        REPORT.write_text(page)


if __name__ == "__main__":
    asyncio.run(main())
