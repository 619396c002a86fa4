"""A stranger who quotes a known Message-ID is shown and flagged, and gets an answer only after a confirmation."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import plain


async def test_a_stranger_is_answered_only_on_purpose(make_office: MakeOffice) -> None:
    office = await make_office(to="all", hold="0s")
    await office.start()
    first = office.mail()
    room, shown = await office.opened(first, "Where is it?")
    mallory = office.dovecot.add_user("mallory")
    address = f"{mallory.user}@other.example"
    office.submit(
        office.mail("Re: Order 7", "I am her lawyer.", From=f"Mallory <{address}>", In_Reply_To=first["Message-ID"])
    )
    strange = await office.message_with(room, "I am her lawyer.")
    assert f"New here: {address} joined by quoting this conversation" in strange["content"]["body"]

    said = await office.ann.reply(room, shown, "It is on its way.")
    await office.marked(room, said, "✅ Sent to")
    assert address not in (await office.received())[0].as_string()
    explicit = await office.ann.reply(room, strange["event_id"], "Please show your authority.")
    waiting = await office.marked(room, explicit, "React with ✅")
    assert address in waiting["body"]
    withdrawn = await office.ann.reply(room, strange["event_id"], "We shall sue.")
    await office.marked(room, withdrawn, "React with ✅")
    await office.ann.redact(room, withdrawn)
    await office.marked(room, withdrawn, "Taken back. Nothing was sent.")
    note = await office.ann.reply(room, strange["event_id"], "// who is that?")
    assert note
    assert office.dovecot.messages(mallory) == []

    mark = next(
        event["event_id"]
        for event in await office.ann.messages(room)
        if event["content"].get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id") == explicit
    )
    await office.ann.react(room, mark, "✅")
    (answer,) = await office.received(mailbox=mallory)
    assert "Please show your authority." in plain(answer)
    await office.marked(room, explicit, "✅ Sent to")
    assert len(office.dovecot.messages(mallory)) == 1

    copied = office.mail(
        "Re: Order 7", "Talk to her.", Cc=f"{office.support}, {address}", In_Reply_To=first["Message-ID"]
    )
    office.submit(copied)  # now everyone knows her
    asked = await office.message_with(room, "Talk to her.")
    await office.ann.reply(room, asked["event_id"], "We shall.")
    assert "We shall." in plain((await office.received(2, mallory))[1])
    assert not [mail for mail in office.mailbox() if "sue" in mail.as_string() or "who is that" in mail.as_string()]


async def test_an_answer_is_not_led_elsewhere_under_a_participants_name(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    first = office.mail()
    room, _ = await office.opened(first, "Where is it?")
    aside = office.dovecot.add_user("mallory")
    address = f"{aside.user}@other.example"
    office.submit(office.mail("Re: Order 7", "And my code?", In_Reply_To=first["Message-ID"], Reply_To=address))
    forged = await office.message_with(room, "And my code?")
    assert address in forged["content"]["body"]
    said = await office.ann.reply(room, forged["event_id"], "It is 4711.")
    asked = await office.marked(room, said, "React with ✅")
    assert address in asked["body"]
    await office.ann.redact(room, said)
    await office.marked(room, said, "Taken back. Nothing was sent.")
    assert office.dovecot.messages(aside) == []
