"""When each conversation is looked at for what rules do with idle ones: all of them soon."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply."""
    op.add_column("conversations", sa.Column("look_at", sa.Float(), server_default="0"))
    op.create_index("conversations_look", "conversations", ["look_at"], sqlite_where=sa.text("look_at IS NOT NULL"))
