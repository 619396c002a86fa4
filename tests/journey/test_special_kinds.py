"""What programs send between people's words: invitations, reactions and read receipts, from mail to the room."""

from email.message import EmailMessage

from tests.journey.conftest import MakeOffice
from tests.journey.office import PATIENCE, Office
from tests.waiting import eventually


def invitation(office: Office, subject: str, start: str, end: str, sequence: int) -> EmailMessage:
    """In the manner of a calendar: a few words beside the event."""
    made = office.mail(subject, "You are invited to talk about the order.")
    lines = (
        *("BEGIN:VCALENDAR", "PRODID:-//Customer//Calendar//EN", "VERSION:2.0", "METHOD:REQUEST", "BEGIN:VEVENT"),
        *(f"DTSTART:{start}", f"DTEND:{end}", f"UID:order-{office.tag}@client.example", f"SEQUENCE:{sequence}"),
        f"ORGANIZER;CN=Anna Berg:mailto:{office.customer_address}",
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{office.support}",
        *("SUMMARY:Talk about the order", "LOCATION:By phone", "END:VEVENT", "END:VCALENDAR", ""),
    )
    made.add_alternative("\r\n".join(lines).encode(), "text", "calendar", params={"method": "REQUEST"})
    return made


async def test_an_invitation_is_told_in_the_rooms_zone_and_its_update_says_what_changed(
    make_office: MakeOffice,
) -> None:
    office = await make_office()
    office.write_rules(f"zone: Europe/Berlin\n{office.rules()}")
    await office.start()
    first = invitation(office, "Invitation: order", "20261201T090000Z", "20261201T100000Z", 0)
    room, event = await office.opened(first, "📅")
    content = (await office.ann.event(room, event))["content"]
    assert "📅 Invitation: Talk about the order" in content["body"]
    assert "When: Tuesday, 1 December 2026, 10:00–11:00 (Europe/Berlin)" in content["body"]
    assert "Where: By phone" in content["body"]
    assert "You are invited to talk about the order." in content["body"]
    assert (await office.message_with(room, "text/calendar"))["content"]["msgtype"] == "m.file"

    office.submit(invitation(office, "Updated: order", "20261201T130000Z", "20261201T140000Z", 1))
    update = (await office.message_with(room, "📅 Updated invitation"))["content"]["body"]
    assert "14:00–15:00 (Europe/Berlin) (before: Tuesday, 1 December 2026, 10:00–11:00 (Europe/Berlin))" in update


def reaction(office: Office, to: EmailMessage) -> EmailMessage:
    """In the manner of Gmail: words for others, and the emoji for those who understand it."""
    made = office.mail("Re: Order 7", "Anna Berg reacted to your message", In_Reply_To=to["Message-ID"])
    said = '{"emoji":"🎉","version":1}'.encode()
    made.add_alternative(said, "text", "vnd.google.email-reaction+json")
    return made


def receipt(office: Office, to: EmailMessage) -> EmailMessage:
    """In the manner of Exchange: it names the mail in the report alone."""
    made = EmailMessage()
    for name, value in office.mail("Read: Order 7").items():
        if name.lower() not in ("content-type", "content-transfer-encoding", "mime-version"):
            made[name] = value
    raw = (
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\r\n\r\n--b\r\n\r\n'
        "Your message was read.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822;{office.customer_address}\r\nOriginal-Message-ID: {to['Message-ID']}\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n"
    )
    return _Raw(made, raw)


class _Raw(EmailMessage):
    """A mail whose body is written out."""

    def __init__(self, head: EmailMessage, body: str) -> None:
        super().__init__()
        self._octets = "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + body.encode()

    def as_bytes(self, *_: object, **__: object) -> bytes:
        return self._octets


async def test_a_customers_reaction_and_receipt_stand_with_the_answer_they_are_about(office: Office) -> None:
    room, shown = await office.opened(office.mail(), "Where is it?")
    answered = await office.ann.reply(room, shown, "It is on its way.")
    (answer,) = await office.received()
    await office.message_with(room, "✅ Sent to")

    office.submit(reaction(office, answer))
    if office.mode == "appservice":

        async def reacted() -> list[dict[str, object]]:
            return await office.ann.related(room, answered, "m.annotation")

        (event,) = await eventually(reacted, within=PATIENCE, every=0.1)
        assert event["content"]["m.relates_to"]["key"] == "🎉"
    else:
        line = (await office.message_with(room, "🎉"))["content"]
        assert office.customer_address in line["body"]
        assert line["m.relates_to"] == {"m.in_reply_to": {"event_id": answered}}

    office.submit(receipt(office, answer))
    told = (await office.message_with(room, "👁 Read by"))["content"]
    assert office.customer_address in told["body"]
    assert (told["msgtype"], told["m.mentions"]) == ("m.notice", {})
    assert await office.count(room, "reacted to your message") == 0
    assert await office.count(room, "was read.") == 0
