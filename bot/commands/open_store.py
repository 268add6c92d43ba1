"""The database, for the commands that read it or write a row for the running bot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.settings import SettingsError, read_settings, read_store_settings, read_tenants

if TYPE_CHECKING:
    from bot.store.database import Database
    from bot.store.transaction import Transaction

BAD_SETTINGS = 2


@contextmanager
def open_store() -> Iterator["Database"]:
    """Closed at the end. Raises SettingsError; ends with 2 where there is no database yet."""
    from bot.store.database import Database  # noqa: PLC0415 - the other commands start faster
    from bot.store.engine import open_engine  # noqa: PLC0415

    url = read_store_settings().database
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and not path.exists():
        typer.echo(f"There is no database at {path}. Set COUNTERSIGN_DATA_DIR or COUNTERSIGN_DATABASE_URL.", err=True)
        raise typer.Exit(BAD_SETTINGS)
    store = Database(open_engine(url))
    try:
        yield store
    finally:
        store.close_here()


def tenant_ids(tx: "Transaction") -> tuple[str, ...]:
    """Every tenant that is served or has a ledger: what concerns all of them is written into each."""
    try:
        served = [each.settings.azure_tenant_id for each in read_tenants(read_settings())]
    except SettingsError:
        served = []  # the command may run where only the database is known
    return tuple(dict.fromkeys([*served, *tx.ledger.tenants_with_ledger()]))
