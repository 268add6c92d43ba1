"""A scene on either database."""

import pytest

from bot.decide.policy import Policy
from bot.operations.bells import Bells
from bot.operations.tenant import Tenant, Work
from tests.databases import database_url, opened, postgresql_url, sqlite_url, store  # noqa: F401 - fixtures
from tests.operations.fakes import Clock, FakeDetector, FakeGraph, FakeSlack
from tests.operations.scene import CHANNEL, TEAM, Scene
from tests.values import HOUR, NOW, SECOND, TENANT, directory_user, person

PEOPLE = ("UANNA", "UBEN", "UCARA", "UDORA")


@pytest.fixture
def scene(store):  # noqa: F811 - the fixture
    """A tenant whose lease is held, with three people who may sign and one who may do nothing."""
    clock = Clock(NOW)
    graph, detector = FakeGraph(clock), FakeDetector()
    slack = FakeSlack(people={user: person(user) for user in PEOPLE})
    for user in PEOPLE:
        address = f"{user.lower()}@contoso.example"
        graph.accounts[address] = (directory_user(f"account-of-{user}", address),)
    tenant = Tenant(
        id=TENANT,
        channel=CHANNEL,
        team_id=TEAM,
        policy=Policy(
            requesters=("UANNA", "UBEN"),
            approvers=("UANNA", "UBEN", "UCARA"),
            approvals_needed=1,
            request_lifetime=4 * HOUR,
            resend_after=120 * SECOND,
            canary=0,
        ),
        store=store,
        graph=graph,
        slack=slack,
        world=clock,
        new_detector=lambda users: detector,
        bells=Bells(),
        work=Work(
            hold=store.transact_here(lambda tx: tx.leases.claim_lease(f"tenant:{TENANT}", "this process", 600.0)),
            detector=detector,
        ),
    )
    return Scene(tenant, store, graph, slack, clock, detector)
