"""Conversations are open or closed, and it is known since when nothing came or was said in them.

Of those that are there already the newest effect in their lanes tells: they must not look idle since ever.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_LAST = """
CREATE TEMP TABLE last_of AS
SELECT substr(lane, 6) AS id, max(created_at) AS at FROM outbox
WHERE lane LIKE 'conv:%' OR lane LIKE 'mail:%' GROUP BY 1
"""

_SET = """
UPDATE conversations
SET last = coalesce((SELECT at FROM last_of WHERE last_of.id = conversations.id), strftime('%s', 'now'))
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("conversations", sa.Column("state", sa.Text(), nullable=False, server_default="open"))
    op.add_column("conversations", sa.Column("last", sa.Float(), nullable=False, server_default="0"))
    op.create_index("conversations_closed", "conversations", ["room"], sqlite_where=sa.text("state = 'closed'"))
    op.execute(_LAST)
    op.execute("CREATE UNIQUE INDEX temp.last_of_id ON last_of (id)")
    op.execute(_SET)
    op.execute("DROP TABLE last_of")
