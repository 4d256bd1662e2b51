"""Notice singers and viewers who went away without a word."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("seats", sa.Column("away_since_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.alter_column("viewers", "since_ms", new_column_name="seen_ms")


def downgrade() -> None:
    """Go back."""
    op.alter_column("viewers", "seen_ms", new_column_name="since_ms")
    op.drop_column("seats", "away_since_ms")
