"""The tables of the journal, as SQLAlchemy Core knows them: made so that a person can read them with `sqlite3`.

What stands here is the newest shape; the steps that lead to it are in `migrations`. This module never opens a database.
Times are seconds since the epoch, JSON is text, an absent text is empty. What is long and stays has a table of its own
beside what changes: marking an arrival as planned does not write its octets again, nor a claim the effect.
"""

from typing import Any

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Row, Table, Text, text

HEAD = "0014"
"""The revision that this code works with (a test holds it equal to the newest file in `migrations/versions`)."""

AnyRow = Row[*tuple[Any, ...]]
"""A row of any query."""

metadata = MetaData()

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

bookmarks = Table(
    "bookmarks", metadata, Column("source", Text, primary_key=True), Column("value", Text, nullable=False)
)

inbox = Table(
    "inbox",
    metadata,
    Column("order", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # mail | event
    Column("state", Text, nullable=False),  # new | planned | quarantined
    Column("outcome", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("traces", Text, nullable=False),
    Column("envelope", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("quiet", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("released", Integer, nullable=False),  # 1: a person took it out of quarantine
    Column("planned_at", Float),
    Index("inbox_new", "order", sqlite_where=text("state = 'new'")),
    Index("inbox_quarantined", "order", sqlite_where=text("state = 'quarantined'")),
    sqlite_autoincrement=True,
)

raws = Table(
    "raws",
    metadata,
    Column("arrival", Integer, ForeignKey("inbox.order"), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("blob", Text, nullable=False),  # SHA-256 naming a file under blobs/, or empty: then `octets` holds it
    Column("octets", LargeBinary),
    Index("raws_blob", "blob", sqlite_where=text("blob <> ''")),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("threaded", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("merged", Text, nullable=False, server_default=""),  # the older one that it turned out to belong to
    Column("state", Text, nullable=False, server_default="open"),  # open | closed
    Column("last", Float, nullable=False, server_default="0"),  # when its newest letter was written down
    Column("look_at", Float, server_default="0"),  # when it is looked at for what rules do with idle ones; null: never
    Index("conversations_room", "room"),
    Index("conversations_look", "look_at", sqlite_where=text("look_at IS NOT NULL")),
    Index("conversations_merged", "merged", sqlite_where=text("merged <> ''")),
    Index("conversations_closed", "room", sqlite_where=text("state = 'closed'")),
)

letters = Table(
    "letters",
    metadata,
    Column("order", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("scope", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("ours", Integer, nullable=False),
    Column("letter", Text, nullable=False),
    Index("letters_id", "scope", "message_id", "content"),
    Index("letters_conversation", "conversation", "ours", "order"),
    Index("letters_ours", "scope", "order", sqlite_where=text("ours = 1")),
    Index("letters_answers", "message_id", sqlite_where=text("ours = 1")),
    sqlite_autoincrement=True,
)

anchors = Table(
    "anchors",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
)

assignments = Table(  # new conversations that the rules gave to someone, or tagged
    "assignments",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("turn", Integer),  # none when it is nobody's
    Column("user", Text, nullable=False),
    Column("tags", Text, nullable=False),  # one a line
    Column("arrival", Text, nullable=False),
    Column("taken", Text, nullable=False, server_default=""),  # who took it since, or empty
    Index("assignments_turn", "scope", "rule", "turn", unique=True),
    Index("assignments_arrival", "arrival"),
)

reports = Table(  # what delivery reports told of those whom our answers went to
    "reports",
    metadata,
    Column("answer", Text, primary_key=True),  # the key of the SendMail
    Column("address", Text, primary_key=True),
    Column("action", Text, nullable=False),  # failed | delayed
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False, server_default=""),  # who says so, where it is not our own server
)

past = Table(  # names of letters that were purged: what is seen again is not shown again
    "past",
    metadata,
    Column("name", Text, primary_key=True),
    sqlite_with_rowid=False,
)

participants = Table(
    "participants",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("address", Text, primary_key=True),
)

correspondents = Table(  # whose mail was shown in a scope, or who was sent an answer from there
    "correspondents",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("address", Text, primary_key=True),
)

rooms = Table(
    "rooms",
    metadata,
    Column("key", Text, primary_key=True),
    Column("room_id", Text, nullable=False),  # empty until it is opened
    Column("scope", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("state", Text, nullable=False),  # open | lost
    Column("words", Text, nullable=False),
    Index("rooms_id", "room_id"),
)

former_rooms = Table(  # ids that a room had before an upgrade: what is said of them still resolves
    "former_rooms",
    metadata,
    Column("room_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
)

threads = Table(
    "threads",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("root", Text, nullable=False),
    Index("threads_root", "root"),
)

events = Table(
    "events",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("effect", Text, nullable=False),  # the key of what made it; for an answer: of the SendMail it became
    Column("meaning", Text, nullable=False),  # letter | answer | mark | confirm | notice
    Column("subject", Text, nullable=False),  # for answer, mark, confirm: the key of the SendMail
    Column("letter", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("sender", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("room", Text, nullable=False),  # the room key whose loss makes it wait, or empty
    Column("rank", Integer, nullable=False),  # lanes.RANKS: who goes first among lanes
    Column("state", Text, nullable=False),  # waiting | held | claimed | done | buried | cancelled
    Column("due", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Float),
    Column("begun", Integer, nullable=False),  # 1: was tried at least once, so a peer may have it
    Column("words", Text, nullable=False),
    Column("receipt", Text, nullable=False),  # while waiting: the progress of earlier attempts
    Column("cause", Text, nullable=False),  # the key of the arrival that led here, or empty
    Column("created_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Index("outbox_waiting", "lane", "seq", sqlite_where=text("state = 'waiting'")),
    Index("outbox_lane", "lane", sqlite_where=text("state IN ('done', 'buried', 'cancelled')")),
    Index("outbox_cause", "cause", sqlite_where=text("kind IN ('show', 'react', 'auto-mail')")),
    Index("outbox_aside", "state", "seq", sqlite_where=text("state IN ('held', 'buried', 'cancelled')")),
    sqlite_autoincrement=True,
)

effects = Table(  # what is to be done, of the outbox's row of that seq
    "effects", metadata, Column("seq", Integer, primary_key=True), Column("effect", Text, nullable=False)
)

# One row for each lane in which something waits or is begun: claiming looks at heads only, however long the lanes are.
lanes = Table(
    "lanes",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("head", Integer, nullable=False),
    Column("state", Text, nullable=False),  # ready | claimed | blocked (its room is lost)
    Column("rank", Integer, nullable=False),
    Column("due", Float, nullable=False),
    Column("room", Text, nullable=False),
    Index("lanes_ready", "rank", "due", "head", sqlite_where=text("state = 'ready'")),
    Index("lanes_blocked", "room", sqlite_where=text("state = 'blocked'")),
    sqlite_with_rowid=False,
)

health = Table(
    "health",
    metadata,
    Column("name", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("since", Float, nullable=False),
)

acknowledged = Table(  # to whom an automatic answer went
    "acknowledged",
    metadata,
    Column("address", Text, primary_key=True),
    Column("at", Float, nullable=False),  # when the mail came that it answers
)

audit = Table(  # what an operator did
    "audit",
    metadata,
    Column("order", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("key", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("words", Text, nullable=False),
    sqlite_autoincrement=True,
)

rulebooks = Table(  # which rulebook was in force since when, newest last
    "rulebooks",
    metadata,
    Column("order", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("digest", Text, nullable=False),
    Column("cause", Text, nullable=False),  # start | import | files | hangup | admin
    Column("who", Text, nullable=False),  # a user id, or empty
    sqlite_autoincrement=True,
)

rule_texts = Table(  # what the files of a rulebook said: zlib over a JSON object of texts by file name
    "rule_texts",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("texts", LargeBinary, nullable=False),
)
