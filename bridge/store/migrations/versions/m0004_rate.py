"""An index for the answers of a scope, newest first: what the rate of the rules asks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    op.create_index("letters_ours", "letters", ["scope", "order"], sqlite_where=sa.text("ours = 1"))
