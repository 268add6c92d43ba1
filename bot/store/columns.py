"""Columns by their kind, several at once, for the tables and for the revisions that make them.

Revisions are history: what these make never changes. None of the columns is nullable unless it says so.
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Text


def keys(*names: str) -> list[Column[str]]:
    """Texts of the primary key."""
    return [Column(name, Text, primary_key=True, nullable=False) for name in names]


def texts(*names: str, nullable: bool = False) -> list[Column[str]]:
    """Words, ids, and lists packed as JSON."""
    return [Column(name, Text, nullable=nullable) for name in names]


def numbers(*names: str, nullable: bool = False) -> list[Column[int]]:
    """Sixty-four bits: times in microseconds since 1970 UTC, epochs."""
    return [Column(name, BigInteger, nullable=nullable) for name in names]


def counts(*names: str, nullable: bool = False) -> list[Column[int]]:
    """Thirty-two bits: how many."""
    return [Column(name, Integer, nullable=nullable) for name in names]


def truths(*names: str, nullable: bool = False) -> list[Column[bool]]:
    """Yes or no."""
    return [Column(name, Boolean, nullable=nullable) for name in names]


def bodies(*names: str) -> list[Column[bytes]]:
    """Bytes as they came, or as they were packed."""
    return [Column(name, LargeBinary, nullable=False) for name in names]
