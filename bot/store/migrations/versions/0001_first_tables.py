"""first tables."""

import sqlalchemy as sa
from alembic import op

from bot.store.columns import bodies, counts, numbers, texts, truths

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "cards",
        *texts("tenant_id", "id", "subject", "subject_id", "channel"),
        *texts("parent_id", "posted_channel", "posted_ts", nullable=True),
        *numbers("wanted", "shown"),
        *numbers("posting_since", nullable=True),
        *counts("attempts"),
        *numbers("try_at"),
        *texts("why"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_cards")),
        sa.UniqueConstraint(
            "tenant_id", "subject", "subject_id", "channel", name=op.f("uq_cards_tenant_id_subject_subject_id_channel")
        ),
    )
    op.create_index(op.f("ix_cards_subject_subject_id"), "cards", ["subject", "subject_id"], unique=False)

    op.create_table(
        "clicks",
        *texts("tenant_id", "key"),
        *bodies("body"),
        *numbers("taken_at"),
        *numbers("done_at", nullable=True),
        *counts("attempts"),
        *numbers("try_at", nullable=True),
        *texts("why"),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_clicks")),
    )
    op.create_index(
        "ix_clicks_undone",
        "clicks",
        ["try_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )

    op.create_table(
        "detections",
        *texts("tenant_id", "id", "user_id", "user_principal_name", "user_display_name"),
        *texts("risk_event_type", "risk_level", "risk_state", "risk_detail"),
        *numbers("detected_at"),
        *texts("last_updated_text"),
        *numbers("visible_at"),
        *bodies("raw"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_detections")),
    )
    op.create_index(
        op.f("ix_detections_tenant_id_detected_at"), "detections", ["tenant_id", "detected_at"], unique=False
    )
    op.create_index(
        op.f("ix_detections_tenant_id_user_id_detected_at"),
        "detections",
        ["tenant_id", "user_id", "detected_at"],
        unique=False,
    )

    op.create_table(
        "leases",
        *texts("name", "holder"),
        *numbers("epoch", "until"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "ledger",
        *texts("tenant_id"),
        *numbers("number", "at"),
        *texts("event", "subject", "actor"),
        *bodies("body"),
        *texts("previous", "hash"),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_ledger")),
    )
    op.create_table(
        "ledger_heads",
        *texts("tenant_id"),
        *numbers("number"),
        *texts("hash"),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_ledger_heads")),
    )
    op.create_table(
        "open_intent_users",
        *texts("tenant_id", "user_id", "intent_id"),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_open_intent_users")),
    )
    op.create_table(
        "plans",
        *texts("tenant_id", "hash"),
        *bodies("body"),
        sa.PrimaryKeyConstraint("tenant_id", "hash", name=op.f("pk_plans")),
    )
    op.create_table(
        "profiles",
        *texts("tenant_id", "user_id", "user_principal_name", "display_name", "mail", "kind"),
        *texts("provider", nullable=True),
        *truths("is_enabled", "is_passwordless", nullable=True),
        *numbers("read_at"),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_profiles")),
    )
    op.create_table(
        "risky_users",
        *texts("tenant_id", "user_id", "user_principal_name", "user_display_name"),
        *texts("risk_level", "risk_state", "risk_detail", "last_updated_text"),
        *truths("is_processing", "is_deleted"),
        *numbers("read_at"),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_risky_users")),
    )
    op.create_table(
        "surges",
        *texts("tenant_id", "id", "short_name", "detector_key", "state"),
        *numbers("opened_at", "window_start", "window_end"),
        *numbers("ended_at", nullable=True),
        *texts("risk_event_types"),
        *counts("users"),
        *numbers("usual_millionths"),
        *texts("acknowledged_by", nullable=True),
        *numbers("acknowledged_at", nullable=True),
        *texts("snoozed_by", nullable=True),
        *numbers("snoozed_until", "briefing_due", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_surges")),
        sa.UniqueConstraint("tenant_id", "detector_key", name=op.f("uq_surges_tenant_id_detector_key")),
    )
    op.create_table(
        "watches",
        *texts("tenant_id"),
        *numbers("read_through", "deep_read_at", nullable=True),
        *counts("pages_in_overlap"),
        *numbers("risky_through", nullable=True),
        *counts("tenant_users", nullable=True),
        *numbers("tenant_users_at", "history_read_at", nullable=True),
        *texts("problem"),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_watches")),
    )
    op.create_table(
        "briefings",
        *texts("tenant_id", "surge_id"),
        *counts("revision"),
        *numbers("made_at"),
        *bodies("body"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"], name=op.f("fk_briefings_tenant_id_surge_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "surge_id", "revision", name=op.f("pk_briefings")),
    )
    op.create_table(
        "requests",
        *texts("tenant_id", "id", "surge_id", "plan_hash", "state", "requester", "requester_accounts", "reason"),
        *counts("approvals_needed"),
        *numbers("created_at", "expires_at"),
        *texts("settled_by", nullable=True),
        *numbers("settled_at", nullable=True),
        sa.CheckConstraint("approvals_needed >= 1", name=op.f("ck_requests_someone_else_signs")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_hash"], ["plans.tenant_id", "plans.hash"], name=op.f("fk_requests_tenant_id_plan_hash")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"], name=op.f("fk_requests_tenant_id_surge_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_requests")),
    )
    op.create_index(
        "uq_requests_one_pending_a_surge",
        "requests",
        ["tenant_id", "surge_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )

    op.create_table(
        "surge_users",
        *texts("tenant_id", "surge_id", "user_id"),
        *numbers("joined_at"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"], name=op.f("fk_surge_users_tenant_id_surge_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "surge_id", "user_id", name=op.f("pk_surge_users")),
    )
    op.create_table(
        "runs",
        *texts("tenant_id", "id", "request_id", "surge_id", "plan_hash", "state"),
        *numbers("created_at"),
        *numbers("started_at", "ended_at", nullable=True),
        *texts("steered_by", nullable=True),
        *texts("note"),
        *numbers("not_before"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "request_id"],
            ["requests.tenant_id", "requests.id"],
            name=op.f("fk_runs_tenant_id_request_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_runs")),
        sa.UniqueConstraint("tenant_id", "request_id", name=op.f("uq_runs_tenant_id_request_id")),
    )
    op.create_table(
        "votes",
        *texts("tenant_id", "request_id", "user_id", "verdict"),
        *numbers("at"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "request_id"],
            ["requests.tenant_id", "requests.id"],
            name=op.f("fk_votes_tenant_id_request_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "request_id", "user_id", name=op.f("pk_votes")),
    )
    op.create_table(
        "intents",
        *texts("tenant_id", "id", "run_id"),
        *counts("number"),
        *texts("action", "user_ids"),
        *numbers("made_at", "epoch"),
        *numbers("answered_at", nullable=True),
        *counts("status", nullable=True),
        *texts("microsoft_request_id", "why"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"], name=op.f("fk_intents_tenant_id_run_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_intents")),
        sa.UniqueConstraint("tenant_id", "run_id", "number", name=op.f("uq_intents_tenant_id_run_id_number")),
    )
    op.create_table(
        "outcomes",
        *texts("tenant_id", "run_id", "user_id", "state", "why"),
        *counts("sends"),
        *numbers("sent_at", nullable=True),
        *counts("batch_limit"),
        *numbers("look_at"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"], name=op.f("fk_outcomes_tenant_id_run_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "run_id", "user_id", name=op.f("pk_outcomes")),
    )
    op.create_index(
        op.f("ix_outcomes_tenant_id_run_id_state"), "outcomes", ["tenant_id", "run_id", "state"], unique=False
    )
