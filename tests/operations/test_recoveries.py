"""A recovery is carried out before other runs: flagged signers must be able to sign again."""

from dataclasses import replace

from bot.act.run import RunState
from bot.decide.plan import canonical, plan_hash
from bot.decide.request import RequestState
from bot.decide.request_kind import RequestKind
from bot.operations.running.carry_run import carry_runs
from bot.ports.graph import Answer
from tests.operations.answers import NO_ANSWER, VERIFIED, answering, many
from tests.values import NOW, SECOND, TENANT, plan_of, request, risky, run


def recover(scene, *users):
    """An approved recovery of these users, queued."""
    body = canonical(plan_of(*users))
    digest = plan_hash(body)

    def make(tx):
        tx.requests.add_plan(TENANT, digest, body)
        signed = request(id_="c" * 32, plan_hash=digest, state=RequestState.APPROVED)
        tx.requests.add_request(replace(signed, kind=RequestKind.RECOVERY))
        made = run(id_="d" * 32, request_id="c" * 32, plan_hash=digest, state=RunState.QUEUED, created_at=NOW + SECOND)
        made = replace(made, goes_first=True)
        tx.runs.add_run(made, users)
        return made

    return scene.look(make)


async def test_a_recovery_is_carried_out_before_a_run_that_was_queued_earlier(scene):
    scene.flag(*many(70))
    earlier = await scene.approved()
    first = recover(scene, "user068", "user069")
    scene.tenant.policy = replace(scene.tenant.policy, canary=10)
    await carry_runs(scene.tenant)
    assert scene.graph.sent[0][1] == ("user068", "user069")
    assert scene.run(first).canary == 0
    await scene.steps(first)
    await scene.steps(earlier)
    assert set(scene.states(first).values()) == {VERIFIED}
    assert scene.run(earlier).state is RunState.DONE


async def test_a_run_under_way_gives_way_at_its_next_batch(scene):
    scene.flag(*many(130))
    earlier = await scene.approved()
    answering(scene, lambda: recover(scene, "user128", "user129") and None)
    await carry_runs(scene.tenant)
    assert len(scene.graph.sent) == 1
    await carry_runs(scene.tenant)
    assert scene.graph.sent[1][1] == ("user128", "user129")
    await scene.steps(earlier)
    assert scene.run(earlier).state is RunState.DONE


async def test_a_recovery_that_must_wait_holds_nobody_up(scene):
    scene.flag(*many(70))
    earlier = await scene.approved()
    first = recover(scene, "user069")
    scene.graph.answers.append(Answer(503, "r", "try later"))
    await carry_runs(scene.tenant)
    assert scene.run(first).not_before > scene.clock.now()
    await carry_runs(scene.tenant)
    assert len(scene.graph.sent[-1][1]) > 1
    assert scene.run(earlier).state is RunState.RUNNING


async def test_what_was_announced_is_read_back_before_a_recovery_is_sent(scene):
    """Its users may be the recovery's, and belong to one batch at a time."""
    scene.flag(*many(70))
    scene.graph.answers.append(NO_ANSWER)
    earlier = await scene.approved()
    answering(scene, lambda: recover(scene, "user069") and None, NO_ANSWER)
    await carry_runs(scene.tenant)
    assert scene.look(lambda tx: tx.runs.run_facts(earlier, NOW)).unanswered
    sent = len(scene.graph.sent)
    while len(scene.graph.sent) == sent:
        await carry_runs(scene.tenant)
    assert not scene.look(lambda tx: tx.runs.run_facts(earlier, NOW)).unanswered
    assert scene.graph.sent[sent][1] == ("user069",)


async def test_a_recovery_is_sent_before_an_earlier_runs_effects_are_read(scene):
    scene.flag(*many(70))
    earlier = await scene.approved()
    await carry_runs(scene.tenant)
    recover(scene, "stranger")
    scene.graph.risky["stranger"] = risky("stranger")
    scene.clock.pass_(10)
    sent = len(scene.graph.sent)
    scene.graph.asked.clear()
    await carry_runs(scene.tenant)
    assert scene.graph.sent[sent][1] == ("stranger",)
    methods = [(method, what) for method, what in scene.graph.asked if method in {"held_slot", "risky_users"}]
    reads_back = next(number for number, (_, what) in enumerate(methods) if isinstance(what, tuple) and what[0])
    assert [method for method, _ in methods].index("held_slot") < reads_back
    assert scene.run(earlier).state is RunState.RUNNING
