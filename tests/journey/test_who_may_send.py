"""The right to send and the membership of rooms follow the rules, at once and without a restart."""

from collections.abc import Awaitable, Callable

from tests.journey.conftest import MakeOffice
from tests.journey.office import plain
from tests.servers.probe import Probe
from tests.waiting import eventually

Person = Callable[..., Awaitable[Probe]]


async def test_only_those_named_may_send_and_the_right_ends_at_once(make_office: MakeOffice, person: Person) -> None:
    office = await make_office(hold="4s")
    ann_alone = office.rules().replace("send: {who: [ann, bob]", "send: {who: ann")
    office.write_rules(ann_alone)
    await office.start()
    room, shown = await office.opened(office.mail(), "Where is it?")

    await office.bob.join(room)
    said = await office.bob.reply(room, shown, "Bob says hello.")
    await office.marked(room, said, "You are not among those who may send from here.")

    eva = await person("eva")
    await office.as_bot().invite(room, eva.user_id)
    await eva.join(room)
    said = await eva.reply(room, shown, "Eva says hello.")
    await office.marked(room, said, "You are not among those who may send from here.")

    said = await office.ann.reply(room, shown, "Ann says hello.")
    await office.marked(room, said, "⏳ To")
    await office.change_rules(ann_alone.replace("send: {who: ann,", "send: {who: bob, hold: 0s,"))
    told = await office.marked(room, said, "Not sent: ")
    assert "may no longer send" in told["body"]

    said = await office.bob.reply(room, shown, "Bob may, now.")
    (mail,) = await office.received()
    assert "Bob may, now." in plain(mail)
    assert mail["From"] == f"Bob at Corp <{office.desk.address}>"
    await office.marked(room, said, "✅ Sent to")
    assert len(office.mailbox()) == 1


async def test_membership_follows_the_rules_and_broken_rules_change_nothing(
    make_office: MakeOffice, person: Person
) -> None:
    office, cleo = await make_office(hold="0s"), await person("cleo")
    await office.start()
    room, _ = await office.opened(office.mail(), "Where is it?")
    await office.bob.join(room)

    who = f'people:\n  cleo: {{name: Cleo Roy, matrix: "{cleo.user_id}", mail: cleo@corp.example}}'
    edited = office.rules().replace("people:", who).replace("for: [ann, bob]", "for: [ann, cleo]")
    await office.change_rules(edited)
    await cleo.wait_for_invite()
    assert await cleo.join(room) == room

    async def bob_is_out() -> bool:
        return office.bob.user_id in await office.ann.members(room, "leave")

    await eventually(bob_is_out, every=0.1)
    assert await office.ann.members(room) >= {office.ann.user_id, cleo.user_id}

    broken = edited.replace("to: sender", "to: everyone")
    line = 1 + broken[: broken.index("to: everyone")].count("\n")
    office.write_rules(broken)
    told = await office.admins_hear("the old ones stay in force")
    assert f"rules.yaml:{line}:" in told["content"]["body"]
    _, shown = await office.opened(office.mail("Another order", "Still here?"), "Still here?")
    assert shown
