"""Who gets an answer, and how it hangs together with what it answers."""

import email.utils

from tests.journey.conftest import MakeOffice
from tests.journey.office import plain


def specs(field: str | None) -> set[str]:
    return {spec for _, spec in email.utils.getaddresses([str(field)])} if field else set()


async def test_a_reply_to_all_keeps_cc_and_leaves_us_out_and_bcc_is_never_shown(make_office: MakeOffice) -> None:
    office = await make_office(to="all", hold="0s")
    await office.start()
    berta, secret = office.dovecot.add_user("berta"), office.dovecot.add_user("secret")
    mail = office.mail(
        To=f"{office.support}, Desk <{office.desk.address}>, {office.alerts}",
        Cc=f"Berta Gil <{berta.user}@client.example>, {office.support.replace('@', '+sales@')}",
        Bcc=f"{secret.user}@client.example",
    )
    room, shown = await office.opened(mail, "Where is it?")
    said = await office.ann.reply(room, shown, "It is on its way.")
    mark = await office.marked(room, said, "✅ Sent to")
    (answer,) = await office.received()
    (copy,) = await office.received(mailbox=berta)
    assert specs(answer["To"]) == {office.customer_address}
    assert specs(answer["Cc"]) == specs(copy["Cc"]) == {f"{berta.user}@client.example"}
    assert answer["Bcc"] is None
    assert secret.user not in mark["body"] + answer.as_string() + str(await office.ann.events(room))
    assert office.dovecot.messages(secret) == []

    elsewhere = office.mail("Invoice", "Please pay.", Reply_To=f"Books <{berta.user}@client.example>")
    room, shown = await office.opened(elsewhere, "Please pay.")
    said = await office.ann.reply(room, shown, "Paid.")
    await office.marked(room, said, "✅ Sent to")
    assert "Paid." in plain((await office.received(2, berta))[1])
    assert len(office.mailbox()) == 1


async def test_the_chain_of_a_long_talk_is_whole(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    mail = office.mail("Re: AW: Order 7")
    chain = [mail["Message-ID"]]
    office.submit(mail)
    room = await office.room_named("Re: AW: Order 7")
    shown = (await office.message_with(room, "Where is it?"))["event_id"]
    for number in (1, 2, 3):
        said = await office.ann.reply(room, shown, f"Answer {number}.")
        answer = (await office.received(number))[-1]
        assert answer["Subject"] == "Re: Order 7"
        assert answer["In-Reply-To"] == chain[-1]
        assert answer["References"].split() == chain
        chain.append(answer["Message-ID"])
        again = office.mail("Re: Order 7", f"Question {number}?", In_Reply_To=chain[-1], References=" ".join(chain))
        office.submit(again)
        chain.append(again["Message-ID"])
        shown = (await office.message_with(room, f"Question {number}?"))["event_id"]

    afterthought = await office.ann.reply(room, said, "One more word.")
    await office.marked(room, afterthought, "✅ Sent to")
    answer = (await office.received(4))[-1]
    assert specs(answer["To"]) == {office.customer_address}
    assert answer["In-Reply-To"] == chain[-2]
    assert answer["References"].split() == chain[:-1]
    assert "Question 3?" not in plain(answer)
    assert len(await office.ann.joined_rooms()) == 1


async def test_an_answer_to_a_list_goes_to_the_list(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    posts = office.dovecot.add_user("posts")
    head = {
        "To": f"{posts.user}@list.example",
        "List_Id": f"Users <users-{office.tag}.list.example>",
        "List_Post": f"<mailto:{posts.user}@list.example>",
    }
    topic = office.mail("A topic", "First.", **head)
    office.submit(topic, [office.lists])
    room = await office.room_named("users")
    root = (await office.message_with(room, "First."))["event_id"]
    office.submit(office.mail("Another topic", "Elsewhere.", **head), [office.lists])
    await office.message_with(room, "Elsewhere.")
    said = await office.ann.say_in_thread(room, root, "I agree.", to=root)
    await office.marked(room, said, "✅ Sent to")
    (answer,) = await office.received(mailbox=posts)
    assert specs(answer["To"]) == {f"{posts.user}@list.example"}
    assert answer["In-Reply-To"] == answer["References"] == topic["Message-ID"]
    assert answer["From"] == f"Ann Berg <{office.desk.address}>"
    thread = await office.ann.related(room, root, "m.thread")
    assert any("✅ Sent to" in str(event["content"]) or "⏳ To" in str(event["content"]) for event in thread)

    # The list sends everyone a copy of what was posted, us too: nothing of it is shown or sent again.
    answer["List-Id"] = head["List_Id"]
    office.submit(answer, [office.lists], sender="bounces@list.example")
    closing = office.mail("Re: A topic", "Agreed then.", In_Reply_To=answer["Message-ID"], **head)
    office.submit(closing, [office.lists])
    await office.message_with(room, "Agreed then.")
    assert await office.count(room, "I agree.") == 1
