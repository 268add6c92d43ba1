"""On which database a story is told."""

from typing import Any

from tests.databases import new_postgresql_database

BOTH = {"sqlite": ("sqlite",), "postgresql": ("postgresql",)}


def options_for(database: str) -> dict[str, Any]:
    """The stage's options: nothing for SQLite, a database of its own on PostgreSQL."""
    if database == "sqlite":
        return {}
    return {"environment": {"COUNTERSIGN_DATABASE_URL": new_postgresql_database()}}
