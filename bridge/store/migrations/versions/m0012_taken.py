"""Who took a conversation since it was given, or not given, to somebody."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply."""
    op.add_column("assignments", sa.Column("taken", sa.Text(), nullable=False, server_default=""))
