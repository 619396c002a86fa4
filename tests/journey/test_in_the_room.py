"""What rules do with a mail in its room: attachments withheld, seen from outside on real servers."""

import pytest

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office


def with_options(office: Office, options: str, where: str = "  support:\n") -> str:
    """The office's rules with more options (YAML lines) for an inbox."""
    text = office.rules()
    assert where in text
    return text.replace(where, where + "".join(f"    {line}\n" for line in options.strip().splitlines()), 1)


async def files(office: Office, room: str) -> list[str]:
    found = await office.ann.messages(room)
    return [event["content"]["filename"] for event in found if "url" in event["content"]]


@pytest.mark.parametrize("mode", ["appservice"])
async def test_a_blocked_file_is_not_uploaded_and_its_original_is_kept(make_office: MakeOffice) -> None:
    office = await make_office()
    office.write_rules(with_options(office, 'attachments: {block: ["*.exe", text/csv], size: 20kB}'))
    await office.start()
    mail = office.mail("Have a look", "See the files.")
    mail.add_attachment(b"MZ" * 600, maintype="application", subtype="pdf", filename="invoice.pdf.exe")
    mail.add_attachment(b"a,b", maintype="text", subtype="csv", filename="table.txt")
    mail.add_attachment(b"%PDF" * 10_000, maintype="application", subtype="pdf", filename="large.pdf")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="small.pdf")
    office.submit(mail)
    room = await office.room_named("Have a look")
    told = await office.message_with(room, "not shown")
    words = told["content"]["body"]
    assert words.startswith(
        "3 attachments are not shown: invoice.pdf.exe (1 kB): *.exe is blocked; table.txt (3 B): text/csv is blocked; "
        "large.pdf (40 kB): over 20 kB. The original: `mailroom queue show smtp:"
    )
    assert told["content"]["msgtype"] == "m.notice"
    assert await files(office, room) == ["small.pdf"]
    key = words.rpartition("queue show ")[2].partition(" ")[0]
    assert "invoice.pdf.exe" in office.cli("queue", "show", key, "--raw")
