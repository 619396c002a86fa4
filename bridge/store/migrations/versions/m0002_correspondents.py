"""Who is known in a scope, for rules that ask: taken from the letters that are there and the answers that left."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.sqlite import insert

revision = "0002"
down_revision = "0001"

# JSON is taken apart inside SQLite: a journal may hold a million letters, and their texts need not come here.
_AUTHORS = """
SELECT DISTINCT scope, json_extract(letter, '$.from_[0].local'), json_extract(letter, '$.from_[0].domain')
FROM letters WHERE ours = 0 AND json_array_length(letter, '$.from_') = 1
"""
_RECIPIENTS = """
SELECT DISTINCT json_extract(outbox.effect, '$.scope'), json_extract(one.value, '$.local'),
    json_extract(one.value, '$.domain')
FROM outbox, json_each(outbox.effect, '$.draft.{field}') AS one
WHERE outbox.kind = 'send-mail' AND EXISTS (
    SELECT 1 FROM json_each(CASE outbox.receipt WHEN '' THEN '{{}}' ELSE outbox.receipt END, '$.accepted') AS taken
    WHERE taken.value = json_extract(one.value, '$.local') || '@' || json_extract(one.value, '$.domain')
)
"""


def upgrade() -> None:
    """Apply."""
    table = op.create_table(
        "correspondents",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "address"),
    )
    add = insert(table).on_conflict_do_nothing()
    for question in (_AUTHORS, _RECIPIENTS.format(field="to"), _RECIPIENTS.format(field="cc")):
        for known in _known(question):
            op.get_bind().execute(add, known)


def _known(question: str) -> Iterator[list[dict[str, str]]]:
    for rows in op.get_bind().exec_driver_sql(question).partitions(1000):
        yield [{"scope": scope, "address": f"{local.casefold()}@{domain}"} for scope, local, domain in rows if local]
