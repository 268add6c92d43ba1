"""The whole process beside an invented breach service: it is asked slowly, and nobody waits for it."""

import json
from datetime import date

import pytest

from sim.breach import Breach, BreachServer
from tests.databases import new_postgresql_database
from tests.journeys.side_by_side import Stories
from tests.journeys.story import quick

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")
HALF_THE_RATE = "1000"
"""Of what the scaled service allows a minute: its minute is so short that a busy machine's delays would count."""
KEY = "0123456789abcdef0123456789abcdef"


def told(story):
    """The breach service's row in the newest briefing."""
    kept = story.rows("SELECT body FROM briefings ORDER BY made_at DESC, revision DESC LIMIT 1")
    if not kept:
        return {}
    rows = (json.loads(kept[0][0]).get("evidence") or {}).get("rows", [])
    return next((row for row in rows if row["name"] == "breach service"), {})


@stories.story
async def test_a_sample_of_the_flagged_is_asked_about_and_told_of_in_the_evidence(tell):
    async with BreachServer(key=KEY, per_minute=10, scale=200) as service:

        def with_a_key(stage):
            stage.environment |= {
                "COUNTERSIGN_BREACH_KEY": KEY,
                "COUNTERSIGN_BREACH_URL": service.url,
                "COUNTERSIGN_BREACH_PER_MINUTE": HALF_THE_RATE,
            }
            for user in stage.tenant.users:
                service.know(user.mail or user.user_principal_name, Breach("Long ago", date(2010, 1, 1)))

        story = await tell(quick(), before=with_a_key)
        await story.ready()
        await story.true("the row of the breach service", lambda: told(story).get("reading") == "read")
        flagged = {user_id for (user_id,) in story.rows("SELECT user_id FROM surge_users")}
        addresses = {
            (user.mail or user.user_principal_name).lower() for user in story.tenant.users if user.id in flagged
        }
        assert {each.lower() for each in service.asked} <= addresses
        assert len(service.asked) == len(set(service.asked)) <= 60
        assert {each.status for each in service.requests} == {200}
        assert "0 of " in told(story)["finding"]
        assert not any(address in story.log.lower() for address in addresses)
        assert KEY not in story.log


@stories.story
async def test_of_two_processes_one_asks_since_the_rate_limit_is_one_for_all(tell):
    async with BreachServer(key=KEY, per_minute=10, scale=200) as service:
        environment = {
            "COUNTERSIGN_DATABASE_URL": new_postgresql_database(),
            "COUNTERSIGN_BREACH_KEY": KEY,
            "COUNTERSIGN_BREACH_URL": service.url,
            "COUNTERSIGN_BREACH_PER_MINUTE": HALF_THE_RATE,
        }
        story = await tell(quick(), environment=environment, replicas=2)
        await story.logged('"started"', times=2)
        await story.true("the row of the breach service", lambda: told(story).get("reading") == "read")
        assert len(service.asked) == len(set(service.asked)) > 0
        assert {each.status for each in service.requests} == {404}
        assert story.rows("SELECT count(*) FROM leases WHERE name = 'breach-service'") == [(1,)]


@stories.story
async def test_a_breach_service_that_is_away_delays_nobody(tell):
    def with_a_key(stage):
        stage.environment |= {"COUNTERSIGN_BREACH_KEY": KEY, "COUNTERSIGN_BREACH_URL": "http://127.0.0.1:9"}

    story = await tell(quick(), before=with_a_key)
    await story.clear_everybody()
    await story.all_is_well()
    await story.logged("breach_service_failed")
    await story.true("the row that says why", lambda: "did not answer" in told(story).get("finding", ""))
