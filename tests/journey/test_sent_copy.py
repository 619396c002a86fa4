"""The copy of what was sent lies in the Sent folder once, whoever put it there."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.waiting import eventually


def copies(office: Office) -> list[str]:
    """The Message-IDs in the Sent folder, which Dovecot makes at first use."""
    if not (office.desk.maildir / ".Sent").exists():
        return []
    return sorted(mail["Message-ID"] for mail in office.mailbox(office.desk, "Sent"))


async def test_a_copy_is_put_into_the_sent_folder(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    room, shown = await office.opened(office.mail(), "Where is it?")
    for number in (1, 2):
        said = await office.ann.reply(room, shown, f"Answer {number}.")
        await office.marked(room, said, "✅ Sent to")
    received = sorted(mail["Message-ID"] for mail in await office.received(2))
    await eventually(lambda: len(copies(office)) >= 2)
    assert copies(office) == received
    assert office.mailbox(office.desk) == []
    assert await office.count(room, "Answer 1.") == 1


async def test_a_copy_that_the_server_filed_is_not_put_there_again(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    settings = (office.folder / "mailroom.yaml").read_text()
    (office.folder / "mailroom.yaml").write_text(settings.replace('"sent": "append"', '"sent": "auto"'))
    await office.start()
    with office.dovecot.login(office.desk) as client:
        client.create("Sent")
    room, shown = await office.opened(office.mail(), "Where is it?")
    await office.ann.reply(room, shown, "Filed by the server.")
    (first,) = await office.received()
    office.dovecot.deliver(office.desk, first.as_bytes(), "Sent")
    await office.ann.reply(room, shown, "Filed by nobody.")
    received = sorted(mail["Message-ID"] for mail in await office.received(2))
    await eventually(lambda: len(copies(office)) >= 2, within=60)
    assert copies(office) == received
