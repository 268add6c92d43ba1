"""Why a request ended where nobody ended it: its card says so. Only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("requests", sa.Column("settled_why", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Back."""
    op.drop_column("requests", "settled_why")
