"""A team can fetch its own past and see what the bot would have said about it."""

import json

import pytest

from tests.journeys.side_by_side import Stories
from tests.journeys.story import run_bot

stories = Stories()
pytestmark = pytest.mark.asyncio(loop_scope="module")


@stories.story
async def test_the_tenants_own_history_is_fetched_and_its_surge_found_in_it(tell):
    story = await tell()
    await story.card_saying("cloud-only")
    file = story.stage.folder / "history.jsonl"
    fetched = await run_bot(story.stage.bot_environment(), "fetch-history", str(file), "--days", "90")
    assert fetched.status == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len({line["id"] for line in lines}) == len(lines) > len(story.tenant.truth.surge_user_ids) / 2
    assert file.stat().st_mode & 0o077 == 0
    told = await story.command("backtest", str(file), "--tenant-users", str(len(story.tenant.users)), "--json")
    (surge,) = json.loads(told.out)["surges"]
    assert surge["riskEventTypes"] == ["leakedCredentials"]
    assert surge["windowEnd"] is surge["closed"] is None


@stories.story
async def test_a_history_that_may_not_be_read_leaves_no_file_and_says_what_is_missing(tell):
    story = await tell(before=lambda stage: stage.tenant.granted.discard("IdentityRiskEvent.Read.All"))
    file = story.stage.folder / "history.jsonl"
    fetched = await run_bot(story.stage.bot_environment(), "fetch-history", str(file))
    assert fetched.status == 1
    assert "needs IdentityRiskEvent.Read.All" in fetched.err
    assert list(story.stage.folder.glob("history*")) == []
