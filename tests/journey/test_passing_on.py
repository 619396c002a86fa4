"""Mail that the rules pass on: it lies in the other mailbox once, the original in it octet for octet."""

import email
import email.policy
from email.message import EmailMessage

import pytest

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.waiting import eventually

pytestmark = pytest.mark.parametrize("mode", ["appservice"])
"""What leaves by itself is decided before any chat, and goes by mail."""


async def passing(make_office: MakeOffice, **more: str) -> Office:
    """An office whose support passes some mail on to `boss`, and that may send as support."""
    office = await make_office(**more)
    office.may_send_as(office.support)
    office.boss = office.dovecot.add_user("boss")
    rules = f"""
      - {{name: outside, when: {{subject: "*offer*"}}, forward: {office.boss.address}}}
      - {{name: inside, when: {{subject: "*alarm*"}}, forward: alerts}}
      - {{name: besides, when: {{subject: "*copy*"}}, copy: {office.boss.address}}}
"""
    office.write_rules(office.rules().replace("    rules:\n", "    rules:" + rules, 1))
    return office


def boxed(office: Office) -> list[bytes]:
    return office.dovecot.messages(office.boss)


def enclosed(raw: bytes) -> bytes:
    """What stands in the message/rfc822 part, as octets."""
    head, _, rest = raw.partition(b"Content-Type: message/rfc822")
    boundary = head.rpartition(b"\n--")[2].partition(b"\n")[0].strip()
    return rest.partition(b"\n\n" if b"\r\n" not in rest else b"\r\n\r\n")[2].rpartition(b"--" + boundary)[0]


async def test_forwarded_mail_lies_elsewhere_as_it_came_or_in_the_other_inbox_alone(
    make_office: MakeOffice,
) -> None:
    office = await passing(make_office)
    await office.start()
    mail = office.mail("An offer", "Grüße\n.\nFrom here on")
    office.submit(mail)
    office.submit(mail)
    (raw,) = await eventually(lambda: boxed(office), within=40)
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    assert read["Subject"] == "Fwd: An offer"
    assert read["From"] == f"support <{office.support}>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Return-Path"] == f"<{office.support}>"
    whole = enclosed(raw).replace(b"\r\n", b"\n")
    assert whole.rstrip(b"\n").endswith(mail.as_bytes().replace(b"\r\n", b"\n").rstrip(b"\n"))
    assert b"Received: from" in whole

    office.submit(office.mail("An alarm", "It burns."))
    await office.message_with(await office.aliased("alerts"), "It burns.", office.bob)
    office.submit(office.mail("After it", "The next one."))
    await office.message_with(await office.room_named("After it"), "The next one.")
    seen = str(await office.ann.sync())
    assert "An offer" not in seen
    assert "An alarm" not in seen
    assert len(boxed(office)) == 1


async def test_a_copy_is_large_and_shown_too_and_what_comes_back_goes_no_further(make_office: MakeOffice) -> None:
    office = await passing(make_office)
    await office.start()
    mail = office.mail("A copy", "See the file.")
    mail.add_attachment(b"\x00\x01data" * 200_000, maintype="application", subtype="x-thing", filename="big.bin")
    office.submit(mail)
    room = await office.room_named("A copy")
    await office.message_with(room, "See the file.")
    (raw,) = await eventually(lambda: boxed(office), within=40)
    whole = enclosed(raw).replace(b"\r\n", b"\n")
    assert whole.rstrip(b"\n").endswith(mail.as_bytes().replace(b"\r\n", b"\n").rstrip(b"\n"))

    returned = email.message_from_bytes(raw, policy=email.policy.SMTP)
    returned.replace_header("Subject", "A copy of a copy, and an offer")
    office.submit(returned, [office.support], sender=office.support)
    again = await office.room_named("A copy of a copy, and an offer")
    await office.message_with(again, "is shown here, and not forwarded again")
    assert len(boxed(office)) == 1


async def test_while_observing_it_is_shown_and_nothing_leaves(make_office: MakeOffice) -> None:
    office = await passing(make_office, outbound="observe")
    await office.start()
    office.submit(office.mail("An offer", "Buy this."))
    room = await office.room_named("An offer")
    shown = await office.message_with(room, "Buy this.")
    assert "it would have been forwarded to" in shown["content"]["body"]
    office.submit(office.mail("A copy", "Read this."))
    room = await office.room_named("A copy")
    await office.message_with(room, "a copy would have been sent to")
    assert boxed(office) == []


async def test_what_no_account_may_send_is_told_to_the_admins_and_can_be_tried_again(make_office: MakeOffice) -> None:
    office = await passing(make_office)
    settings = (office.folder / "mailroom.yaml").read_text()
    (office.folder / "mailroom.yaml").write_text(settings.replace(f', "{office.support}"]', "]"))
    await office.start()
    office.submit(office.mail("An offer", "Buy this."))
    told = await office.admins_hear("could not be sent")
    assert "no submission account may send as" in told["content"]["body"]
    assert "An offer" not in told["content"]["body"]

    await office.stop()
    (office.folder / "mailroom.yaml").write_text(settings)
    await office.start()
    office.cli("queue", "retry", "--all-failed")
    await eventually(lambda: boxed(office), within=40)
