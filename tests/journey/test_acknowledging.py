"""A person's first mail is answered by itself, once; what is answered to that lands in the conversation."""

import smtplib

import pytest

from bridge.demo.process import LOOPBACK
from tests.journey.conftest import MakeOffice
from tests.journey.office import Office, plain
from tests.waiting import eventually


def first(office: Office, subject: str, body: str, **headers: str) -> None:
    office.submit(office.mail(subject, body, **headers))


@pytest.mark.parametrize("mode", ["appservice"])
async def test_a_persons_first_mail_is_acknowledged_once(make_office: MakeOffice) -> None:
    office = await make_office()
    office.may_send_as(office.support)
    wish = '    title: Corp support\n    acknowledge: {text: "Dear {from.name}, we got {subject}.", once: 1h}\n'
    office.write_rules(office.rules().replace("    rules:\n", f"{wish}    rules:\n", 1))
    await office.start()

    first(office, "A bulletin", "Read this.", Precedence="bulk")
    with smtplib.SMTP(LOOPBACK, office.smtp_port) as client:
        client.sendmail("", [office.support], office.mail("From nobody", "No return.").as_bytes())
    first(office, "Order 7", "Where is it?")
    room = await office.room_named("Order 7")
    (answer,) = await office.received()
    assert answer["Subject"] == "Auto: Re: Order 7"
    assert answer["From"] == f"Corp support <{office.support}>"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["Return-Path"] == "<MAILER-DAEMON>"  # pipe(8) of Postfix writes the null path so
    assert "Dear Anna Berg, we got Order 7." in plain(answer)
    await office.message_with(room, f"An acknowledgement was sent to {office.customer_address}")

    await office.stop()
    await office.start()
    await eventually(lambda: office.log.count("mailroom runs") == 2, within=60)
    again = office.mail("Re: Order 7", "Thank you, machine.", In_Reply_To=answer["Message-ID"])
    office.submit(again)
    await office.message_with(room, "Thank you, machine.")
    first(office, "Order 8", "Another one.")
    other = await office.room_named("Order 8")
    await office.message_with(other, "Another one.")
    said = await office.ann.reply(other, str((await office.message_with(other, "Another one."))["event_id"]), "Soon.")
    await office.marked(other, said, "✅ Sent to")
    assert len(await office.received(2)) == 2
    assert await office.count(other, "acknowledgement") == 0
