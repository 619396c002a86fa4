"""The story that everything else stands on: mail in, rooms, an answer out, the customer's reply in the same room."""

from tests.journey.office import Office


async def test_a_customers_mail_is_answered_from_chat_and_the_talk_goes_on(office: Office) -> None:
    first = office.mail()
    office.submit(first)
    room = await office.room_named("Order 7")
    shown = await office.message_with(room, "Where is it?")
    assert office.customer_address in str(shown["content"]) + str(await office.ann.members(room)) + str(
        await office.ann.all_state(room)
    )
    assert await office.ann.members(room, "invite") >= {office.bob.user_id}

    await office.ann.reply(room, shown["event_id"], "It is on its way.")
    await office.message_with(room, "To ")
    (answer,) = await office.received()
    assert answer["From"] == f"Ann at Corp <{office.desk.address}>"
    assert office.customer_address in answer["To"]
    assert answer["Subject"] == "Re: Order 7"
    assert answer["In-Reply-To"] == first["Message-ID"]
    assert answer["References"] == first["Message-ID"]
    body = answer.get_body(("plain",))
    assert body is not None
    assert "It is on its way." in body.get_content()
    assert "> Where is it?" in body.get_content()
    await office.message_with(room, "✅ Sent to")

    again = office.mail("Re: Order 7", "Thank you!", In_Reply_To=answer["Message-ID"])
    office.submit(again)
    await office.message_with(room, "Thank you!")
    assert await office.count(room, "Thank you!") == 1


async def test_a_note_stays(office: Office) -> None:
    office.submit(office.mail())
    room = await office.room_named("Order 7")
    shown = await office.message_with(room, "Where is it?")
    await office.ann.say(room, "I think we lost it.")
    await office.ann.reply(room, shown["event_id"], "// do not tell her")
    await office.ann.reply(room, shown["event_id"], "We are looking for it.")
    (answer,) = await office.received()
    assert "lost" not in answer.as_string()
    assert "do not tell" not in answer.as_string()


async def test_mail_that_appears_in_a_mailbox_appears_in_a_room(office: Office) -> None:
    office.drop_into_desk(office.mail("A question", "By IMAP."))
    room = await office.room_named("A question")
    await office.message_with(room, "By IMAP.")


async def test_a_lists_mail_is_a_thread_in_the_lists_room(office: Office) -> None:
    head = {"List_Id": f"<users-{office.tag}.list.example>", "List_Post": "<mailto:users@list.example>"}
    first = office.mail("A topic", "First.", **head)
    office.submit(first, [office.lists])
    room = await office.room_named("users")
    root = await office.message_with(room, "First.")
    office.submit(office.mail("Re: A topic", "Second.", In_Reply_To=first["Message-ID"], **head), [office.lists])
    second = await office.message_with(room, "Second.")
    assert second["content"]["m.relates_to"]["rel_type"] == "m.thread"
    assert second["content"]["m.relates_to"]["event_id"] == root["event_id"]
