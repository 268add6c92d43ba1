"""Stories told side by side: most of a story is waiting, so a few of them share a machine well.

    stories = Stories()
    pytestmark = pytest.mark.asyncio(loop_scope="module")

    @stories.story
    async def test_a_promise(tell): ...

    @stories.each({"one": (1,), "two": (2,)})
    async def test_another(tell, number): ...

Each is a test of its own, with its own bot, tenant and workspace. The first that runs starts the selected ones of its
module, a few at a time; each awaits its own.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from sim.stage import Pace, Stage
from tests.databases import new_sqlite_database
from tests.journeys.story import Story, quick

WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
AT_ONCE = max(3, 8 // WORKERS)
"""Two cores bear eight; a process alone may take them all, several share them."""
NIGHTLY = bool(os.environ.get("COUNTERSIGN_NIGHTLY"))
LONGEST_STORY = 3 * 3600.0 if NIGHTLY else 300.0
"""Seconds from its beginning, after which a story that hangs ends with its stack."""
LONGEST_TEST = 3 * LONGEST_STORY
"""Seconds, with the wait for the story's turn: only what keeps the whole process from going on takes so long."""

Tell = Callable[..., Awaitable[Story]]
Test = Callable[..., Awaitable[None]]


class Stories:
    """The stories of one module, by the names of their tests."""

    def __init__(self) -> None:
        self.told: dict[str, Callable[[Tell], Awaitable[None]]] = {}

    def story(self, function: Test) -> Test:
        """A test of one story; it gets `tell`, which opens stages."""
        name = function.__name__
        self.told[name] = function

        async def test(ahead: Ahead) -> None:
            await ahead.end_of(name)

        return _named_as(function, test)

    def each(self, cases: Mapping[str, tuple[Any, ...]]) -> Callable[[Test], Test]:
        """A test for each case, by its name; the story gets `tell` and what the case holds."""

        def decorate(function: Test) -> Test:
            for case, values in cases.items():
                self.told[f"{function.__name__}[{case}]"] = lambda tell, values=values: function(tell, *values)

            @pytest.mark.parametrize("case", list(cases))
            async def test(ahead: Ahead, case: str) -> None:
                await ahead.end_of(f"{function.__name__}[{case}]")

            return _named_as(function, test)

        return decorate


class Ahead:
    """Stories on their way."""

    def __init__(self, stories: Stories, wanted: Iterable[str]) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._running = {
            name: asyncio.create_task(self._tell(stories.told[name])) for name in wanted if name in stories.told
        }

    async def end_of(self, name: str) -> None:
        """The end of a story, good or bad."""
        await self._running[name]

    async def stop(self) -> None:
        """Nobody awaits the rest."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _tell(self, story: Callable[[Tell], Awaitable[None]]) -> None:
        async with self._turn, asyncio.timeout(LONGEST_STORY), AsyncExitStack() as stack:

            async def tell(
                pace: Pace | None = None, *, before: Callable[[Stage], object] | None = None, **options: Any
            ) -> Story:
                """Open a stage. `before` changes it before its bot starts; `options` are the stage's own."""
                stage = Stage(pace or quick(), **options)
                stage.tenant.ineffective_user_ids = set()
                stage.prepare = _with_a_migrated_database
                if before is not None:
                    before(stage)
                await stack.enter_async_context(stage)
                return Story(stage)

            await story(tell)


def _with_a_migrated_database(folder: Path) -> None:
    """So that no bot has to make its tables first."""
    new_sqlite_database(folder / "countersign.sqlite3")


def _named_as(function: Test, test: Test) -> Test:
    """The story's name and words; not its signature, which pytest would read as fixtures."""
    test.__name__, test.__qualname__ = function.__name__, function.__qualname__
    test.__doc__, test.__module__ = function.__doc__, function.__module__
    return pytest.mark.timeout(LONGEST_TEST)(test)
