"""Look at the database."""

import asyncio

from bot.operations.doctor.check import Check, failed, passed
from bot.ports.examination import DatabaseFacts, DatabaseState, StoreExamination

DATABASE = "database"


async def look_at_database(store: StoreExamination) -> tuple[Check, DatabaseFacts]:
    """Whether `countersign run` could use it, and what it holds."""
    facts = await asyncio.to_thread(store.database)
    return _judged(facts), facts


def _judged(facts: DatabaseFacts) -> Check:
    match facts.state:
        case DatabaseState.READY:
            return passed(DATABASE, f"{facts.kind}: reachable and up to date")
        case DatabaseState.ABSENT:
            return passed(DATABASE, f"{facts.kind}: not there yet; countersign run makes it")
        case DatabaseState.OLDER:
            return passed(DATABASE, f"{facts.kind}: reachable; countersign run brings it up to date at its next start")
        case DatabaseState.NEWER:
            return failed(
                DATABASE,
                f"{facts.kind}: made by a newer version ({facts.why})",
                "upgrade this installation, or name another database",
            )
        case DatabaseState.UNUSABLE:
            return failed(
                DATABASE, f"{facts.kind}: {facts.why}", "see COUNTERSIGN_DATABASE_URL and COUNTERSIGN_DATA_DIR"
            )
