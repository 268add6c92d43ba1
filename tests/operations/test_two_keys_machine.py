"""Two keys under attack: no order of events runs a plan without the distinct people it needs, and none runs twice.

Hypothesis drives the use cases on the real store with two replicas, on SQLite and on PostgreSQL: requests, votes with
and without codes, forged and replayed clicks, clicks at once, withdrawals, expiries, restarts, changes of groups, of
addresses, of risk and of the evidence. What must hold is judged from the tables by a model that knows who is who.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.decide.plan import read_plan
from bot.decide.policy import Policy
from bot.decide.request import RequestState, Verdict
from bot.operations.bells import Bells
from bot.operations.planning.settle_request import expire_requests
from bot.operations.tenant import Tenant, Work
from bot.ports.slack import ClickKind, Posted
from bot.record.ledger import Event
from bot.store.database import Database
from bot.watch.briefing import Cohort
from bot.watch.evidence import Band
from tests.databases import empty, engine_for, new_sqlite_in_its_place, postgresql_url  # noqa: F401 - a fixture
from tests.operations.fakes import Clock, FakeDetector, FakeGraph, FakeSlack
from tests.operations.scene import CHANNEL, TEAM, Scene
from tests.operations.signing import code_of, enrol, hire
from tests.values import HOUR, NOW, SECOND, TENANT, risky

pytestmark = pytest.mark.timeout(600)

WHO = {
    "UANNA": "anna",
    "UANNA2": "anna",
    "UBEN": "ben",
    "UBEN2": "ben",
    "UCARA": "cara",
    "UDORA": "dora",
    "UGLASS": "glass",
    "UGRETA": "greta",
}
"""The person behind each Slack account. What the bot may know of it are addresses alone."""
GLASS = ("UGLASS", "UGRETA")
USERS = st.sampled_from(sorted(WHO))
REPLICAS = st.sampled_from([0, 1])
PICK = st.integers(0, 7)
"""Which of the requests, counted from the newest."""
BANDS = [Band.LEANS_FALSE_ALARM, Band.INCONCLUSIVE, Band.LEANS_ATTACK]


class TwoKeys(RuleBasedStateMachine):
    """Everything that people, time and two replicas can do to requests."""

    fresh: Callable[[], str]
    """Empties the database; gives its URL."""

    @initialize(band=st.sampled_from(BANDS), by=st.sampled_from(["UANNA", "UBEN"]))
    def begin(self, band, by):
        self.runner = asyncio.Runner()
        self.clock, self.slack = Clock(NOW), FakeSlack()
        self.graph = FakeGraph(self.clock)
        url = self.fresh()
        self.stores = [Database(engine_for(url, number)) for number in range(2)]
        self.scenes = [self._scene(store) for store in self.stores]
        for user, person in WHO.items():
            hire(self.here, user, account=f"account-of-{person}")
        self.slack.groups = {"SASK": frozenset({"UANNA", "UBEN"}), "SSIGN": frozenset({*WHO} - {"UDORA", *GLASS})}
        enrol(self.here, "UBEN2", "UGLASS")
        self._hold(0)
        self.clicks, self.judged, self.flagged = [], set(), 0
        self.here.flag("u0")
        self.weigh(band)
        self.ask(0, by)

    def _scene(self, store):
        detector = FakeDetector()
        tenant = Tenant(
            id=TENANT,
            channel=CHANNEL,
            team_id=TEAM,
            policy=Policy(("SASK",), ("SSIGN",), 1, 4 * HOUR, 120 * SECOND, break_glass=GLASS, canary=0),
            store=store,
            graph=self.graph,
            slack=self.slack,
            world=self.clock,
            new_detector=lambda users: detector,
            bells=Bells(),
            work=Work(detector=detector),
        )
        return Scene(tenant, store, self.graph, self.slack, self.clock, detector)

    def _hold(self, replica):
        for scene in self.scenes:
            if scene.tenant.work.hold is not None:
                scene.look(lambda tx, hold=scene.tenant.work.hold: tx.leases.release_lease(hold))
                scene.tenant.work.hold = None
        held = self.scenes[replica]
        held.tenant.work.hold = held.look(
            lambda tx: tx.leases.claim_lease(f"tenant:{TENANT}", f"replica {replica}", 600.0)
        )

    @property
    def here(self):
        return self.scenes[0]

    def teardown(self):
        if hasattr(self, "runner"):
            self.runner.close()
            for store in self.stores:
                store.close_here()

    # What happens.

    def _deliver(self, *deliveries):
        """Clicks to replicas, all at once, until nobody has anything left to do."""

        async def carry_out():
            for replica, click in deliveries:
                await self.scenes[replica].inbox.take(click)
            for replica, click in deliveries:
                self.scenes[replica].inbox.carry_out_soon(click)
            for scene in self.scenes:
                await scene.inbox.drain()
                await scene.inbox.sweep()

        self.runner.run(carry_out())
        self.clicks += [click for _, click in deliveries]
        self._judge_new_votes()

    def _request(self, pick):
        found = self.here.requests()
        return found[-1 - pick % len(found)] if found else None

    def _press(self, kind, by, request, **values):
        return self.here.click(kind, by, request.id, **values)

    @rule(replica=REPLICAS, by=USERS)
    def ask(self, replica, by):
        """For somebody who was flagged just now, and whoever else nobody asked for yet."""
        self.flagged += 1
        self.here.flag(f"u{self.flagged}")
        asked = {"action": "Confirm safe", "cohorts": tuple(Cohort), "reason": "Microsoft's mistake"}
        self._deliver((replica, self.here.click(ClickKind.SUBMIT_REQUEST, by, **asked)))

    @precondition(lambda self: self.here.requests())
    @rule(replica=REPLICAS, by=USERS, pick=PICK, kind=st.sampled_from([ClickKind.APPROVE] * 9 + [ClickKind.REJECT]))
    def vote(self, replica, by, pick, kind):
        self._deliver((replica, self._press(kind, by, self._request(pick))))

    def _fit(self, request):
        """Accounts of people whose signature could count, one a person who has not signed."""
        votes = self.here.look(lambda tx: tx.requests.votes_on(TENANT, request.id))
        gone = {WHO[vote.user_id] for vote in votes} | {WHO[request.requester]}
        listed = [user for user in sorted(WHO) if user in self.slack.groups["SSIGN"] and WHO[user] not in gone]
        return listed + (["UGLASS"] if request.break_glass_needed and "glass" not in gone else [])

    def _signature(self, user, request):
        """A press, or where the user is enrolled the submission of the dialog that it opened."""
        press = self._press(ClickKind.APPROVE, user, request)
        if user not in {"UBEN2", "UGLASS"}:
            return press
        self._deliver((0, press))
        self.clock.pass_(31)
        code = code_of(self.here, user)
        return self._press(ClickKind.SUBMIT_APPROVAL, user, request, opened_by=press.key, code=code)

    @precondition(lambda self: self.here.requests())
    @rule(replica=REPLICAS, which=PICK, pick=st.sampled_from([0, 0, 0, 1]))
    def sign_if_fit(self, replica, which, pick):
        request = self._request(pick)
        fit = self._fit(request)
        if fit:
            self._deliver((replica, self._signature(fit[which % len(fit)], request)))

    @precondition(lambda self: self.here.requests())
    @rule(replica=REPLICAS, pick=st.sampled_from([0, 0, 0, 1]))
    def sign_under_another_account(self, replica, pick):
        """Whoever asked or signed, under every other Slack account of that person; Ben is asked to sign first."""
        request = self._request(pick)
        ben = [user for user in self._fit(request) if WHO[user] == "ben"]
        if ben:
            self._deliver((replica, self._signature(ben[0], request)))
        votes = self.here.look(lambda tx: tx.requests.votes_on(TENANT, request.id))
        known = {request.requester, *(vote.user_id for vote in votes)}
        others = [user for user in WHO if user not in known and WHO[user] in {WHO[each] for each in known}]
        for user in others:
            self._deliver((replica, self._signature(user, request)))

    @precondition(lambda self: self.here.requests())
    @rule(pick=st.sampled_from([0, 0, 0, 1]), twice=st.booleans())
    def all_who_are_fit_sign_at_once(self, pick, twice):
        request = self._request(pick)
        clicks = [self._signature(user, request) for user in self._fit(request)]
        self._deliver(*((number % 2, click) for number, click in enumerate(clicks * (1 + twice))))

    @precondition(lambda self: self.here.requests())
    @rule(votes=st.lists(st.tuples(REPLICAS, USERS, PICK), min_size=2, max_size=6))
    def vote_at_once(self, votes):
        pressed = [(replica, self._press(ClickKind.APPROVE, by, self._request(pick))) for replica, by, pick in votes]
        self._deliver(*pressed)

    @precondition(lambda self: self.here.requests())
    @rule(
        replica=REPLICAS,
        by=st.sampled_from(["UBEN2", "UGLASS"]),
        pick=PICK,
        submitted_by=st.none() | USERS,
        other=st.none() | PICK,
        code=st.sampled_from(["right"] * 4 + ["wrong", "", "old"]),
    )
    def sign_by_dialog(self, replica, by, pick, submitted_by, other, code):
        """Sometimes by somebody else, or with metadata that names another request, or with a code that is not right."""
        request = self._request(pick)
        press = self._press(ClickKind.APPROVE, by, request)
        self._deliver((replica, press))
        typed = {"right": code_of(self.here, by), "wrong": "000000", "": "", "old": getattr(self, "old_code", "111111")}
        if code == "right":
            self.old_code = typed["right"]
        named = request if other is None else self._request(other)
        submission = self._press(
            ClickKind.SUBMIT_APPROVAL, submitted_by or by, named, opened_by=press.key, code=typed[code]
        )
        self._deliver((replica, submission), (1 - replica, submission))
        self.clock.pass_(31)

    @precondition(lambda self: self.here.requests())
    @rule(replica=REPLICAS, by=USERS, pick=PICK, place=st.sampled_from([Posted("C9", "1.1"), Posted("", "")]))
    def vote_on_a_copy(self, replica, by, pick, place):
        self._deliver((replica, self._press(ClickKind.APPROVE, by, self._request(pick), at=place)))

    @precondition(lambda self: self.here.requests())
    @rule(replica=REPLICAS, by=USERS, pick=PICK, team=st.sampled_from(["", "TOTHER"]), host=st.booleans())
    def vote_from_elsewhere(self, replica, by, pick, team, host):
        """From another workspace, or saying of itself that it was made on the host."""
        press = self._press(ClickKind.APPROVE, by, self._request(pick), team_id=team, is_from_host=host)
        self._deliver((replica, press))

    @precondition(lambda self: self.clicks)
    @rule(replica=REPLICAS, which=st.integers(0, 30))
    def deliver_again(self, replica, which):
        self._deliver((replica, self.clicks[which % len(self.clicks)]))

    @precondition(lambda self: self.here.requests())
    @rule(replica=REPLICAS, by=USERS, pick=PICK)
    def withdraw(self, replica, by, pick):
        self._deliver((replica, self._press(ClickKind.WITHDRAW, by, self._request(pick))))

    @rule(minutes=st.sampled_from([1, 30, 240]))
    def time_passes(self, minutes):
        self.clock.pass_(minutes * 60)
        for scene in self.scenes:
            if scene.tenant.work.hold is not None:
                self.runner.run(expire_requests(scene.tenant))

    @rule(replica=REPLICAS)
    def restart(self, replica):
        held = self.scenes[replica].tenant.work.hold
        self.scenes[replica] = self._scene(self.stores[replica])
        self.scenes[replica].tenant.work.hold = held
        self.runner.run(self.scenes[replica].inbox.sweep(ahead=3600 * SECOND))
        self._judge_new_votes()

    @rule(replica=REPLICAS)
    def take_over(self, replica):
        self._hold(replica)

    @rule(user=USERS, group=st.sampled_from(["SASK", "SSIGN"]), joins=st.booleans())
    def change_group(self, user, group, joins):
        members = self.slack.groups[group]
        self.slack.groups[group] = members | {user} if joins else members - {user}

    @rule(person=st.sampled_from(sorted(set(WHO.values()))), is_open=st.booleans())
    def change_risk(self, person, is_open):
        account = f"account-of-{person}"
        self.graph.risky[account] = risky(account, state="atRisk" if is_open else "remediated")

    @rule(user=USERS, fault=st.sampled_from(["is_guest", "is_deleted", "is_stranger", ""]))
    def change_standing(self, user, fault):
        whole = replace(self.slack.people[user], is_guest=False, is_deleted=False, is_stranger=False)
        self.slack.people[user] = replace(whole, **{fault: True}) if fault else whole

    @rule(band=st.sampled_from(BANDS))
    def weigh(self, band):
        self.here.weigh(band)
        self.band = band

    @precondition(lambda self: self.here.requests())
    @rule(pick=PICK)
    def evidence_gets_worse_and_all_sign_at_once(self, pick):
        self.weigh(Band.LEANS_ATTACK)
        self.all_who_are_fit_sign_at_once(pick, twice=False)

    @rule(person=st.sampled_from(["cara", "glass"]))
    def flag_signer(self, person):
        self.here.flag(f"account-of-{person}")

    # What must hold.

    def _judge_new_votes(self):
        """Each vote that has come to count was one that its voter could give at that moment."""
        for request in self.here.requests():
            body = self.here.look(lambda tx, request=request: tx.requests.plan_body(TENANT, request.plan_hash))
            for vote in self.here.look(lambda tx, request=request: tx.requests.votes_on(TENANT, request.id)):
                if (request.id, vote.user_id) in self.judged:
                    continue
                self.judged.add((request.id, vote.user_id))
                who = self.slack.people[vote.user_id]
                assert (who.is_guest, who.is_deleted, who.is_stranger) == (False, False, False)
                assert vote.user_id in self.slack.groups["SSIGN"] or vote.user_id in GLASS
                assert WHO[vote.user_id] != WHO[request.requester] or vote.verdict is Verdict.REJECT
                assert vote.at < request.expires_at
                if vote.verdict is Verdict.APPROVE:
                    account = f"account-of-{WHO[vote.user_id]}"
                    known = self.graph.risky.get(account)
                    assert known is None or not known.is_open
                    assert account not in read_plan(body).user_ids
                    assert self.band.rank <= Band(request.band).rank

    @invariant()
    def nothing_runs_without_the_people_it_needs_and_nothing_twice(self):
        if not hasattr(self, "scenes"):
            return
        runs = 0
        for request in self.here.requests():
            run = self.here.run_of(request)
            assert (run is not None) == (request.state is RequestState.APPROVED)
            if run is None:
                continue
            runs += 1
            votes = self.here.look(lambda tx, request=request: tx.requests.votes_on(TENANT, request.id))
            assert all(vote.verdict is Verdict.APPROVE for vote in votes)
            signers = {WHO[vote.user_id] for vote in votes} - {WHO[request.requester]}
            under_glass = {WHO[vote.user_id] for vote in votes if vote.user_id in GLASS and vote.with_code}
            rank = Band(request.band).rank
            assert len(signers) >= request.approvals_needed >= (1 if rank == 0 else 2)
            assert len(under_glass) >= request.break_glass_needed >= (1 if rank == 2 else 0)
            body = self.here.look(lambda tx, request=request: tx.requests.plan_body(TENANT, request.plan_hash))
            assert set(self.here.outcomes(run)) == set(read_plan(body).user_ids)
        assert len(self.here.written(Event.RUN_QUEUED)) == runs


def drive(fresh, examples):
    run_state_machine_as_test(
        type("TwoKeysHere", (TwoKeys,), {"fresh": staticmethod(fresh)}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_no_order_of_events_breaks_two_keys_on_sqlite():
    drive(new_sqlite_in_its_place, 40)


def test_no_order_of_events_breaks_two_keys_on_postgresql(postgresql_url):  # noqa: F811 - the fixture
    def fresh():
        empty(postgresql_url)
        return postgresql_url

    drive(fresh, 20)
