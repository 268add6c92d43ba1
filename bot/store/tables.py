"""Every table. tenant_id is part of each key; times are microseconds since 1970 UTC; ids are 128 random bits in hex."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _added_text(name: str, default: str = "") -> Column[str]:
    """A column that came later: rows from before hold its default."""
    return Column(name, Text, nullable=False, server_default=text(f"'{default}'"))


def _added_number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=str(default))


def _added_truth(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


leases = Table(
    "leases",
    metadata,
    _text("name", key=True),
    _text("holder"),
    _number("epoch"),
    _number("until"),
)

watches = Table(
    "watches",
    metadata,
    _text("tenant_id", key=True),
    _number("read_through", nullable=True),
    _number("deep_read_at", nullable=True),
    Column("pages_in_overlap", Integer, nullable=False),
    _number("risky_through", nullable=True),
    Column("tenant_users", Integer),
    _number("tenant_users_at", nullable=True),
    _number("history_read_at", nullable=True),
    _text("problem"),
)

detections = Table(
    "detections",
    metadata,
    _text("tenant_id", key=True),
    _text("id", key=True),
    _text("user_id"),
    _text("user_principal_name"),
    _text("user_display_name"),
    _text("risk_event_type"),
    _text("risk_level"),
    _text("risk_state"),
    _text("risk_detail"),
    _number("detected_at"),
    _text("last_updated_text"),
    _number("visible_at"),
    Column("raw", LargeBinary, nullable=False),
    Index(None, "tenant_id", "detected_at"),
    Index(None, "tenant_id", "user_id", "detected_at"),
)

surges = Table(
    "surges",
    metadata,
    _text("tenant_id", key=True),
    _text("id", key=True),
    _text("short_name"),
    _text("detector_key"),
    _text("state"),
    _number("opened_at"),
    _number("window_start"),
    _number("window_end"),
    _number("ended_at", nullable=True),
    _text("risk_event_types"),
    Column("users", Integer, nullable=False),
    Column("usual_millionths", BigInteger, nullable=False),
    Column("acknowledged_by", Text),
    _number("acknowledged_at", nullable=True),
    Column("snoozed_by", Text),
    _number("snoozed_until", nullable=True),
    _number("briefing_due", nullable=True),
    UniqueConstraint("tenant_id", "detector_key"),
)

surge_users = Table(
    "surge_users",
    metadata,
    _text("tenant_id", key=True),
    _text("surge_id", key=True),
    _text("user_id", key=True),
    _number("joined_at"),
    ForeignKeyConstraint(["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"]),
)

risky_users = Table(
    "risky_users",
    metadata,
    _text("tenant_id", key=True),
    _text("user_id", key=True),
    _text("user_principal_name"),
    _text("user_display_name"),
    _text("risk_level"),
    _text("risk_state"),
    _text("risk_detail"),
    _text("last_updated_text"),
    Column("is_processing", Boolean, nullable=False),
    Column("is_deleted", Boolean, nullable=False),
    _number("read_at"),
)

profiles = Table(
    "profiles",
    metadata,
    _text("tenant_id", key=True),
    _text("user_id", key=True),
    _text("user_principal_name"),
    _text("display_name"),
    _text("mail"),
    _text("kind"),
    Column("provider", Text),
    Column("is_enabled", Boolean),
    Column("is_passwordless", Boolean),
    _number("read_at"),
    Column("registered", Integer),
    _number("created_at", nullable=True),
    _number("password_changed_at", nullable=True),
    _added_text("department"),
)

directory_users = Table(
    "directory_users",
    metadata,
    _text("tenant_id", key=True),
    _text("user_id", key=True),
    _text("user_principal_name"),
    _text("display_name"),
    _text("mail"),
    _text("user_type"),
    _text("external_user_state"),
    Column("account_enabled", Boolean),
    Column("on_premises_sync_enabled", Boolean, nullable=False),
    _number("created_at", nullable=True),
    _number("password_changed_at", nullable=True),
    _text("department"),
)
"""The whole directory, kept warm by delta queries before any surge."""

readings = Table(
    "readings",
    metadata,
    _text("tenant_id", key=True),
    _text("name", key=True),
    _number("read_at"),
    Column("body", LargeBinary, nullable=False),
    _text("problem"),
)
"""What was read for the whole tenant, by name: roles, policies, the registration report, the delta's cursor."""

impacts = Table(
    "impacts",
    metadata,
    _text("tenant_id", key=True),
    _text("surge_id", key=True),
    _text("user_id", key=True),
    _number("blocked_since", nullable=True),
    _number("blocked_last", nullable=True),
    Column("blocks", Integer, nullable=False),
    _number("stuck_since", nullable=True),
    Column("stuck_code", Integer),
    _number("succeeded_at", nullable=True),
    ForeignKeyConstraint(["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"]),
)
"""What the sign-in log says of each flagged user after the flag."""

briefings = Table(
    "briefings",
    metadata,
    _text("tenant_id", key=True),
    _text("surge_id", key=True),
    Column("revision", Integer, primary_key=True, nullable=False),
    _number("made_at"),
    Column("body", LargeBinary, nullable=False),
    ForeignKeyConstraint(["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"]),
)

plans = Table(
    "plans",
    metadata,
    _text("tenant_id", key=True),
    _text("hash", key=True),
    Column("body", LargeBinary, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    _text("tenant_id", key=True),
    _text("id", key=True),
    _text("surge_id"),
    _text("plan_hash"),
    _text("state"),
    _text("requester"),
    _text("requester_accounts"),
    _text("reason"),
    Column("approvals_needed", Integer, nullable=False),
    _number("created_at"),
    _number("expires_at"),
    Column("settled_by", Text),
    _number("settled_at", nullable=True),
    _added_text("kind", "surge"),
    _added_number("break_glass_needed"),
    _added_text("band"),
    _added_truth("with_code"),
    _added_text("asked_again"),
    _number("called_at", nullable=True),
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

votes = Table(
    "votes",
    metadata,
    _text("tenant_id", key=True),
    _text("request_id", key=True),
    _text("user_id", key=True),
    _text("verdict"),
    _number("at"),
    _added_text("accounts", "[]"),
    _added_truth("with_code"),
    _added_truth("break_glass"),
    ForeignKeyConstraint(["tenant_id", "request_id"], ["requests.tenant_id", "requests.id"]),
)

one_time_codes = Table(
    "one_time_codes",
    metadata,
    _text("tenant_id", key=True),
    _text("user_id", key=True),
    _text("secret"),
    _number("enrolled_at"),
    _number("last_step"),
    Column("failures", Integer, nullable=False),
    _number("locked_until"),
)
"""Who was enrolled for one-time codes on the host. tenant_id is empty: a person has one code for every tenant."""

runs = Table(
    "runs",
    metadata,
    _text("tenant_id", key=True),
    _text("id", key=True),
    _text("request_id"),
    _text("surge_id"),
    _text("plan_hash"),
    _text("state"),
    _number("created_at"),
    _number("started_at", nullable=True),
    _number("ended_at", nullable=True),
    Column("steered_by", Text),
    _text("note"),
    _number("not_before"),
    _added_number("canary"),
    _number("canary_since", nullable=True),
    _number("canary_passed_at", nullable=True),
    _added_truth("needs_signature"),
    _added_truth("goes_first"),
    _added_text("paused_because"),
    _added_text("band_known"),
    _added_number("flagged_known"),
    UniqueConstraint("tenant_id", "request_id"),
    ForeignKeyConstraint(["tenant_id", "request_id"], ["requests.tenant_id", "requests.id"]),
)

outcomes = Table(
    "outcomes",
    metadata,
    _text("tenant_id", key=True),
    _text("run_id", key=True),
    _text("user_id", key=True),
    _text("state"),
    _text("why"),
    Column("sends", Integer, nullable=False),
    _number("sent_at", nullable=True),
    Column("batch_limit", Integer, nullable=False),
    _number("look_at"),
    _added_number("rank", 1),
    _number("verified_at", nullable=True),
    ForeignKeyConstraint(["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"]),
    Index(None, "tenant_id", "run_id", "state"),
)

intents = Table(
    "intents",
    metadata,
    _text("tenant_id", key=True),
    _text("id", key=True),
    _text("run_id"),
    Column("number", Integer, nullable=False),
    _text("action"),
    _text("user_ids"),
    _number("made_at"),
    _number("epoch"),
    _number("answered_at", nullable=True),
    Column("status", Integer),
    _text("microsoft_request_id"),
    _text("why"),
    UniqueConstraint("tenant_id", "run_id", "number"),
    ForeignKeyConstraint(["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"]),
)

open_intent_users = Table(
    "open_intent_users",
    metadata,
    _text("tenant_id", key=True),
    _text("user_id", key=True),
    _text("intent_id"),
)
"""A user belongs to one unanswered intent at a time: the key holds it."""

cards = Table(
    "cards",
    metadata,
    _text("tenant_id", key=True),
    _text("id", key=True),
    _text("subject"),
    _text("subject_id"),
    _text("channel"),
    Column("parent_id", Text),
    Column("posted_channel", Text),
    Column("posted_ts", Text),
    _number("wanted"),
    _number("shown"),
    _number("posting_since", nullable=True),
    Column("attempts", Integer, nullable=False),
    _number("try_at"),
    _text("why"),
    UniqueConstraint("tenant_id", "subject", "subject_id", "channel"),
    Index(None, "subject", "subject_id"),
)

clicks = Table(
    "clicks",
    metadata,
    _text("tenant_id", key=True),
    _text("key", key=True),
    Column("body", LargeBinary, nullable=False),
    _number("taken_at"),
    _number("done_at", nullable=True),
    Column("attempts", Integer, nullable=False),
    _number("try_at", nullable=True),
    _text("why"),
    _added_text("answer"),
    Index("ix_clicks_undone", "try_at", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
)
"""What people pressed, as it came. The tenant is that of the card it names; empty where no card is known."""

ledger = Table(
    "ledger",
    metadata,
    _text("tenant_id", key=True),
    Column("number", BigInteger, primary_key=True, nullable=False),
    _number("at"),
    _text("event"),
    _text("subject"),
    _text("actor"),
    Column("body", LargeBinary, nullable=False),
    _text("previous"),
    _text("hash"),
)

ledger_heads = Table(
    "ledger_heads",
    metadata,
    _text("tenant_id", key=True),
    _number("number"),
    _text("hash"),
)
