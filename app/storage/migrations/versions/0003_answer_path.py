"""Which device writes an attempt, and what came after its end out of an outage."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("writer", sa.String(length=22), nullable=True))
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.add_column(sa.Column("late_option_id", sa.String(length=8), nullable=True))


def downgrade() -> None:
    """Migrations go forward only: a backup is the way back."""
    raise NotImplementedError
