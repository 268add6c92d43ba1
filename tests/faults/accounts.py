"""Every user accounted for: the plan, the outcomes, the tenant's own record and the ledger tell the same."""

import json
from collections import Counter, defaultdict

from tests.journeys.story import Story

FINAL = {"verified", "skipped", "failed"}
CLOSED = {"confirmedSafe", "dismissed", "remediated", "none"}
AT_RISK_NOW = {"atRisk", "confirmedCompromised", None}


async def everybody_is_accounted_for(
    story: Story, *, repeated_at_most: int = 0, still_on_the_way: frozenset[str] = frozenset()
) -> None:
    """What must hold after any fault. Verified users may have been closed twice only by a batch sent twice."""
    plans = {row[0]: json.loads(bytes(row[1])) for row in story.rows("SELECT hash, body FROM plans")}
    runs = story.rows("SELECT id, plan_hash, request_id, state FROM runs")
    assert runs
    for run_id, plan_hash, request_id, _state in runs:
        assert story.rows("SELECT state FROM requests WHERE id = ?", request_id) == [("approved",)]
        outcomes = dict(story.rows("SELECT user_id, state FROM outcomes WHERE run_id = ?", run_id))
        assert sorted(outcomes) == plans[plan_hash]["user_ids"], "the run has the users of its plan and no others"
        open_users = {user for user, state in outcomes.items() if state not in FINAL}
        assert open_users == still_on_the_way & outcomes.keys()
        _ledger_agrees(story, run_id, outcomes)
        _tenant_agrees(story, run_id, outcomes)
    _nobody_else_was_touched(story, plans, repeated_at_most)
    assert story.rows("SELECT count(*) FROM intents WHERE answered_at IS NULL") == [(0,)]
    assert story.rows("SELECT count(*) FROM open_intent_users") == [(0,)]
    verified = await story.command("ledger", "verify")
    assert verified.status == 0, verified


def _ledger_agrees(story: Story, run_id: str, outcomes: dict[str, str]) -> None:
    """The last word of the ledger on each user is his outcome, and every write was announced there first."""
    last: dict[str, str] = {}
    rows = story.rows("SELECT body FROM ledger WHERE subject = ? AND event = 'users:settled' ORDER BY number", run_id)
    for (body,) in rows:
        last |= {user: state for user, state, *_ in json.loads(bytes(body))["users"]}
    assert last == {user: state for user, state in outcomes.items() if state in FINAL}


def _tenant_agrees(story: Story, run_id: str, outcomes: dict[str, str]) -> None:
    sends = dict(story.rows("SELECT user_id, sends FROM outcomes WHERE run_id = ?", run_id))
    written = {user for write in story.tenant.writes if 200 <= write.status < 300 for user in write.user_ids}
    for user, state in outcomes.items():
        if state == "verified":
            assert story.tenant.state_of(user) in CLOSED, (user, story.tenant.state_of(user))
            assert user in written
        if state == "skipped" and not sends[user]:
            assert user not in written, "who is told to be skipped was not written to"


def _nobody_else_was_touched(story: Story, plans: dict[str, dict[str, object]], repeated_at_most: int) -> None:
    announced: dict[str, set[str]] = defaultdict(set)
    for (body,) in story.rows("SELECT body FROM ledger WHERE event = 'batch:announced'"):
        facts = json.loads(bytes(body))
        announced[facts["plan"]] |= set(facts["users"])
    for plan_hash, users in announced.items():
        assert users <= set(plans[plan_hash]["user_ids"])  # type: ignore[call-overload]
    everybody = set().union(*announced.values()) if announced else set()
    touched = Counter(user for write in story.tenant.writes if write.status != 0 for user in write.user_ids)
    assert touched.keys() <= everybody, "every write was announced before"
    accepted = Counter(user for write in story.tenant.writes if 200 <= write.status < 300 for user in write.user_ids)
    sends = Counter(dict(story.rows("SELECT user_id, sum(sends) FROM outcomes GROUP BY user_id")))
    more_than_told = sum(max(0, times - max(1, int(sends[user]))) for user, times in accepted.items())
    assert more_than_told <= repeated_at_most, f"{more_than_told} users were sent more often than the record tells"
