"""Wakes whoever waits for something to happen in the workspace."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


class Changes:
    """A condition that plain code may signal: everyone who waits looks again after each change."""

    def __init__(self) -> None:
        self.version = 0
        self._next = asyncio.Event()

    def signal(self) -> None:
        """Something has changed: whoever waits looks again."""
        self.version += 1
        self._next.set()
        self._next = asyncio.Event()

    async def after(self, version: int) -> int:
        """Returns when there is a later version than this one, and says which."""
        while self.version <= version:
            await self._next.wait()
        return self.version

    async def until(self, predicate: Callable[[], Found], timeout: float) -> Found:  # noqa: ASYNC109 (the caller's word)
        """What the predicate returns once that is true; TimeoutError after so many seconds."""
        async with asyncio.timeout(timeout):
            while not (found := predicate()):
                await self._next.wait()
            return found
