"""The ledger's chain: append-only, one chain a tenant, each row bound to the one before by SHA-256."""

import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from enum import StrEnum

import msgspec

GENESIS = "0" * 64
"""The hash before a tenant's first row."""


class Event(StrEnum):
    """What a ledger row tells: subject:action."""

    SURGE_OPENED = "surge:opened"
    SURGE_ENDED = "surge:ended"
    SURGE_REOPENED = "surge:reopened"
    SURGE_CLOSED = "surge:closed"
    SURGE_ACKNOWLEDGED = "surge:acknowledged"
    SURGE_SNOOZED = "surge:snoozed"
    BRIEFING_MADE = "briefing:made"
    REQUEST_MADE = "request:made"
    REQUEST_VOTED = "request:voted"
    REQUEST_APPROVED = "request:approved"
    REQUEST_REJECTED = "request:rejected"
    REQUEST_WITHDRAWN = "request:withdrawn"
    REQUEST_EXPIRED = "request:expired"
    REQUEST_SUPERSEDED = "request:superseded"
    REQUEST_CALLED = "request:called"
    RECOVERY_REQUESTED = "recovery:requested"
    CODE_ENROLLED = "code:enrolled"
    CODE_REMOVED = "code:removed"
    CODE_REFUSED = "code:refused"
    CLICK_REFUSED = "click:refused"
    RUN_QUEUED = "run:queued"
    RUN_STARTED = "run:started"
    RUN_PAUSED = "run:paused"
    RUN_RESUMED = "run:resumed"
    RUN_STOPPED = "run:stopped"
    RUN_CANARY_PASSED = "run:canary-passed"
    RUN_TRIPPED = "run:tripped"
    RUN_COUNTERSIGNED = "run:countersigned"
    RUN_DONE = "run:done"
    BATCH_ANNOUNCED = "batch:announced"
    BATCH_ANSWERED = "batch:answered"
    BATCH_READ_BACK = "batch:read-back"
    USERS_SETTLED = "users:settled"
    USERS_FLAGGED_AGAIN = "users:flagged-again"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger. `at` in microseconds UTC; `body` is canonical JSON."""

    tenant_id: str
    number: int
    at: int
    event: str
    subject: str
    actor: str
    body: bytes
    previous: str
    hash: str


def entry_hash(entry: Entry) -> str:
    """SHA-256 over every field but the hash, each unmistakably bounded (a JSON array). Raises UnicodeError."""
    *fields, body, previous, _ = astuple(entry)
    return hashlib.sha256(msgspec.json.encode([*fields, body.decode(), previous])).hexdigest()


def next_entry(
    *, tenant_id: str, number: int, previous: str, at: int, event: Event, subject: str, actor: str, facts: object
) -> Entry:
    """The row that follows `previous`. facts: anything msgspec can write."""
    body = msgspec.json.encode(facts, order="deterministic")
    entry = Entry(tenant_id, number, at, event.value, subject, actor, body, previous, hash="")
    return replace(entry, hash=entry_hash(entry))


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain does not hold."""

    tenant_id: str
    number: int
    why: str


def _bears_its_hash(entry: Entry) -> bool:
    try:
        return entry_hash(entry) == entry.hash
    except UnicodeError:  # only a changed row holds bytes that are no text
        return False


def first_break(entries: Iterable[Entry], *, head_number: int, head_hash: str, tenant_id: str) -> Broken | None:
    """Walk a tenant's chain in order; the head (kept apart) tells whether rows are missing at the end."""
    previous, number = GENESIS, 0
    for entry in entries:
        number += 1
        if entry.number != number:
            return Broken(tenant_id, number, f"row {number} is missing; row {entry.number} follows")
        if entry.previous != previous:
            return Broken(tenant_id, number, f"row {number} does not follow the row before it")
        if not _bears_its_hash(entry):
            return Broken(tenant_id, number, f"row {number} was changed after it was written")
        previous = entry.hash
    if (number, previous) != (head_number, head_hash):
        return Broken(tenant_id, head_number, f"the chain ends at row {number}, but row {head_number} was written")
    return None
