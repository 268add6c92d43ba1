"""What the doctor examines, by hand."""

from bot.ports.examination import (
    DatabaseFacts,
    DatabaseState,
    GraphExamination,
    StoreExamination,
    TokenFacts,
    Trial,
)
from bot.ports.graph import GraphError, Problem


class ExaminedGraph:
    """bot.ports.examination.GraphExamination: answers every trial, or refuses every one; keeps what was tried."""

    def __init__(self, refused: Problem | None = None) -> None:
        self.refused = refused
        self.tried: list[Trial] = []

    async def token(self) -> TokenFacts:
        return TokenFacts(None, None)

    async def clock_difference(self) -> float:
        return 0.0

    async def attempt(self, trial: Trial) -> None:
        self.tried.append(trial)
        if self.refused is not None:
            raise GraphError(self.refused, "Microsoft's limit was reached again and again", status=429)


class ExaminedStore:
    """bot.ports.examination.StoreExamination: a database that is still to be made."""

    def database(self) -> DatabaseFacts:
        return DatabaseFacts("SQLite", DatabaseState.OLDER)


def _keep_their_contracts(graph: ExaminedGraph, store: ExaminedStore) -> tuple[GraphExamination, StoreExamination]:
    """For mypy: a fake that leaves a port's contract is an error here."""
    return graph, store
