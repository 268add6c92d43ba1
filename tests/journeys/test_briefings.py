"""Six stories, read through the real door from the invented tenant: every count is compared with its own truth.

The bot's own operations and store, without Slack: what people see of a briefing is held by tests/slack.
"""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest

from bot.decide.policy import Policy
from bot.graph.door import open_graph
from bot.operations.briefing.brief_surge import BEING_READ, brief_due_surges
from bot.operations.delivering.account_for import figures_of
from bot.operations.tenant import Bells, Tenant, Work
from bot.operations.watching.measure_tenant import measure_tenant
from bot.operations.watching.poll_tenant import poll_tenant
from bot.operations.watching.track_surges import load_detector
from bot.process.world import RealWorld
from bot.watch.briefing import Cohort
from bot.watch.profile import SignInKind
from bot.watch.rows.row import RowName, RowState
from bot.watch.scan.window_scan import WindowScan
from bot.watch.tenant_facts import TenantFacts
from sim.tenant import Limits, TenantServer
from sim.tenant.stories import STORIES
from tests.databases import opened, sqlite_url  # noqa: F401 - fixtures
from tests.operations.fakes import FakeSlack
from tests.values import HOUR, SECOND

USERS, SCALE = 400, 200
OPTIONAL_REFUSED = "every optional permission refused"
PATIENCE = 120.0


class Told:
    """A story that was told to the bot until nothing was left to read."""

    def __init__(self, server, users, briefing, figures):
        self.truth, self.users = server.tenant.truth, frozenset(users)
        self.server, self.briefing, self.figures = server, briefing, figures

    def row(self, name):
        return next((each for each in self.briefing.evidence.rows if each.name is name), None)

    def facts(self, figure):
        """By user: the fact by which he stands behind a figure."""
        found = next((each for each in self.figures if each.name == figure), None)
        return {person.user_id: person.fact for person in found.people} if found else {}

    def behind(self, figure):
        return set(self.facts(figure))

    @property
    def gaps(self):
        return {gap.what: gap.why for gap in self.briefing.gaps}


def policy():
    return Policy(
        requesters=("UANNA",),
        approvers=("UBEN",),
        approvals_needed=1,
        request_lifetime=4 * HOUR,
        resend_after=120 * SECOND,
    )


async def tell(name, store):
    """Poll until the surge is seen, and brief until everything that may be read was."""
    invented = STORIES[name](datetime.now(UTC), USERS, tail_seconds=0.0, going_on=False)
    async with TenantServer(invented, Limits(scale=SCALE), access_token="t") as server:
        world = RealWorld()
        graph = open_graph(
            tenant_id="contoso",
            graph_url=server.url,
            access_token="t",
            world=world,
            requests_per_second=SCALE / 2,
            reports_per_second=SCALE / 4,
        )
        tenant = Tenant(
            id="contoso",
            channel="C1",
            team_id="T1",
            policy=policy(),
            tenant_facts=TenantFacts(password_writeback=invented.hybrid.password_writeback),
            store=store,
            graph=graph,
            slack=FakeSlack(),
            world=world,
            new_detector=lambda users: WindowScan(users, 0.1),
            bells=Bells(),
            work=Work(
                hold=store.transact_here(lambda tx: tx.leases.claim_lease("tenant:contoso", "this process", 600.0))
            ),
        )
        try:
            await measure_tenant(tenant)
            await load_detector(tenant)
            assert await poll_tenant(tenant)
            async with asyncio.timeout(PATIENCE):
                briefing = await brief_until_read(tenant)
            surge = store.look_here(lambda tx: tx.surges.all_surges("contoso")[0])
            users = store.look_here(lambda tx: tx.surges.users_of_surge("contoso", surge.id))
            figures = store.look_here(lambda tx: figures_of(tx, surge, tenant.policy, tenant.tenant_facts))
        finally:
            await graph.close()
    return Told(server, users, briefing, figures)


async def brief_until_read(tenant):
    while True:
        await brief_due_surges(tenant)
        if tenant.work.readings.tasks:
            await asyncio.wait(tenant.work.readings.tasks.values())
            continue
        briefing, due = tenant.store.look_here(_newest)
        if not any(gap.why == BEING_READ for gap in briefing.gaps) and due > tenant.world.now():
            return briefing


def _newest(tx):
    (surge,) = tx.surges.all_surges("contoso")
    return tx.briefings.latest_briefing("contoso", surge.id), tx.surges.next_briefing("contoso")


@pytest.fixture(scope="module")
def heard():
    """Each story is told once."""
    return {}


@pytest.fixture
async def told(request, heard, opened, tmp_path_factory):  # noqa: F811 - the fixture
    name = request.param
    if name not in heard:
        from bot.store.migrate import migrate

        store = opened(f"sqlite:///{tmp_path_factory.mktemp('story') / 'countersign.sqlite3'}")
        migrate(store._engine)
        heard[name] = await tell(name, store)
    return heard[name]


def of(*names):
    return pytest.mark.parametrize("told", names, indirect=True)


ALL = of(*STORIES)
READABLE = of(*(name for name in STORIES if name not in {OPTIONAL_REFUSED, "P1 tenant"}))


@ALL
async def test_the_evidence_leads_where_the_story_says(told):
    band = told.briefing.evidence.band.value
    assert band in told.truth.expected_bands, "\n".join(
        f"{row.weight:+6.1f} {row.name.value}: {row.finding}" for row in told.briefing.evidence.rows
    )


@ALL
async def test_the_surge_holds_those_whom_the_story_flagged(told):
    assert told.users <= told.truth.surge_user_ids
    assert len(told.users) >= 0.8 * len(told.truth.surge_user_ids)
    assert told.briefing.flagged == len(told.users)


@of(*(name for name in STORIES if name != OPTIONAL_REFUSED))
async def test_how_they_sign_in_is_counted_as_it_is(told):
    kinds = Counter()
    for cohort, count in told.briefing.cohorts.items():
        federated = cohort not in {Cohort.CLOUD_ONLY, Cohort.HYBRID, Cohort.GUEST, Cohort.UNKNOWN}
        kinds[SignInKind.FEDERATED.value if federated else cohort.value] += count
    assert kinds == Counter(told.truth.kind_of[user] for user in told.users)
    providers = Counter(told.truth.provider_of[user] for user in told.users & told.truth.provider_of.keys())
    named = {cohort.value: count for cohort, count in told.briefing.cohorts.items()}
    assert {name: named.get(name) for name in providers} == providers


@READABLE
async def test_blocked_and_stuck_are_those_whom_the_story_locked_out(told):
    truth, impact = told.truth, told.briefing.impact
    blocked = truth.blocked_user_ids & told.users
    assert told.behind("blocked") == blocked
    assert impact.blocked == len(blocked) - (impact.usual or 0)
    assert told.behind("stuck at a prompt") >= truth.stuck_user_ids & told.users
    if told.users == truth.surge_user_ids:
        assert impact.attempts == truth.blocked_sign_ins


@READABLE
async def test_privileged_and_passwordless_are_those_of_the_story(told):
    truth = told.truth
    assert told.behind("privileged") == truth.privileged_user_ids & told.users
    assert told.behind("passwordless") == truth.passwordless_user_ids & told.users
    assert told.briefing.passwordless == len(truth.passwordless_user_ids & told.users)


@READABLE
async def test_the_policies_do_to_each_user_what_the_story_says(told):
    said = {user: fact.partition(":")[0] for user, fact in told.facts("what the policies do").items()}
    expected = {user: reach for user, reach in told.truth.reach_of.items() if user in told.users}
    known = {user: said.get(user) for user in expected if said.get(user) != "not known"}
    assert known == {user: reach for user, reach in expected.items() if user in known}
    assert len(known) >= 0.95 * len(expected), "the registration report lacks a few"


@READABLE
async def test_the_forecast_counts_those_who_came_on_that_day_last_week(told):
    expected = told.truth.forecast_user_ids & told.users
    unsure = sum(fact.startswith("not known") for fact in told.facts("what the policies do").values())
    assert len(expected) - unsure <= told.briefing.forecast.expected <= len(expected)


@READABLE
async def test_whoever_was_taken_over_is_held_back_and_few_who_were_not(told):
    suspects = {suspect.user_id for suspect in told.briefing.evidence.suspects}
    takeovers = told.truth.takeover_user_ids & told.users
    assert suspects >= takeovers
    assert len(suspects - takeovers) <= max(1, 0.02 * told.briefing.flagged)


@of(OPTIONAL_REFUSED)
async def test_where_every_optional_permission_is_refused_each_part_names_what_it_needs(told):
    briefing = told.briefing
    assert {"passwordless", "privileged", "what the policies do", "blocked"} <= told.gaps.keys()
    assert "AuditLog.Read.All" in told.gaps["blocked"]
    assert "Policy.Read.All" in told.gaps["what the policies do"]
    assert (briefing.passwordless, briefing.privileged, briefing.impact) == (None, None, None)
    assert told.row(RowName.TAKEOVERS).reading is RowState.NOT_AVAILABLE
    assert briefing.at_risk is not None


@of("P1 tenant")
async def test_without_p2_the_card_says_what_the_licence_withholds(told):
    assert "P2" in told.gaps["still at risk"]
    assert told.briefing.at_risk is None
    assert told.briefing.impact is not None
