"""The copy of what was sent lies in the Sent folder once, as it was sent."""

import imaplib

import pytest

from tests.journey.conftest import MakeOffice
from tests.waiting import eventually


@pytest.mark.parametrize("way", ["append", "auto"])
async def test_one_copy_lies_in_the_sent_folder(make_office: MakeOffice, way: str) -> None:
    office = await make_office(hold="0s")
    settings = (office.folder / "mailroom.yaml").read_text()
    (office.folder / "mailroom.yaml").write_text(settings.replace('"sent": "append"', f'"sent": "{way}"'))
    await office.start()
    room, shown = await office.opened(office.mail(), "Where is it?")
    for number in (1, 2):
        said = await office.ann.reply(room, shown, f"Answer {number}.")
        await office.marked(room, said, "✅ Sent to")
    received = await office.received(2)

    def copies() -> list[bytes]:
        with office.dovecot.login(office.desk) as client:
            return sent_ids(client)

    await eventually(lambda: len(copies()) == 2, within=60)
    assert sorted(copies()) == sorted(mail["Message-ID"].encode() for mail in received)
    assert office.dovecot.messages(office.desk) == []
    assert await office.count(room, "Answer 1.") == 1


def sent_ids(client: imaplib.IMAP4) -> list[bytes]:
    """The Message-IDs in Sent, and that they were read already."""
    client.select("Sent", readonly=True)
    _, (numbers,) = client.search(None, "ALL")
    found = []
    for number in numbers.split():
        _, data = client.fetch(number, "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        assert b"\\Seen" in data[0][0]
        found.append(data[0][1].partition(b":")[2].strip())
    return found
