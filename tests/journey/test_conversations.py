"""Mails that belong together are found together, however they come: too early, without our Message-ID, or late."""

import re
import secrets
from email.message import EmailMessage

from tests.journey.conftest import MakeOffice
from tests.journey.office import PATIENCE, Office
from tests.waiting import eventually


def rewritten(message: EmailMessage) -> str:
    """The Message-ID that a submission service put in place of ours."""
    return f"<0102{secrets.token_hex(6)}-000000@provider.example>"


async def test_a_reply_that_comes_before_its_root_shares_the_room_with_it(office: Office) -> None:
    root = office.mail("Order 12", "The very first words.")
    reply = office.mail("Re: Order 12", "And the answer to them.", References=root["Message-ID"])
    office.submit(reply)
    room = await office.room_named("Re: Order 12")
    await office.message_with(room, "And the answer")
    office.submit(root)
    shown = await office.message_with(room, "The very first words.")
    assert "New here" not in shown["content"]["body"], "who wrote the reply wrote the root"


async def test_an_answer_to_a_mail_whose_message_id_a_provider_rewrote_finds_its_room(office: Office) -> None:
    room, event = await office.opened(office.mail("Order 13", "Where is it?"), "Where is it?")
    await office.ann.reply(room, event, "On its way.")
    (answer,) = [mail for mail in await office.received() if "Order 13" in mail["Subject"]]
    html = answer.get_body(("html",))
    assert html is not None
    quoted = str(html.get_content())
    back = EmailMessage()
    headers = {
        "From": f"Anna Berg <{office.customer_address}>",
        "To": office.support,
        "Subject": "Re: Order 13",
        "Message-ID": f"<{secrets.token_hex(8)}@client.example>",
        "In-Reply-To": rewritten(answer),
        "Date": "Sat, 21 Nov 2026 11:00:00 +0000",
    }
    for name, value in headers.items():
        back[name] = value
    marked = re.sub(r'<div id="', '<div id="m_-7310', quoted)  # as a web mailer writes it
    back.set_content(f"<div>Thank you so much.</div><div class='gmail_quote'>{marked}</div>", subtype="html")
    office.submit(back)
    shown = await office.message_with(room, "Thank you so much.")
    assert "New here" not in shown["content"]["body"]


async def test_two_rooms_that_turn_out_to_be_one_conversation_go_on_in_the_older(office: Office) -> None:
    one = office.mail("Order 14", "My first letter.")
    two = office.mail("Also order 14", "My second letter.")
    older, _ = await office.opened(one, "My first letter.")
    later, event = await office.opened(two, "My second letter.")
    both = f"{one['Message-ID']} {two['Message-ID']}"
    office.submit(office.mail("Re: Also order 14", "This is about both.", References=both))
    await office.message_with(older, "This is about both.")
    told = await office.message_with(later, "part of an earlier one")
    assert older.replace(":", "%3A") in told["content"]["body"]
    await office.message_with(older, "part of this one")
    assert await office.count(later, "This is about both.") == 0
    office.submit(office.mail("Re: Also order 14", "And one more.", References=two["Message-ID"]))
    await office.message_with(older, "And one more.")
    before = len(office.mailbox())
    await office.ann.reply(later, event, "Answered from the later room.")
    await eventually(lambda: len(office.mailbox()) > before, within=PATIENCE)
    assert any("Answered from the later room." in str(mail) for mail in office.mailbox())


async def test_a_customers_mail_that_staff_forward_is_answered_to_the_customer(make_office: MakeOffice) -> None:
    office = await make_office(more={"authserv": ["mx.corp.example"]}, to="all")
    door = f"address: {office.support}\n"
    office.write_rules(office.rules().replace(door, f"{door}    forwarded-by: [ann, bob]\n"))
    await office.start()
    text = f"""Could somebody take this? She is upset.

---------- Forwarded message ---------
From: Anna Berg <{office.customer_address}>
Date: Fri, Nov 20, 2026 at 10:00 AM
Subject: Order 15
To: Ann Berg <ann@corp.example>

Nobody answers me.
"""
    forward = office.mail(
        "Fwd: Order 15",
        text,
        From="Ann Berg <ann@corp.example>",
        References="<order15@client.example>",
        Authentication_Results="mx.corp.example; dmarc=pass header.from=corp.example",
    )
    office.submit(forward, sender="ann@corp.example")
    room = await office.room_named("Order 15")
    shown = await office.message_with(room, "Nobody answers me.")
    assert "upset" not in shown["content"]["body"]
    note = await office.message_with(room, "She is upset.")
    assert note["content"]["msgtype"] == "m.notice"
    await office.ann.reply(room, shown["event_id"], "We do now.")
    (answer,) = await office.received()
    assert answer["To"] == f"Anna Berg <{office.customer_address}>"
    assert answer["Cc"] is None
    assert answer["In-Reply-To"] == "<order15@client.example>"
    assert "upset" not in answer.as_string()
    assert "ann@corp.example" not in answer.as_string()

    office.submit(office.mail("Re: Order 15", "Thank you.", References=answer["Message-ID"]))
    await office.message_with(room, "Thank you.")
    stranger = office.mail("Fwd: Order 16", text.replace("15", "16"), From="Ann Berg <ann@corp.example>")
    office.submit(stranger, sender="x@evil.example")
    held = await office.message_with(await office.room_named("Fwd: Order 16"), "Nobody answers me.")
    assert "does not vouch" in held["content"]["body"]
