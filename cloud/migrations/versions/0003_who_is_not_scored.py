"""Remember which seats no stand-in could be started for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("seats", sa.Column("no_stand_in", sa.String()))


def downgrade() -> None:
    """Go back."""
    op.drop_column("seats", "no_stand_in")
