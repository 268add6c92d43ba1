"""How long to wait before a service that failed is asked again: twice as long after each failure, up to a limit."""

import asyncio
from contextlib import suppress
from typing import TypeVar

Span = TypeVar("Span", int, float)


def wait_after(failures: int, *, first: Span, longest: Span) -> Span:
    """The wait after so many failures in a row, one or more, in the unit of `first` and `longest`."""
    wait = first
    for _ in range(failures - 1):
        if wait >= longest:
            break
        wait *= 2
    return min(wait, longest)


async def wait_unless(told: asyncio.Event, seconds: float) -> None:
    """Wait so long, and no longer once the event is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await told.wait()
