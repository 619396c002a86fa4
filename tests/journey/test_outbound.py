"""The master switch: what may leave at all, whatever the rules say."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import plain


async def test_while_observing_the_room_shows_what_would_have_been_sent(make_office: MakeOffice) -> None:
    office = await make_office(outbound="observe", hold="0s")
    await office.start()
    room, shown = await office.opened(office.mail(), "Where is it?")
    said = await office.ann.reply(room, shown, "It is on its way.")
    told = await office.marked(room, said, "outbound is observe")
    assert f"would have been sent to Anna Berg <{office.customer_address}>" in told["body"]
    assert office.desk.address in told["body"]
    assert "Subject: Re: Order 7" in told["body"]
    assert "✅" not in told["body"]
    assert office.customer.user not in office.postfix.log.read_text()
    assert office.mailbox() == []


async def test_mail_can_be_kept_within_the_house(make_office: MakeOffice) -> None:
    office = await make_office(outbound="own-domains", hold="0s")
    await office.start()
    room, shown = await office.opened(office.mail(), "Where is it?")
    said = await office.ann.reply(room, shown, "It is on its way.")
    await office.marked(room, said, "outbound is own-domains")

    carol = office.dovecot.add_user("carol")
    room, shown = await office.opened(office.mail("Lunch", "At noon?", From=carol.address), "At noon?")
    said = await office.ann.reply(room, shown, "At one.")
    (mail,) = await office.received(mailbox=carol)
    assert "At one." in plain(mail)
    await office.marked(room, said, "✅ Sent to")
    assert office.mailbox() == []
