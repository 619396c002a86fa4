"""Hot reload: what is saved comes in force whole, what is broken changes nothing and is told until it is mended."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bridge.app import reload
from bridge.app.reload import Asked, Looks, Reloader
from bridge.core.errors import StorageFull
from bridge.core.ports import Enacted, Health
from bridge.routing import Compiled, CompiledRulebook, Facts, compile_rules
from tests.waiting import eventually

GOOD = "domain: corp.example\npeople: {ann: Ann}\ninboxes: {desk: {address: desk@corp.example, room: {for: ann}}}\n"
BETTER = GOOD.replace("ann: Ann", "ann: Ann Berg")
BROKEN = GOOD.replace("address", "addres")


@dataclass
class World:
    """A rules directory, and what an engine and a journal hear."""

    folder: Path
    digest: str = ""
    told: list[str] = field(default_factory=list)
    enacted: list[Enacted] = field(default_factory=list)
    health: list[Health] = field(default_factory=list)
    full: bool = False
    compiles: int = 0
    meanwhile: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.reloader = self.made()

    def made(self, broken: Health | None = None) -> Reloader:
        return Reloader(self.folder, self.compiled, self, self, lambda: 5.0, broken)

    def save(self, text: str, name: str = "a.yaml") -> None:
        """As an editor saves that writes beside the file and renames."""
        fresh = self.folder / f".{name}.swp"
        fresh.write_text(text)
        fresh.replace(self.folder / name)

    def compiled(self) -> Compiled:
        self.compiles += 1
        made = compile_rules(self.folder, facts=Facts(admins=("@ann:corp.example",)))
        self.meanwhile()
        return made

    async def swap(self, rulebook: CompiledRulebook) -> bool:
        changed, self.digest = rulebook.digest != self.digest, rulebook.digest
        return changed

    async def tell_admins(self, cause: str, text: str) -> None:
        self.told.append(text)

    async def enact(self, rulebook: Enacted) -> None:
        if self.full:
            raise StorageFull("the disk is full")
        self.enacted.append(rulebook)

    async def report(self, health: Health) -> None:
        self.health.append(health)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "rules")


async def test_what_is_in_force_is_noted_with_its_files_and_its_cause(world: World) -> None:
    world.save(GOOD)
    world.save("groups: {all: ann}\n", "b.yaml")
    world.save("x: not a rule\n", "b.test.yaml")
    assert await world.reloader.reload(Asked("admin", "@ann:corp.example"))
    expected = Enacted(world.digest, "admin", {"a.yaml": GOOD, "b.yaml": "groups: {all: ann}\n"}, "@ann:corp.example")
    assert world.enacted == [expected]
    assert [(each.name, each.state) for each in world.health] == [("rules", "ok")]


async def test_broken_rules_change_nothing_and_are_told_until_they_are_mended(world: World) -> None:
    world.save(GOOD)
    await world.reloader.reload()
    before = world.digest
    world.save(BROKEN)
    assert not await world.reloader.reload()
    assert world.digest == before
    assert [each.state for each in world.health] == ["ok", "failed"]
    assert "a.yaml:3:18" in world.health[-1].detail
    assert "old ones stay in force" in world.told[0]
    world.save(BETTER)
    assert await world.reloader.reload()
    assert [each.state for each in world.health] == ["ok", "failed", "ok"]
    assert world.told[1:] == ["The rules have no problems any more; they are in force."]
    assert len(world.enacted) == 2


BEGAN = Health("rules", "failed", "the rules have problems, those that were in force last go on: a.yaml:3:18: …", 4.0)


async def test_what_was_broken_at_the_start_and_mended_before_the_first_look_is_told_once(world: World) -> None:
    world.save(GOOD)
    world.reloader = world.made(BEGAN)
    assert await world.reloader.reload()
    assert await world.reloader.reload()
    assert world.told == [
        "At the start: the rules have problems, those that were in force last go on: a.yaml:3:18: …\n"
        "The rules have no problems any more; they are in force."
    ]


async def test_what_is_broken_still_at_the_first_look_is_told_as_always(world: World) -> None:
    world.save(BROKEN)
    world.reloader = world.made(BEGAN)
    assert not await world.reloader.reload()
    world.save(GOOD)
    assert await world.reloader.reload()
    assert len(world.told) == 2
    assert world.told[1] == "The rules have no problems any more; they are in force."


@pytest.mark.parametrize("how", ["gone", "empty", "dangling"])
async def test_rules_that_cannot_be_read_leave_the_old_ones_in_force(world: World, how: str) -> None:
    world.save(GOOD)
    await world.reloader.reload()
    match how:
        case "gone":
            world.folder.rename(world.folder.with_name("elsewhere"))
        case "empty":
            (world.folder / "a.yaml").write_text("")
        case _:
            (world.folder / "b.yaml").symlink_to("nowhere")
    assert not await world.reloader.reload()
    assert world.health[-1].state == "failed"
    assert len(world.enacted) == 1


async def test_what_changes_while_it_is_read_is_read_again(world: World) -> None:
    world.save(GOOD)

    def finish() -> None:
        if world.compiles == 1:
            world.save(BETTER)

    world.meanwhile = finish
    await world.reloader.reload()
    assert world.compiles == 2
    assert [each.texts["a.yaml"] for each in world.enacted] == [BETTER]


async def test_a_full_disk_is_tried_again_with_the_same_cause(world: World) -> None:
    world.save(GOOD)
    world.full = True
    world.reloader.force()
    with pytest.raises(StorageFull):
        await world.reloader.run()
    world.full = False
    again = asyncio.create_task(world.reloader.run())
    await eventually(lambda: world.enacted)
    again.cancel()
    assert [each.cause for each in world.enacted] == ["hangup"]


@pytest.mark.parametrize(
    ("story", "reads"),
    [
        ("A A A", "A"),
        ("A AB AB", "A AB"),  # b is new
        ("AB Ab Ab", "AB Ab"),  # b is saved
        ("AB A AB AB", "AB"),  # b was away for a moment
        ("AB - - AB AB", "AB"),  # the whole directory was
        ("AB A A A A A", "AB A"),  # b is removed
        ("AB - - - - -", "AB -"),  # everything is
        ("AB A A AB A A A AB", "AB"),  # away twice for a moment
    ],
)
def test_files_that_are_away_for_a_moment_are_not_removed(story: str, reads: str) -> None:
    """Each letter is a file, its case what it looks like; each word a look."""
    looks, read = Looks(), []
    for word in story.split():
        now = {} if word == "-" else {letter.lower(): letter for letter in word}
        if looks.due(now):
            looks.read(now)
            read.append(word)
    assert read == reads.split()


async def test_a_save_is_noticed_without_being_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "LOOK", 0.02)
    monkeypatch.setattr(reload, "SETTLE", 0.01)
    world.save(GOOD)
    running = asyncio.create_task(world.reloader.run())
    await eventually(lambda: len(world.enacted) == 1)
    world.save(BETTER)
    await eventually(lambda: len(world.enacted) == 2)
    running.cancel()
    assert [(each.cause, each.texts["a.yaml"]) for each in world.enacted] == [("files", GOOD), ("files", BETTER)]
