"""Why a run is paused, and what its signers knew of when they signed last. Only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("runs", sa.Column("paused_because", sa.Text(), server_default="", nullable=False))
    op.add_column("runs", sa.Column("band_known", sa.Text(), server_default="", nullable=False))
    op.add_column("runs", sa.Column("flagged_known", sa.Integer(), server_default="0", nullable=False))
