"""Every table. tenant_id is part of each key but that of leases; times are microseconds since 1970 UTC; ids are random.

Ids have 128 bits, in hex.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.schema import SchemaItem

from bot.store.columns import bodies, counts, keys, numbers, texts, truths

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, metadata, *parts)


def _added_text(name: str, default: str = "") -> Column[str]:
    """A column that came later: rows from before hold its default."""
    return Column(name, Text, nullable=False, server_default=text(f"'{default}'"))


def _added_number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=str(default))


def _added_truth(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


leases = _table("leases", *keys("name"), *texts("holder"), *numbers("epoch", "until"))

watches = _table(
    "watches",
    *keys("tenant_id"),
    *numbers("read_through", "deep_read_at", nullable=True),
    *counts("pages_in_overlap"),
    *numbers("risky_through", nullable=True),
    *counts("tenant_users", nullable=True),
    *numbers("tenant_users_at", "history_read_at", nullable=True),
    *texts("problem"),
)

detections = _table(
    "detections",
    *keys("tenant_id", "id"),
    *texts("user_id", "user_principal_name", "user_display_name", "risk_event_type"),
    *texts("risk_level", "risk_state", "risk_detail"),
    *numbers("detected_at"),
    *texts("last_updated_text"),
    *numbers("visible_at"),
    *bodies("raw"),
    Index(None, "tenant_id", "detected_at"),
    Index(None, "tenant_id", "user_id", "detected_at"),
)

surges = _table(
    "surges",
    *keys("tenant_id", "id"),
    *texts("short_name", "detector_key", "state"),
    *numbers("opened_at", "window_start", "window_end"),
    *numbers("ended_at", nullable=True),
    *texts("risk_event_types"),
    *counts("users"),
    *numbers("usual_millionths"),
    *texts("acknowledged_by", nullable=True),
    *numbers("acknowledged_at", nullable=True),
    *texts("snoozed_by", nullable=True),
    *numbers("snoozed_until", "briefing_due", nullable=True),
    UniqueConstraint("tenant_id", "detector_key"),
)

surge_users = _table(
    "surge_users",
    *keys("tenant_id", "surge_id", "user_id"),
    *numbers("joined_at"),
    ForeignKeyConstraint(["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"]),
)

risky_users = _table(
    "risky_users",
    *keys("tenant_id", "user_id"),
    *texts("user_principal_name", "user_display_name", "risk_level", "risk_state", "risk_detail", "last_updated_text"),
    *truths("is_processing", "is_deleted"),
    *numbers("read_at"),
)

profiles = _table(
    "profiles",
    *keys("tenant_id", "user_id"),
    *texts("user_principal_name", "display_name", "mail", "kind"),
    *texts("provider", nullable=True),
    *truths("is_enabled", "is_passwordless", nullable=True),
    *numbers("read_at"),
    *counts("registered", nullable=True),
    *numbers("created_at", "password_changed_at", nullable=True),
    _added_text("department"),
)

directory_users = _table(
    "directory_users",
    *keys("tenant_id", "user_id"),
    *texts("user_principal_name", "display_name", "mail", "user_type", "external_user_state"),
    *truths("account_enabled", nullable=True),
    *truths("on_premises_sync_enabled"),
    *numbers("created_at", "password_changed_at", nullable=True),
    *texts("department"),
)
"""The whole directory, kept warm by delta queries before any surge."""

readings = _table("readings", *keys("tenant_id", "name"), *numbers("read_at"), *bodies("body"), *texts("problem"))
"""What was read for the whole tenant, by name: roles, policies, the registration report, the delta's cursor."""

impacts = _table(
    "impacts",
    *keys("tenant_id", "surge_id", "user_id"),
    *numbers("blocked_since", "blocked_last", nullable=True),
    *counts("blocks"),
    *numbers("stuck_since", nullable=True),
    *counts("stuck_code", nullable=True),
    *numbers("succeeded_at", nullable=True),
    ForeignKeyConstraint(["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"]),
)
"""What the sign-in log says of each flagged user after the flag."""

briefings = _table(
    "briefings",
    *keys("tenant_id", "surge_id"),
    Column("revision", Integer, primary_key=True, nullable=False),
    *numbers("made_at"),
    *bodies("body"),
    ForeignKeyConstraint(["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"]),
)

plans = _table("plans", *keys("tenant_id", "hash"), *bodies("body"))

requests = _table(
    "requests",
    *keys("tenant_id", "id"),
    *texts("surge_id", "plan_hash", "state", "requester", "requester_accounts", "reason"),
    *counts("approvals_needed"),
    *numbers("created_at", "expires_at"),
    *texts("settled_by", nullable=True),
    *numbers("settled_at", nullable=True),
    _added_text("kind", "surge"),
    _added_number("break_glass_needed"),
    _added_text("band"),
    _added_truth("with_code"),
    _added_text("asked_again"),
    *numbers("called_at", nullable=True),
    _added_number("calls"),
    _added_text("settled_why"),
    CheckConstraint("approvals_needed >= 1", name="someone_else_signs"),
    ForeignKeyConstraint(["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"]),
    ForeignKeyConstraint(["tenant_id", "plan_hash"], ["plans.tenant_id", "plans.hash"]),
    Index(
        "uq_requests_one_pending_a_plan",
        "tenant_id",
        "plan_hash",
        unique=True,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

votes = _table(
    "votes",
    *keys("tenant_id", "request_id", "user_id"),
    *texts("verdict"),
    *numbers("at"),
    _added_text("accounts", "[]"),
    _added_truth("with_code"),
    _added_truth("break_glass"),
    ForeignKeyConstraint(["tenant_id", "request_id"], ["requests.tenant_id", "requests.id"]),
)

one_time_codes = _table(
    "one_time_codes",
    *keys("tenant_id", "user_id"),
    *texts("secret"),
    *numbers("enrolled_at", "last_step"),
    *counts("failures"),
    *numbers("locked_until"),
)
"""Who was enrolled for one-time codes on the host. tenant_id is empty: a person has one code for every tenant."""

runs = _table(
    "runs",
    *keys("tenant_id", "id"),
    *texts("request_id", "surge_id", "plan_hash", "state"),
    *numbers("created_at"),
    *numbers("started_at", "ended_at", nullable=True),
    *texts("steered_by", nullable=True),
    *texts("note"),
    *numbers("not_before"),
    _added_number("canary"),
    *numbers("canary_since", "canary_passed_at", nullable=True),
    _added_truth("needs_signature"),
    _added_truth("goes_first"),
    _added_text("paused_because"),
    _added_text("band_known"),
    _added_number("flagged_known"),
    UniqueConstraint("tenant_id", "request_id"),
    ForeignKeyConstraint(["tenant_id", "request_id"], ["requests.tenant_id", "requests.id"]),
)

outcomes = _table(
    "outcomes",
    *keys("tenant_id", "run_id", "user_id"),
    *texts("state", "why"),
    *counts("sends"),
    *numbers("sent_at", nullable=True),
    *counts("batch_limit"),
    *numbers("look_at"),
    _added_number("rank", 1),
    *numbers("verified_at", nullable=True),
    ForeignKeyConstraint(["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"]),
    Index(None, "tenant_id", "run_id", "state"),
)

intents = _table(
    "intents",
    *keys("tenant_id", "id"),
    *texts("run_id"),
    *counts("number"),
    *texts("action", "user_ids"),
    *numbers("made_at", "epoch"),
    *numbers("answered_at", nullable=True),
    *counts("status", nullable=True),
    *texts("microsoft_request_id", "why"),
    UniqueConstraint("tenant_id", "run_id", "number"),
    ForeignKeyConstraint(["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"]),
)

open_intent_users = _table("open_intent_users", *keys("tenant_id", "user_id"), *texts("intent_id"))
"""A user belongs to one unanswered intent at a time: the key holds it."""

cards = _table(
    "cards",
    *keys("tenant_id", "id"),
    *texts("subject", "subject_id", "channel"),
    *texts("parent_id", "posted_channel", "posted_ts", nullable=True),
    *numbers("wanted", "shown"),
    *numbers("posting_since", nullable=True),
    *counts("attempts"),
    *numbers("try_at"),
    *texts("why"),
    UniqueConstraint("tenant_id", "subject", "subject_id", "channel"),
    Index(None, "subject", "subject_id"),
)

clicks = _table(
    "clicks",
    *keys("tenant_id", "key"),
    *bodies("body"),
    *numbers("taken_at"),
    *numbers("done_at", nullable=True),
    *counts("attempts"),
    *numbers("try_at", nullable=True),
    *texts("why"),
    _added_text("answer"),
    Index("ix_clicks_undone", "try_at", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
)
"""What people pressed, as it came. The tenant is that of the card it names; empty where no card is known."""

ledger = _table(
    "ledger",
    *keys("tenant_id"),
    Column("number", BigInteger, primary_key=True, nullable=False),
    *numbers("at"),
    *texts("event", "subject", "actor"),
    *bodies("body"),
    *texts("previous", "hash"),
)

ledger_heads = _table("ledger_heads", *keys("tenant_id"), *numbers("number"), *texts("hash"))
