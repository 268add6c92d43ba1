"""Both databases, with what other rows need to stand on."""

import pytest

from bot.decide.plan import canonical, plan_hash
from tests.databases import (  # noqa: F401 - fixtures
    database_url,
    empty_database_url,
    empty_postgresql_url,
    opened,
    postgresql_url,
    sqlite_url,
    store,
)
from tests.values import TENANT, plan_of, request, run, surge

PLAN = plan_of("ada", "bob", "cy")
BODY = canonical(PLAN)
HASH = plan_hash(BODY)


@pytest.fixture
def transact(store):  # noqa: F811 - the fixture
    """Run one transaction here and now."""
    return store.transact_here


@pytest.fixture
def with_surge(transact):
    """A surge stands."""
    transact(lambda tx: tx.surges.keep_surge(surge()))


@pytest.fixture
def with_request(transact, with_surge):
    """A surge and a pending request."""

    def make(tx):
        tx.requests.add_plan(TENANT, HASH, BODY)
        tx.requests.add_request(request(plan_hash=HASH))

    transact(make)
    return request(plan_hash=HASH)


@pytest.fixture
def with_run(transact, with_request):
    """A surge, a request, and a run over three users."""
    going = run(plan_hash=HASH)
    transact(lambda tx: tx.runs.add_run(going, PLAN.user_ids))
    return going
