"""When idle conversations are looked at survives restarts, and nothing is done with one in which something happened."""

from dataclasses import replace

from bridge.core.effects import CloseRoom, Receipt
from bridge.core.idling import Lull, Step
from bridge.core.lives import Life
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import claimed, filed, open_room, plan, send, show, tell
from tests.contract.test_journal_closing import seen, state, talk, told


async def lull(journal: Journal, now: float = 1000.0) -> Lull:
    (found,) = await journal.lulls(now, 10)
    return found


def closing(found: Lull) -> Step:
    name = found.conversation.id
    effect = CloseRoom(f"close-{name}", f"conv:{name}", f"conv:{name}", "space:x", "closed", name)
    return Step(found, "closed", found.last, None, (effect,))


async def test_a_new_conversation_is_looked_at_and_then_when_that_was_said(reopen: Reopen) -> None:
    journal = await reopen()
    await talk(journal)
    found = await lull(journal)
    assert (found.conversation.id, found.last, found.busy, found.lost) == ("c", 500.0, False, False)
    later = Step(found, "open", found.last, 2000.0)
    assert await journal.take([later]) == [later]
    assert await journal.lulls(1999.0, 10) == []
    journal = await reopen()
    assert (await lull(journal, 2000.0)).last == 500.0


async def test_one_of_which_nothing_is_to_be_asked_is_not_looked_at_before_the_rules_change(journal: Journal) -> None:
    await talk(journal)
    await journal.look_anew("one")
    await journal.take([Step(await lull(journal), "open", 500.0, None)])
    await journal.look_anew("one")
    assert await journal.lulls(1e12, 10) == []
    await journal.look_anew("two")
    assert (await lull(journal)).conversation.id == "c"


async def test_it_is_closed_with_what_follows_in_one_step_and_that_step_once(reopen: Reopen) -> None:
    journal = await reopen()
    await talk(journal)
    step = closing(await lull(journal))
    assert await journal.take([step]) == [step]
    assert await journal.take([step]) == []
    journal = await reopen()
    assert await state(journal) == "closed"
    assert await claimed(journal) == ["close-c"]


async def test_what_came_or_was_said_meanwhile_keeps_it_open(journal: Journal) -> None:
    await talk(journal)
    step = closing(await lull(journal))
    for effect in (tell("t", "conv:c", "conv:c"), send("held", "$h", held=True), send("m", "$m", not_before=1e9)):
        found = await lull(journal)
        if not found.busy:
            await journal.add([effect])
            assert (await lull(journal)).busy
            assert await journal.take([step]) == []
        await claimed(journal)
        await journal.fulfil("t", Receipt())
    assert await state(journal) == "open"


async def test_each_thing_that_waits_makes_it_busy(journal: Journal) -> None:
    for number, effect in enumerate(
        (
            lambda name: tell(f"t-{name}", f"conv:{name}", f"conv:{name}"),
            lambda name: show(f"s2-{name}", "l2", conversation=name),
            lambda name: replace(send(f"m-{name}", f"$m-{name}"), lane=f"mail:{name}", conversation=name),
            lambda name: replace(send(f"h-{name}", f"$h-{name}", held=True), lane=f"mail:{name}", conversation=name),
        )
    ):
        name = f"c{number}"
        await talk(journal, name)
        found = {each.conversation.id: each for each in await journal.lulls(1000.0, 10)}[name]
        assert not found.busy
        await journal.add([effect(name)])
        assert {each.conversation.id: each.busy for each in await journal.lulls(1000.0, 10)}[name]
        assert await journal.take([closing(found)]) == []


async def test_a_mail_between_the_look_and_the_step_keeps_it_open(journal: Journal) -> None:
    await talk(journal)
    found = await lull(journal)
    earlier = replace(closing(found), lull=replace(found, last=found.last - 1))
    assert await journal.take([earlier]) == []
    await plan(journal, key="smtp:2", letters=(filed("l2", "c", "<2@x>"),), effects=(show("s2", "l2"),))
    assert await journal.take([closing(found)]) == [], "it is on its way into the room"


async def test_opened_again_it_is_looked_at_again(journal: Journal) -> None:
    await talk(journal)
    await journal.take([closing(await lull(journal))])
    assert await journal.lulls(1e12, 10) == []
    await told(journal, "$1", Life("c", "open"))
    assert (await lull(journal)).conversation.state == "open"
    assert (await seen(journal)).last_at == 500.0


async def test_of_a_room_without_the_bot_that_is_told(journal: Journal) -> None:
    await talk(journal)
    await journal.lose_room("!c:x", "kicked")
    assert (await lull(journal)).lost


async def test_those_that_wait_longest_come_first_and_only_so_many(journal: Journal) -> None:
    for name in ("a", "b", "d"):
        await talk(journal, name)
    steps = [
        Step(each, "open", each.last, {"a": 30.0, "b": 10.0, "d": 20.0}[each.conversation.id])
        for each in await journal.lulls(1000.0, 10)
    ]
    await journal.take(steps)
    assert [each.conversation.id for each in await journal.lulls(1000.0, 2)] == ["b", "d"]
    assert open_room("x", "y").kind == "open-room"
