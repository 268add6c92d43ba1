"""What two keys, longer runs and the evidence need. Only adds, but for the index that allowed one request a surge."""

import sqlalchemy as sa
from alembic import op

from bot.store.columns import bodies, counts, numbers, texts, truths

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "directory_users",
        *texts(
            "tenant_id", "user_id", "user_principal_name", "display_name", "mail", "user_type", "external_user_state"
        ),
        *truths("account_enabled", nullable=True),
        *truths("on_premises_sync_enabled"),
        *numbers("created_at", "password_changed_at", nullable=True),
        *texts("department"),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_directory_users")),
    )
    op.create_table(
        "one_time_codes",
        *texts("tenant_id", "user_id", "secret"),
        *numbers("enrolled_at", "last_step"),
        *counts("failures"),
        *numbers("locked_until"),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_one_time_codes")),
    )
    op.create_table(
        "readings",
        *texts("tenant_id", "name"),
        *numbers("read_at"),
        *bodies("body"),
        *texts("problem"),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_readings")),
    )
    op.create_table(
        "impacts",
        *texts("tenant_id", "surge_id", "user_id"),
        *numbers("blocked_since", "blocked_last", nullable=True),
        *counts("blocks"),
        *numbers("stuck_since", nullable=True),
        *counts("stuck_code", nullable=True),
        *numbers("succeeded_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "surge_id"], ["surges.tenant_id", "surges.id"], name=op.f("fk_impacts_tenant_id_surge_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "surge_id", "user_id", name=op.f("pk_impacts")),
    )
    op.add_column("clicks", sa.Column("answer", sa.Text(), server_default="", nullable=False))
    op.add_column("outcomes", sa.Column("rank", sa.Integer(), server_default="1", nullable=False))
    op.add_column("outcomes", sa.Column("verified_at", sa.BigInteger(), nullable=True))
    op.add_column("profiles", sa.Column("registered", sa.Integer(), nullable=True))
    op.add_column("profiles", sa.Column("created_at", sa.BigInteger(), nullable=True))
    op.add_column("profiles", sa.Column("password_changed_at", sa.BigInteger(), nullable=True))
    op.add_column("profiles", sa.Column("department", sa.Text(), server_default="", nullable=False))
    op.add_column("requests", sa.Column("kind", sa.Text(), server_default="surge", nullable=False))
    op.add_column("requests", sa.Column("break_glass_needed", sa.Integer(), server_default="0", nullable=False))
    op.add_column("requests", sa.Column("band", sa.Text(), server_default="", nullable=False))
    op.add_column("requests", sa.Column("with_code", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("requests", sa.Column("asked_again", sa.Text(), server_default="", nullable=False))
    op.add_column("requests", sa.Column("called_at", sa.BigInteger(), nullable=True))
    op.add_column("requests", sa.Column("calls", sa.Integer(), server_default="0", nullable=False))
    op.drop_index(
        op.f("uq_requests_one_pending_a_surge"), table_name="requests", sqlite_where=sa.text("state = 'pending'")
    )
    op.create_index(
        "uq_requests_one_pending_a_plan",
        "requests",
        ["tenant_id", "plan_hash"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.add_column("runs", sa.Column("canary", sa.Integer(), server_default="0", nullable=False))
    op.add_column("runs", sa.Column("canary_since", sa.BigInteger(), nullable=True))
    op.add_column("runs", sa.Column("canary_passed_at", sa.BigInteger(), nullable=True))
    op.add_column("runs", sa.Column("needs_signature", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("runs", sa.Column("goes_first", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("votes", sa.Column("accounts", sa.Text(), server_default="[]", nullable=False))
    op.add_column("votes", sa.Column("with_code", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("votes", sa.Column("break_glass", sa.Boolean(), server_default=sa.false(), nullable=False))
