"""An answer can be taken back or changed while it waits; afterwards the room says plainly that it cannot."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import plain


async def test_an_answer_can_be_taken_back_or_changed_until_it_leaves(make_office: MakeOffice) -> None:
    office = await make_office(hold="4s")
    await office.start()
    ann = office.ann
    room, shown = await office.opened(office.mail(), "Where is it?")

    promise = await ann.reply(room, shown, "A promise we cannot keep.")
    waiting = await office.marked(room, promise, "⏳ To")
    assert office.customer_address in waiting["body"]
    await ann.redact(room, promise)
    await office.marked(room, promise, "Taken back. Nothing was sent.")

    secret = await ann.reply(room, shown, "She is not in the system at all.")
    await office.marked(room, secret, "⏳ To")
    await ann.edit(room, secret, "// She is not in the system at all.")
    await office.marked(room, secret, "Nothing was sent.")

    answer = await ann.reply(room, shown, "Tomorow.")
    await office.marked(room, answer, "⏳ To")
    await ann.edit(room, answer, "Tomorrow.")
    (mail,) = await office.received()
    assert "Tomorrow." in plain(mail)
    assert "Tomorow." not in mail.as_string()
    await office.marked(room, answer, "✅ Sent to")

    await ann.edit(room, answer, "Never.")
    late = await office.message_with(room, "came after the mail had left")
    assert late["content"]["m.mentions"] == {"user_ids": [ann.user_id]}
    await ann.redact(room, answer)
    late = await office.message_with(room, "cannot be recalled")
    assert late["content"]["m.mentions"] == {"user_ids": [ann.user_id]}

    await office.change_rules(office.rules().replace("hold: 4s", "hold: 0s"))
    await ann.reply(room, shown, "That is all.")
    mails = [plain(mail) for mail in await office.received(2)]
    assert len(mails) == 2
    assert "That is all." in mails[1]
