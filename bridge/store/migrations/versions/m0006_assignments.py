"""Whose a conversation is, and its tags."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "assignments",
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer()),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("conversation"),
    )
    op.create_index("assignments_turn", "assignments", ["scope", "rule", "turn"], unique=True)
    op.create_index("assignments_arrival", "assignments", ["arrival"])
