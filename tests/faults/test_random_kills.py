"""kill -9 at moments that chance gives, over many runs: nobody is lost, nobody is acted on outside the plan.

Twenty kills here, on both databases; with COUNTERSIGN_NIGHTLY=1 two hundred.
"""

import asyncio
import os
import random

import pytest

from sim.tenant import Arrival
from tests.faults.accounts import everybody_is_accounted_for
from tests.faults.databases import options_for
from tests.journeys.side_by_side import Stories
from tests.journeys.story import IDS_IN_A_WRITE, Story, quick

KILLS_A_RUN = {"sqlite": 4, "postgresql": 2}
"""On PostgreSQL a dead process is replaced once its lease has run out, which takes its time each time."""
RUNS = {"sqlite": 40, "postgresql": 20} if os.environ.get("COUNTERSIGN_NIGHTLY") else {"sqlite": 4, "postgresql": 2}
PATIENCE = 150.0
LONGEST_DELAY = 0.4

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Killer:
    """Kills the bot after so many calls, and so long after that. The first two fall right at a write."""

    def __init__(self, story: Story, seed: int, most: int) -> None:
        self._story = story
        self._chance = random.Random(seed)
        self.most = self._left = most
        self._calls = 1
        self._is_falling = False
        self.kills = 0

    async def hook(self, arrival: Arrival) -> None:
        """Counts the calls of the run as they arrive and as they were carried out."""
        if self._is_falling or not self._left or arrival.family != "identityProtection":
            return
        is_write = arrival.method == "POST"
        if self._left == self.most and not (is_write and arrival.moment == "arrived"):
            return  # the first kill: the intent is committed, Microsoft has not carried it out
        if self._left == self.most - 1 and not (is_write and arrival.moment == "carried out"):
            return  # the second: carried out, the answer not yet committed
        self._calls -= 1
        if self._calls > 0:
            return
        self._is_falling = True
        delay = 0.0 if self._left >= self.most - 1 else self._chance.uniform(0, LONGEST_DELAY)
        asyncio.get_running_loop().call_later(delay, self._kill)

    def _kill(self) -> None:
        self._left -= 1
        self.kills += 1
        self._calls = self._chance.randint(1, 8) if self._left < self.most - 1 else 1
        self._is_falling = False
        self._story.stage.kill_bot()


CASES = {f"{database} {seed}": (database, seed) for database, runs in RUNS.items() for seed in range(runs)}


@stories.each(CASES)
async def test_after_kills_at_random_moments_every_user_has_one_outcome_that_all_records_share(tell, database, seed):
    story = await tell(quick(users=900), **options_for(database))
    killer = Killer(story, seed, KILLS_A_RUN[database])
    request = await story.ask()
    story.faults.on_request(killer.hook)
    await story.sign(request)
    await story.done(PATIENCE)
    assert killer.kills >= min(3, killer.most), "the run was long enough to be killed at a write twice and once more"
    await everybody_is_accounted_for(story, repeated_at_most=killer.kills * IDS_IN_A_WRITE)
    assert len(story.slack.messages(story.stage.workspace.home.id)) == 1
