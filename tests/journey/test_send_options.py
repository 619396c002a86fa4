"""What the rules say about rooms and answers, seen from outside: names, signature, copies, domains and rate."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import PATIENCE, plain
from tests.journey.test_recipients import specs
from tests.waiting import eventually

RULE = """
      - name: ticket
        when: {{subject: {{regex: "Order (?P<number>[0-9]+)"}}}}
        room: {{name: "#{{number}} of {{from.first}}", alias: "t-{{number}}-{tag}"}}
"""


async def test_the_rules_name_rooms_and_sign_copy_and_bound_answers(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    boss, archive, other = (office.dovecot.add_user(name) for name in ("boss", "archive", "other"))
    more = (
        f"cc: {boss.user}@corp.example, bcc: {archive.user}@corp.example, rate: {{mails: 1, per: 1h}}, "
        'signature: "{me.name}\\nfor {from.first}", domains: {allow: [client.example, corp.example]}, '
    )
    rules = office.rules().replace("    send: {who: [ann, bob], ", f"    send: {{{more}who: [ann, bob], ", 1)
    assert rules != office.rules()
    office.write_rules(rules.replace("    rules:\n", "    rules:" + RULE.format(tag=office.tag), 1))
    await office.start()

    abroad = office.mail("Abroad", "Elsewhere.", Reply_To=f"{other.user}@else.example")
    room, shown = await office.opened(abroad, "Elsewhere.")
    said = await office.ann.reply(room, shown, "Not there.")
    await office.marked(room, said, "do not let answers from here go to")

    office.submit(office.mail("Order 7"))
    room = await office.room_named("#7 of Anna")
    assert await office.aliased("t-7", office.ann) == room
    shown = str((await office.message_with(room, "Where is it?"))["event_id"])
    said = await office.ann.reply(room, shown, "On its way.")
    await office.marked(room, said, "✅ Sent to")
    (answer,) = await office.received()
    (copy,) = await office.received(mailbox=boss)
    (unseen,) = await office.received(mailbox=archive)
    assert specs(answer["Cc"]) == {f"{boss.user}@corp.example"}
    assert answer.as_bytes().count(archive.user.encode()) == 0
    assert copy["Message-ID"] == unseen["Message-ID"] == answer["Message-ID"]
    assert plain(answer).startswith("On its way.\n\n-- \nAnn Berg\nfor Anna\n\nOn ")

    said = await office.bob.join(room) and await office.bob.reply(room, shown, "Me too.")
    await office.marked(room, said, "No more than 1 may leave from here within 60 min")
    assert len(office.mailbox()) == 1
    assert office.mailbox(other) == []


async def test_a_second_pair_of_eyes_lets_an_answer_go(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    office.write_rules(
        office.rules().replace("    send: {who: [ann, bob], ", "    send: {approve: [ann, bob], who: ann, ")
    )
    await office.start()
    room, shown = await office.opened(office.mail(), "Where is it?")
    await office.bob.join(room)
    said = await office.ann.reply(room, shown, "On its way.")
    asked = await office.message_with(room, "when Bob Iwu reacts with ✅")
    assert asked["content"]["m.mentions"]["user_ids"] == [office.bob.user_id]
    await office.ann.react(room, asked["event_id"], "✅")
    note = await office.ann.reply(room, shown, "// it was read after the reaction")
    await eventually(lambda: note in office.log, within=PATIENCE)
    assert office.mailbox() == []
    await office.bob.react(room, asked["event_id"], "✅")
    await office.marked(room, said, "✅ Sent to")
    assert len(office.mailbox()) == 1
