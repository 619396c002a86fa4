"""What an effect says lies beside its standing, so that a claim and a receipt do not write all of it again.

Lanes, which each effect changes three times, become one tree with an index of those that are blocked; what is claimed
is the head of its lane, and needs no index of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "effects", sa.Column("seq", sa.Integer(), primary_key=True), sa.Column("effect", sa.Text(), nullable=False)
    )
    op.execute("INSERT INTO effects SELECT seq, effect FROM outbox ORDER BY seq")
    op.execute("ALTER TABLE outbox DROP COLUMN effect")
    op.drop_index("outbox_aside", "outbox")
    aside = sa.text("state IN ('held', 'buried', 'cancelled')")
    op.create_index("outbox_aside", "outbox", ["state", "seq"], sqlite_where=aside)
    op.rename_table("lanes", "old_lanes")
    op.drop_index("lanes_ready", "old_lanes")
    op.create_table(
        "lanes",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("lane"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO lanes SELECT lane, head, state, rank, due, room FROM old_lanes ORDER BY lane")
    op.drop_table("old_lanes")
    op.create_index("lanes_ready", "lanes", ["rank", "due", "head"], sqlite_where=sa.text("state = 'ready'"))
    op.create_index("lanes_blocked", "lanes", ["room"], sqlite_where=sa.text("state = 'blocked'"))
