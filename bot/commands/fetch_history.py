"""countersign fetch-history: the tenant's own past detections in a file, for countersign backtest."""

import asyncio
from pathlib import Path

import typer

from bot.graph.door import open_graph
from bot.operations.watching.history_file import history_writer
from bot.ports.graph import GraphError, Priority
from bot.process.world import RealWorld
from bot.settings import GraphSettings, read_graph_settings

DAY = 24 * 3600 * 1_000_000


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
    token = settings.graph_access_token
    world = RealWorld()
    graph = open_graph(
        tenant_id=settings.azure_tenant_id,
        graph_url=settings.graph_url,
        access_token=token.get_secret_value() if token else None,
        world=world,
        requests_per_second=settings.identity_protection_rps,
        reports_per_second=settings.reports_rps,
    )
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
