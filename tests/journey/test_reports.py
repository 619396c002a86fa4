"""A mail server reports that an answer did not arrive: the answer says so, its author hears of it, and that is all."""

import secrets
from collections.abc import Awaitable, Callable
from email.message import EmailMessage

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.servers.postfix import SmtpSink
from tests.servers.probe import Json
from tests.waiting import eventually

Sink = Callable[..., Awaitable[SmtpSink]]


def report(office: Office, answer: EmailMessage, recipient: str, action: str, status: str) -> bytes:
    """As a mail server far away writes it to the address that the answer came from."""
    lines = (
        "From: Mail Delivery System <MAILER-DAEMON@relay.example>",
        f"To: {office.desk.address}",
        "Subject: Delivery Status Notification",
        f"Message-ID: <{secrets.token_hex(8)}@relay.example>",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "",
        "--b",
        "",
        "Your message could not be delivered.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; relay.example",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        f"Action: {action}",
        f"Status: {status}",
        "--b",
        "Content-Type: message/rfc822",
        "",
        f"Message-ID: {answer['Message-ID']}",
        f"To: {recipient}",
        "",
        "On its way.",
        "--b--",
        "",
    )
    return "\r\n".join(lines).encode()


async def mentions(office: Office, room: str) -> list[Json]:
    """What mentions Ann in the room."""
    found = [event["content"] for event in await office.ann.messages(room)]
    return [each for each in found if office.ann.user_id in each.get("m.mentions", {}).get("user_ids", [])]


async def test_a_bounce_lands_in_the_conversation_of_its_answer(make_office: MakeOffice, sink: Sink) -> None:
    """Postfix takes the answer and learns later that the next server does not: a real report comes back."""
    office = await make_office(hold="0s")
    moved = f"moved-{secrets.token_hex(4)}@client.example"
    await office.postfix.route_to_smtp(moved, (await sink("-f", "rcpt")).port)
    await office.start()
    office.drop_into_desk(office.mail(From=moved, To=office.desk.address))
    room = await office.room_named("Order 7")
    shown = str((await office.message_with(room, "Where is it?"))["event_id"])
    said = await office.ann.reply(room, shown, "On its way.")
    await office.marked(room, said, f"❌ Not delivered to {moved}:")
    told = (await office.message_with(room, "The server said:"))["content"]
    assert f"❌ Not delivered to {moved}:" in told["body"]
    assert "New here" not in told["body"]
    assert await mentions(office, room) == [told]
    attached = await office.message_with(room, ".eml")
    assert attached["content"]["msgtype"] == "m.file"
    note = await office.ann.reply(room, str((await office.message_with(room, "The server said:"))["event_id"]), "Hm.")
    await office.marked(room, note, "That mail has no address to answer.")  # nobody answers a mail server


async def test_a_bounce_that_goes_to_another_inbox_tells_the_author_beside_the_answer(
    make_office: MakeOffice, sink: Sink
) -> None:
    """Answers from support are sent as the desk: reports come to the desk's mailbox."""
    office = await make_office(hold="0s")
    moved = f"moved-{secrets.token_hex(4)}@client.example"
    await office.postfix.route_to_smtp(moved, (await sink("-f", "rcpt")).port)
    await office.start()
    room, shown = await office.opened(office.mail(From=moved), "Where is it?")
    said = await office.ann.reply(room, shown, "On its way.")
    told = await office.marked(room, said, f"❌ Not delivered to {moved}:")
    assert "✅" not in told["body"]
    (alarm,) = await eventually(lambda: mentions(office, room))
    assert f"❌ Not delivered to {moved}:" in alarm["body"]


async def test_forged_reports_do_no_harm_and_a_delay_ends_nothing(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    room, shown = await office.opened(office.mail(), "Where is it?")
    said = await office.ann.reply(room, shown, "On its way.")
    await office.marked(room, said, "✅ Sent to")
    (answer,) = await office.received()
    desk = office.dovecot
    desk.deliver(office.desk, report(office, answer, "eve@evil.example", "failed", "5.1.1"))
    desk.deliver(office.desk, report(office, answer, office.customer_address, "delayed", "4.4.1"))
    waits = await office.marked(room, said, f"⏳ Not delivered to {office.customer_address} yet:")
    assert "eve@evil.example" not in waits["body"]
    assert await mentions(office, room) == []
    desk.deliver(office.desk, report(office, answer, office.customer_address, "failed", "5.2.2"))
    full = await office.marked(room, said, "❌ Not delivered to")
    assert full["body"] == (
        f"❌ Not delivered to {office.customer_address}: the mailbox is full. "
        "(According to a report from MAILER-DAEMON@relay.example.)"
    )
    desk.deliver(office.desk, report(office, answer, office.customer_address, "failed", "5.2.2"))
    desk.deliver(office.desk, office.mail("Last", "The last one.", To=office.desk.address).as_bytes())
    await office.room_named("Last")
    assert len(await eventually(lambda: mentions(office, room))) == 1
    assert len(await office.received()) == 1  # nothing was sent again
