"""What delivery reports told of our answers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reports",
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("answer", "address"),
    )
    op.create_index("letters_answers", "letters", ["message_id"], sqlite_where=sa.text("ours = 1"))
