"""What Graph may answer to a write, and what may happen meanwhile."""

from sqlalchemy import text

from bot.act.outcome import OutcomeState
from bot.decide.action import Action
from bot.ports.graph import Answer
from tests.operations.fakes import ACCEPTED
from tests.values import SECOND, TENANT, detection

SAFE = Action.CONFIRM_SAFE
NO_ANSWER = Answer(None, "", "the connection was lost")
REFUSED = Answer(400, "r-400", "somebody in it is unknown")
VERIFIED, SKIPPED, WAITING, FAILED = (
    OutcomeState.VERIFIED,
    OutcomeState.SKIPPED,
    OutcomeState.WAITING,
    OutcomeState.FAILED,
)


def many(count):
    return [f"user{number:03}" for number in range(count)]


def answering(scene, change, answer=ACCEPTED):
    """An answer that comes after something happened while the write was on its way."""

    async def answer_late():
        done = change()
        if hasattr(done, "__await__"):
            await done
        return answer

    scene.graph.answers.append(answer_late)


def lose_lease(scene):
    with scene.store._engine.begin() as connection:
        connection.execute(text("UPDATE leases SET holder = 'another', epoch = epoch + 1"))


def flag_anew(scene, *users, kind="anomalousToken"):
    """These users are flagged for something that is not the surge's."""
    found = [detection(user, kind=kind, at=scene.clock.now() - SECOND) for user in users]
    scene.look(lambda tx: tx.detections.keep_detections(TENANT, found, scene.clock.now()))


async def tripped(scene, users=6):
    """A run that a tripwire paused: so many of its users were flagged for something else."""
    scene.flag(*many(130))
    run = await scene.approved()
    scene.clock.pass_(1)
    flag_anew(scene, *many(users))
    await scene.step(run)
    return run
