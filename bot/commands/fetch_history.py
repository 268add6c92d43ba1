"""countersign fetch-history: the tenant's own past detections in a file, for countersign backtest."""

import asyncio
from pathlib import Path

import typer

from bot.operations.watching.history_file import history_writer
from bot.ports.graph import GraphError, Priority
from bot.process.doors import graph_of
from bot.process.world import RealWorld
from bot.settings import GraphSettings, read_graph_settings
from bot.watch.durations import DAY


def fetch(file: Path, days: int) -> None:
    """Write the file. Exit code 1 when Graph gives no whole answer, 2 when the file can't be written."""
    settings = read_graph_settings()
    try:
        count = asyncio.run(_fetch(settings, file, days))
    except GraphError as problem:
        typer.echo(f"{problem.problem.value}: {problem.why}. {file} was not written.", err=True)
        raise typer.Exit(1) from None
    except OSError as problem:
        typer.echo(f"{file} can't be written: {problem.strerror}.", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{count:,} detections written to {file}.", err=True)


async def _fetch(settings: GraphSettings, file: Path, days: int) -> int:
    world = RealWorld()
    graph = graph_of(settings, world)
    seen: set[str] = set()
    try:
        with history_writer(file) as write:
            async for page in graph.detections(since=world.now() - days * DAY, priority=Priority.DEEP):
                for detection in page.items:
                    if detection.id not in seen:
                        seen.add(detection.id)
                        write(detection.raw)
                typer.echo(f"{len(seen):,} detections so far", err=True)
    finally:
        await graph.close()
    return len(seen)
