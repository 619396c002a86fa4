"""Who wrote a delivery report."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply."""
    op.add_column("reports", sa.Column("by", sa.Text(), nullable=False, server_default=""))
