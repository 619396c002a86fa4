"""How much is measured: a full run, or one that only shows that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """`pairs` of alternating runs; the rest are numbers of mails, conversations and folders."""

    pairs: int = 7
    sends: int = 40
    stub_sends: int = 300
    appends: int = 10
    one_room: int = 50
    many_rooms: int = 24
    openings: int = 24
    doors: int = 1500
    folders: int = 1000
    conversations: int = 10_000
    imported: int = 10_000


QUICK = Scale(
    pairs=1,
    sends=6,
    stub_sends=40,
    appends=2,
    one_room=12,
    many_rooms=2,
    openings=6,
    doors=200,
    folders=50,
    conversations=200,
    imported=400,
)
