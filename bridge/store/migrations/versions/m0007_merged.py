"""Conversations that turned out to belong to an older one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply."""
    op.add_column("conversations", sa.Column("merged", sa.Text(), nullable=False, server_default=""))
    op.create_index("conversations_merged", "conversations", ["merged"], sqlite_where=sa.text("merged <> ''"))
