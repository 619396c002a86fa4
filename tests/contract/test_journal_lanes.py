"""Order within a lane, no waiting between lanes, nothing done twice and nothing forgotten (I3, I5)."""

import asyncio

import pytest

from bridge.core.effects import Cancel, FileCopy, OpenRoom, Receipt, Rejoin, Release, Replace, RoomSpec, SendMail
from bridge.core.errors import Conflict
from bridge.core.plan import Arrival, EventQuery, Plan
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import arrival, claimed, conversation, plan, send, show, tell


async def test_a_lane_gives_its_effects_one_by_one_in_order(journal: Journal) -> None:
    await plan(journal, [tell("a"), tell("b")])
    assert await claimed(journal) == ["a"]
    assert await claimed(journal) == []
    await journal.fulfil("a", Receipt())
    assert await claimed(journal) == ["b"]


async def test_lanes_do_not_wait_for_each_other_and_the_limit_holds(journal: Journal) -> None:
    await plan(journal, [tell(f"{n}", lane=f"lane {n}") for n in range(5)])
    assert await claimed(journal, limit=3) == ["0", "1", "2"]
    assert await claimed(journal, limit=3) == ["3", "4"]


async def test_a_claimed_task_carries_the_whole_effect(journal: Journal) -> None:
    effects = [show("s"), OpenRoom("o", "x", RoomSpec("r", "n", ("@a:b",))), send("m"), tell("t")]
    effects.append(FileCopy("f", "copy:m", send("m").draft))
    await plan(journal, effects)
    assert {task.effect for task in await journal.claim(1000.0, 10)} == set(effects)


async def test_an_effect_with_a_known_key_is_ignored(journal: Journal) -> None:
    await plan(journal, [tell("a")])
    await journal.add([tell("a"), tell("b")])
    await journal.claim(1000.0, 1)
    await journal.fulfil("a", Receipt(), [tell("a"), tell("b"), tell("c")])
    assert await claimed(journal) == ["b"]
    await journal.fulfil("b", Receipt())
    assert await claimed(journal) == ["c"]


async def test_a_postponed_effect_holds_its_lane_and_no_other(journal: Journal) -> None:
    await plan(journal, [tell("a"), tell("b"), tell("z", lane="other")])
    assert await claimed(journal) == ["a", "z"]
    await journal.postpone("a", 2000.0, "try later")
    assert await claimed(journal, 1999.0) == []
    assert await journal.next_due(1000.0) == 2000.0
    assert await claimed(journal, 2000.0) == ["a"]


async def test_attempts_and_the_first_try_are_remembered(journal: Journal) -> None:
    await plan(journal, [tell("a")])
    (task,) = await journal.claim(1000.0, 1)
    assert (task.attempts, task.first_at) == (1, 1000.0)
    await journal.postpone("a", 0.0, "counted")
    (task,) = await journal.claim(2000.0, 1)
    assert (task.attempts, task.first_at) == (2, 1000.0)
    await journal.postpone("a", 0.0, "given back", counted=False)
    (task,) = await journal.claim(3000.0, 1)
    assert (task.attempts, task.first_at) == (2, 1000.0)


async def test_progress_comes_back_with_the_next_try(journal: Journal) -> None:
    await plan(journal, [send("m")])
    await journal.claim(1000.0, 1)
    await journal.postpone("m", 0.0, "one refused", progress=Receipt(accepted=("kim@customer.example",)))
    (task,) = await journal.claim(1000.0, 1)
    assert task.progress.accepted == ("kim@customer.example",)
    await journal.postpone("m", 0.0, "no news")
    (task,) = await journal.claim(1000.0, 1)
    assert task.progress.accepted == ("kim@customer.example",)


async def test_a_buried_effect_lets_its_lane_go_on_with_the_notice_behind(journal: Journal) -> None:
    await plan(journal, [tell("a"), tell("b")])
    await journal.claim(1000.0, 1)
    await journal.bury("a", "550 no", [tell("notice")])
    assert await claimed(journal) == ["b"]
    await journal.fulfil("b", Receipt())
    assert await claimed(journal) == ["notice"]


async def test_what_was_claimed_when_the_daemon_died_waits_again(journal: Journal, reopen: Reopen) -> None:
    await plan(journal, [tell("a"), tell("b")])
    await journal.claim(1000.0, 1)
    after = await reopen()
    (task,) = await after.claim(5000.0, 10)
    assert (task.effect.key, task.attempts, task.first_at) == ("a", 2, 1000.0)


async def test_mail_waits_for_its_hold(journal: Journal) -> None:
    await plan(journal, [send("m", not_before=1015.0)])
    assert await claimed(journal, 1000.0) == []
    assert await journal.next_due(1000.0) == 1015.0
    assert await claimed(journal, 1015.0) == ["m"]
    assert await journal.next_due(1015.0) is None


async def test_a_held_mail_blocks_only_itself_until_it_is_released(journal: Journal) -> None:
    await plan(journal, [send("m1", "$1", held=True), send("m2", "$2")])
    assert await claimed(journal) == ["m2"]
    await plan(journal, key="smtp:2", amendments=(Release("m1", 1200.0),))
    await journal.fulfil("m2", Receipt())
    assert await claimed(journal, 1199.0) == []
    assert await claimed(journal, 1200.0) == ["m1"]


async def test_an_answer_can_be_taken_back_while_it_waits(journal: Journal) -> None:
    await plan(journal, [send("m1", "$1", not_before=1015.0), send("m2", "$2")])
    await plan(journal, key="smtp:2", amendments=(Cancel("m1"),))
    assert await claimed(journal) == ["m2"]
    await journal.fulfil("m2", Receipt())
    assert await claimed(journal, 9e9) == []
    assert await journal.next_due(0.0) is None


async def test_an_edit_changes_the_mail_in_its_place(journal: Journal) -> None:
    await plan(journal, [send("m", not_before=1015.0), send("n", "$2")])
    await plan(journal, key="smtp:2", amendments=(Replace(send("m", not_before=1030.0)),))
    assert await claimed(journal, 1029.0) == []
    (task,) = await journal.claim(1030.0, 1)
    assert isinstance(task.effect, SendMail)
    assert task.effect.not_before == 1030.0


@pytest.mark.parametrize("state", ["claimed", "postponed", "done"])
@pytest.mark.parametrize("amendment", [Cancel("m"), Replace(send("m")), Release("m", 0.0)])
async def test_what_was_begun_cannot_be_changed(
    journal: Journal, state: str, amendment: Cancel | Replace | Release
) -> None:
    await plan(journal, [send("m")])
    await journal.claim(1000.0, 1)
    if state == "postponed":
        await journal.postpone("m", 2000.0, "connection lost", counted=False)
    if state == "done":
        await journal.fulfil("m", Receipt())
    await journal.accept([arrival("smtp:2")])
    with pytest.raises(Conflict):
        await journal.settle(Plan("smtp:2", "amended", "x", effects=(tell("t"),), amendments=(amendment,)))
    assert [waiting.key for waiting in await journal.pending(after=0, limit=9)] == ["smtp:2"]
    assert await claimed(journal) == []


async def test_a_buried_mail_can_be_released_and_its_tries_go_on_counting(journal: Journal) -> None:
    await plan(journal, [send("m")])
    await journal.claim(1000.0, 1)
    await journal.bury("m", "550 no")
    await plan(journal, key="smtp:2", amendments=(Release("m", 9000.0),))
    assert await claimed(journal, 8999.0) == []
    (task,) = await journal.claim(9000.0, 1)
    assert (task.attempts, task.first_at) == (2, 9000.0)


async def test_a_side_that_is_away_is_left_alone(journal: Journal) -> None:
    await plan(journal, [tell("t"), send("m"), FileCopy("f", "copy:m", send("m").draft)])
    assert sorted(task.effect.key for task in await journal.claim(1000.0, 9, away="chat")) == ["f", "m"]
    assert [task.effect.key for task in await journal.claim(1000.0, 9, away="mail")] == ["t"]


async def test_history_lets_live_mail_go_first(journal: Journal) -> None:
    await journal.accept([arrival("import:1", quiet=True)])
    history = tuple(tell(f"old {n}", lane=f"old {n}") for n in range(3))
    await journal.settle(Plan("import:1", "bridged", "x", effects=history))
    await plan(journal, [tell("live")])
    assert (await claimed(journal, limit=2))[0] == "live"


async def test_rooms_to_open_let_what_is_said_in_open_ones_go_first_and_are_opened_a_few_at_a_time(
    journal: Journal,
) -> None:
    await plan(journal, [OpenRoom(f"o{n}", f"new {n}", RoomSpec(f"r{n}", "n")) for n in range(3)])
    await journal.accept([arrival("import:1", quiet=True)])
    await journal.settle(Plan("import:1", "bridged", "x", effects=(tell("old", lane="old"),)))
    await plan(journal, [tell("live")], "smtp:2")
    taken = [task.effect.key for task in await journal.claim(1000.0, 2, openings=1)]
    assert taken == ["live", "o0"]
    assert [task.effect.key for task in await journal.claim(1000.0, 9, openings=0)] == ["old"]
    assert [task.effect.key for task in await journal.claim(1000.0, 9)] == ["o1", "o2"]


async def test_a_lost_room_makes_its_effects_wait_and_no_others(journal: Journal) -> None:
    await plan(journal, [OpenRoom("o", "conv:c", RoomSpec("conv:c", "n")), show("s"), tell("t", "conv:d", "conv:d")])
    await journal.claim(1000.0, 9)
    await journal.fulfil("o", Receipt(room="!c"))
    await journal.lose_room("!c", "kicked by @dan")
    await journal.add([Rejoin("back", "move:conv:c", "conv:c", "!c")])
    assert await journal.room("conv:c") is None
    assert await claimed(journal, 9e9) == ["back"]
    await journal.find_room("!c")
    assert await claimed(journal) == ["s"]
    assert await journal.room("conv:c") == "!c"


async def test_a_room_that_could_not_be_opened_is_tried_at_once_after_a_restart(
    journal: Journal, reopen: Reopen
) -> None:
    await plan(journal, [OpenRoom("o", "conv:c", RoomSpec("conv:c", "n")), show("s")])
    assert await claimed(journal) == ["o"]
    await journal.postpone("o", 5000.0, "no", counted=False)
    assert await claimed(journal, 1001.0) == []
    assert await claimed(await reopen(), 1002.0) == ["o"]


async def test_an_effect_put_off_because_its_room_was_lost_goes_on_when_it_is_found(journal: Journal) -> None:
    await plan(journal, [OpenRoom("o", "conv:c", RoomSpec("conv:c", "n")), show("s")])
    await journal.claim(1000.0, 9)
    await journal.fulfil("o", Receipt(room="!c"))
    await journal.claim(1000.0, 9)
    await journal.lose_room("!c", "kicked")
    await journal.postpone("s", 90_000.0, "the room is lost", counted=False)
    assert await claimed(journal, 99_000.0) == []
    await journal.find_room("!c")
    assert await claimed(journal, 1001.0) == ["s"]


async def test_a_room_goes_on_in_its_successor(journal: Journal) -> None:
    await plan(
        journal,
        [OpenRoom("o", "conv:c", RoomSpec("conv:c", "n"))],
        conversations=(conversation(),),
        rooms=(("conv:c", "inbox:support", "vip"),),
    )
    await journal.claim(1000.0, 9)
    await journal.fulfil("o", Receipt(room="!old"))
    assert await journal.rooms() == [("conv:c", "!old", "inbox:support", "vip")]
    await journal.lose_room("!old", "replaced")
    await journal.add([Rejoin("r", "move:conv:c", "conv:c", "!new")])
    await journal.claim(1000.0, 9)
    await journal.fulfil("r", Receipt(room="!new"))
    assert await journal.rooms() == [("conv:c", "!new", "inbox:support", "vip")]
    for room_id in ("!new", "!old"):
        assert (await journal.event_view(EventQuery(room_id))).room == "conv:c"


async def test_settle_and_claim_started_together_are_one_step(journal: Journal) -> None:
    await journal.accept([Arrival("event:$1", "event", b"{}", 1.0)])
    _, tasks = await asyncio.gather(
        journal.settle(Plan("event:$1", "note", "x", effects=(tell("a"),))), journal.claim(1000.0, 1)
    )
    assert [task.effect.key for task in tasks] == ["a"]
