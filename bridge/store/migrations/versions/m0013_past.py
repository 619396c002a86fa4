"""What was purged is known by name alone; what a conversation led to is found to be purged with it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "past", sa.Column("name", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("name"), sqlite_with_rowid=False
    )
    ended = sa.text("state IN ('done', 'buried', 'cancelled')")
    op.create_index("outbox_lane", "outbox", ["lane"], sqlite_where=ended)
    showing = sa.text("kind IN ('show', 'react', 'auto-mail')")
    op.create_index("outbox_cause", "outbox", ["cause"], sqlite_where=showing)
