"""A tenant in the middle of a surge, on a real store: people press, time passes, and one looks at what came of it."""

from dataclasses import dataclass, field, replace

import msgspec

from bot.act.outcome import Outcome, OutcomeState
from bot.act.run import Run
from bot.decide.action import Action
from bot.decide.refusal import Refusal
from bot.decide.request import Request
from bot.operations.delivering.carry_out_click import Inbox
from bot.operations.running.carry_run import carry_run
from bot.operations.tenant import Tenant
from bot.ports.presses import PRESSES
from bot.ports.slack import CardSubject, Click, ClickKind, Posted
from bot.record.ledger import Event, first_break
from bot.store.database import Database
from bot.watch.briefing import Briefing, Cohort
from bot.watch.evidence import Band, Evidence, Suspect
from bot.watch.risk import RiskyUser
from tests.operations.fakes import Clock, FakeDetector, FakeGraph, FakeSlack
from tests.values import NOW, SURGE, TENANT, detection, profile, risky, surge

TEAM, CHANNEL = "TCONTOSO", "C1"
NOWHERE = Posted("", "")


@dataclass
class Scene:
    tenant: Tenant
    store: Database
    graph: FakeGraph
    slack: FakeSlack
    clock: Clock
    detector: FakeDetector
    inbox: Inbox = field(init=False)
    presses: int = 0

    def __post_init__(self) -> None:
        self.inbox = self.new_inbox()

    def new_inbox(self) -> Inbox:
        """As another process, or the same one after a restart, has it."""
        return Inbox(store=self.store, slack=self.slack, world=self.clock, tenants={TENANT: self.tenant})

    def look(self, work):
        return self.store.transact_here(work)

    # What stands.

    def flag(self, *users: str, **states: RiskyUser) -> None:
        """A surge of these users, read and told of on a card. Its evidence leans to a false alarm."""
        found = {user: risky(user) for user in users} | states
        self.graph.risky.update(found)

        def make(tx):
            tx.surges.keep_surge(surge(users=len(found)))
            tx.surges.add_users(TENANT, SURGE, found, NOW)
            tx.detections.keep_detections(TENANT, [detection(user) for user in found], NOW)
            tx.directory.keep_risky(TENANT, found.values(), NOW)
            tx.directory.keep_profiles(TENANT, [profile(user) for user in found], NOW)
            tx.watches.keep_watch(
                replace(tx.watches.watch_of(TENANT), read_through=NOW, deep_read_at=NOW, risky_through=NOW)
            )
            tx.cards.ensure_card(
                card_id="surge-card",
                tenant_id=TENANT,
                subject=CardSubject.SURGE,
                subject_id=SURGE,
                channel=CHANNEL,
                parent_id=None,
            )

        self.look(make)
        self.tenant.work.detections_read_at = self.clock.now()
        if self.look(lambda tx: tx.briefings.latest_briefing(TENANT, SURGE)) is None:
            self.weigh(Band.LEANS_FALSE_ALARM)

    def weigh(self, band: Band, *suspects: Suspect) -> None:
        """A briefing whose evidence leans there."""

        def make(tx):
            latest = tx.briefings.latest_briefing(TENANT, SURGE)
            plain = Briefing(SURGE, 0, self.clock.now(), 3, None, None, None, 0, ())
            evidence = Evidence((), 0.0, 1.0, band, suspects)
            tx.briefings.add_briefing(
                TENANT, replace(latest or plain, revision=latest.revision + 1 if latest else 1, evidence=evidence)
            )

        self.look(make)

    def stand(self, subject: CardSubject, subject_id: str) -> Posted:
        """Post the card of a subject in the channel, if it is not yet."""

        def make(tx):
            (card,) = [each for each in tx.cards.cards_of(TENANT, subject, subject_id) if each.channel == CHANNEL]
            posted = card.posted or Posted(CHANNEL, f"1745143200.{card.id[-6:]}")
            tx.cards.set_posted(card, posted, card.wanted)
            return posted

        return self.look(make)

    # What people do.

    def click(self, kind: ClickKind, by: str, subject_id: str = SURGE, at: Posted | None = None, **values) -> Click:
        if at is None:
            press = PRESSES[kind]
            at = NOWHERE if press.is_submission else self.stand(press.subject or CardSubject.SURGE, subject_id)
        self.presses += 1
        known = {
            "key": f"press-{self.presses}",
            "kind": kind,
            "user_id": by,
            "team_id": TEAM,
            "channel": at.channel,
            "message_ts": at.ts,
            "thread_ts": "",
            "subject_id": subject_id,
            "trigger_id": f"trigger-{self.presses}",
            "response_url": "",
        }
        return Click(**(known | values))

    async def carry_out(self, *clicks: Click) -> None:
        """Take clicks as a listener does, and wait until they are carried out."""
        for click in clicks:
            await self.inbox.take(click)
        for click in clicks:
            self.inbox.carry_out_soon(click)
        await self.inbox.drain()

    async def press(
        self, kind: ClickKind, by: str, subject_id: str = SURGE, at: Posted | None = None, **values
    ) -> Click:
        click = self.click(kind, by, subject_id, at, **values)
        await self.carry_out(click)
        return click

    async def ask(self, by: str = "UANNA", *, action: Action = Action.CONFIRM_SAFE, **values) -> Request:
        """Request remediation for everybody; gives the request."""
        asked = {"action": action.value, "cohorts": tuple(Cohort), "reason": "Microsoft's mistake"} | values
        before = set(self.requests())
        await self.press(ClickKind.SUBMIT_REQUEST, by, **asked)
        (made,) = set(self.requests()) - before
        return made

    async def approved(self, by: str = "UBEN", *, action: Action = Action.CONFIRM_SAFE) -> Run:
        """A request that was made and signed; gives the queued run."""
        request = await self.ask(action=action)
        await self.press(ClickKind.APPROVE, by, request.id)
        run = self.run_of(request)
        assert run is not None
        return run

    # What came of it.

    def requests(self) -> tuple[Request, ...]:
        return self.look(lambda tx: tx.requests.requests_of_surge(TENANT, SURGE))

    def request(self, request: Request) -> Request:
        return self.look(lambda tx: tx.requests.request_by_id(TENANT, request.id))

    def votes(self, request: Request) -> list[str]:
        return [vote.user_id for vote in self.look(lambda tx: tx.requests.votes_on(TENANT, request.id))]

    def run_of(self, request: Request) -> Run | None:
        return self.look(lambda tx: tx.runs.run_of_request(TENANT, request.id))

    def run(self, run: Run) -> Run:
        return self.look(lambda tx: tx.runs.run_by_id(TENANT, run.id))

    def outcomes(self, run: Run) -> dict[str, Outcome]:
        return self.look(lambda tx: tx.outcomes.outcomes_of_run(TENANT, run.id))

    def states(self, run: Run) -> dict[str, OutcomeState]:
        return {user: outcome.state for user, outcome in self.outcomes(run).items()}

    def written(self, *events: Event) -> list[tuple[Event, str, dict]]:
        """Ledger rows: event, actor, facts. The chain is whole whenever somebody looks."""

        def read(tx):
            entries = list(tx.ledger.entries_of(TENANT))
            number, digest = tx.ledger.head_of(TENANT)
            assert first_break(entries, head_number=number, head_hash=digest, tenant_id=TENANT) is None
            return entries

        rows = [(Event(entry.event), entry.actor, msgspec.json.decode(entry.body)) for entry in self.look(read)]
        return [row for row in rows if not events or row[0] in events]

    def refusals(self) -> list[tuple[str, Refusal]]:
        return [(actor, Refusal(facts["refused"])) for _, actor, facts in self.written(Event.CLICK_REFUSED)]

    def due_cards(self) -> set[tuple[CardSubject, str]]:
        return {(card.subject, card.channel) for card in self.look(lambda tx: tx.cards.due_cards(self.clock.now()))}

    def is_done(self, click: Click) -> bool:
        return self.look(lambda tx: tx.clicks.is_done(click.key))

    async def step(self, run: Run) -> int | None:
        """Take the run one step on."""
        return await carry_run(self.tenant, self.run(run))

    async def steps(self, run: Run, most: int = 60) -> Run:
        """Take the run on until it is over, letting time pass where it waits."""
        for _ in range(most):
            due = await self.step(run)
            if self.run(run).state.is_over or due is None:
                break
            self.clock.at = max(self.clock.at, due)
        return self.run(run)
