"""While the chat is away for long, mail goes to those whom the rules name, once, and never in circles."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.decision import Fallback as Wish
from bridge.core.effects import AutoMail, Effect, Tell
from bridge.core.errors import Permanent
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Bookmark, Pending, Raw, Unshown
from bridge.core.setup import Setup
from bridge.engine.fallback import AWAY, Fallback
from bridge.engine.rules import Rules
from tests.unit.test_routing_problems import FACTS, book, problems
from tests.unit.worlds import NOW, SETUP, a_mail

RULES = """\
inboxes:
  s:
    address: s@corp.example
    title: Service
    room: {for: desk}
    fallback: {after: 1h, to: [ann, boss@other.example]}
    rules:
      - {name: later, when: {subject: "*slow*"}, fallback: {after: 2h, to: bob}}
      - {name: gone, when: {subject: "*gone*"}, do: drop}
  t: {address: t@corp.example, room: {for: desk}}
"""


class World:
    """A journal, a reader and a clock."""

    def __init__(self) -> None:
        self.now = NOW
        self.bookmarks: dict[str, str] = {}
        self.waiting: list[Unshown] = []
        self.new: list[Pending] = []
        self.mails: dict[str, Mail] = {}
        self.added: dict[str, Effect] = {}
        self.woken = 0

    async def bookmark(self, source: str) -> str | None:
        return self.bookmarks.get(source)

    async def accept(self, arrivals: Sequence[object], bookmark: Bookmark) -> int:
        self.bookmarks[bookmark.source] = bookmark.value
        return 0

    async def unshown(self, *, after: int, limit: int) -> list[Unshown]:
        return [each for each in self.waiting if each.order > after][:limit]

    async def pending(self, *, after: int, limit: int) -> list[Pending]:
        return [each for each in self.new if each.order > after][:limit]

    async def raw(self, arrival: str) -> Raw:
        return Raw(arrival.encode())

    async def read(self, raw: Raw) -> Mail:
        return self.mails[raw.data.decode()]

    async def add(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            self.added.setdefault(effect.key, effect)

    def shows(self, order: int, mail: Mail, scope: str = "inbox:s", rule: str = "", due: float = 0.0) -> None:
        self.waiting.append(Unshown(order, f"smtp:{order}", scope, rule, due))
        self.mails[f"smtp:{order}"] = mail

    def comes(self, order: int, mail: Mail, to: str = "s@corp.example", *, quiet: bool = False) -> None:
        key = f"smtp:{order}"
        envelope = Envelope("smtp", "a@x.example", (to,))
        self.new.append(Pending(order, key, "mail", Raw(key.encode()), NOW, envelope, quiet))
        self.mails[key] = mail

    @property
    def left(self) -> list[tuple[str, str]]:
        """(recipient, subject) of what leaves."""
        mails = [effect for effect in self.added.values() if isinstance(effect, AutoMail)]
        return [(mail.draft.to[0].spec, mail.draft.subject) for mail in mails]


def made(world: World, directory: Path, rules: str = RULES, setup: Setup = SETUP) -> Fallback:
    force = Rules(book(directory, rules), lambda _: setup)

    def woken() -> None:
        world.woken += 1

    return Fallback(world, world, force, lambda: world.now, woken)


async def test_after_the_time_each_waiting_mail_goes_to_everyone_named_once(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path)
    await fallback.gone()
    world.shows(1, a_mail())
    for seconds in (0, 3599):
        world.now = NOW + seconds
        await fallback.look()
    assert world.left == []
    world.now = NOW + 3600
    await fallback.look()
    assert world.left == [("ann@corp.example", "Fwd: Order 7"), ("boss@other.example", "Fwd: Order 7")]
    assert world.woken == 1
    for seconds in range(3600, 3700, 5):
        world.now = NOW + seconds
        await fallback.look()
    assert len(world.left) == 2
    world.shows(2, a_mail(subject="Order 8", content="c2"))
    world.now += 10
    await fallback.look()
    assert len(world.left) == 4


async def test_mail_that_falls_back_later_is_not_passed_over_for_what_falls_back_sooner(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path)
    await fallback.gone()
    world.shows(1, a_mail(subject="slow one"), rule="later")
    world.shows(2, a_mail(content="c2"))
    world.comes(3, a_mail(subject="slow too", content="c3"))
    world.now = NOW + 3600
    await fallback.look()
    assert world.left == [("ann@corp.example", "Fwd: Order 7"), ("boss@other.example", "Fwd: Order 7")]
    for seconds in (7100, 7200):
        world.now = NOW + seconds
        await fallback.look()
    assert world.left[2:] == [("bob@corp.example", "Fwd: slow one"), ("bob@corp.example", "Fwd: slow too")]


GATHERED = """\
inboxes:
  s:
    address: s@corp.example
    room: {is: "#news", for: desk}
    digest: {every: 4h}
    fallback: {after: 1h, to: ann}
"""


@pytest.mark.parametrize("planned", [True, False])
async def test_mail_that_a_digest_would_not_show_yet_does_not_fall_back_before_its_time(
    tmp_path: Path, planned: bool
) -> None:
    world = World()
    fallback = made(world, tmp_path, GATHERED)
    await fallback.gone()
    due = NOW + 4 * 3600
    if planned:
        world.shows(1, a_mail(), due=due)
    else:
        world.comes(1, a_mail())
    for moment in (NOW + 3600, NOW + 2 * 3600, due - 60):
        world.now = moment
        await fallback.look()
    assert world.left == []
    world.now = due
    await fallback.look()
    assert world.left == [("ann@corp.example", "Fwd: Order 7")]


async def test_rules_that_begin_to_want_it_while_the_chat_is_away_are_obeyed(tmp_path: Path) -> None:
    world = World()
    force = Rules(book(tmp_path, RULES), lambda _: SETUP)
    fallback = Fallback(world, world, force, lambda: world.now, lambda: None)
    await fallback.gone()
    world.shows(1, a_mail(), scope="inbox:t")
    world.now = NOW + 3600
    await fallback.look()
    assert world.left == []
    force.swap(book(tmp_path, RULES.replace("t@corp.example,", "t@corp.example, fallback: {after: 1h, to: ann},")))
    world.now += 10
    await fallback.look()
    assert world.left == [("ann@corp.example", "Fwd: Order 7")]


async def test_a_mail_whose_original_is_gone_holds_up_no_other(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path)
    await fallback.gone()
    world.comes(1, a_mail())
    world.comes(2, a_mail(content="c2"))
    whole = world.read

    async def read(raw: Raw) -> Mail:
        if raw.data == b"smtp:1":
            raise Permanent("the original of the mail cannot be opened")
        return await whole(raw)

    world.read = read
    world.now += 3600
    await fallback.look()
    assert len(world.left) == 2


async def test_what_leaves_says_why_and_answers_to_nobody(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path)
    await fallback.gone()
    world.now += 3600
    world.shows(1, a_mail())
    await fallback.look()
    (first, *_) = [effect for effect in world.added.values() if isinstance(effect, AutoMail)]
    assert first.why == "fallback"
    assert first.draft.mail_from == ""
    assert first.draft.auto == "auto-generated"
    assert first.draft.original == "smtp:1"
    assert "cannot be reached since 2027-01-15 08:00 UTC" in first.draft.text
    told = {effect.text for effect in world.added.values() if isinstance(effect, Tell)}
    assert all("mail to Service is forwarded to" in text for text in told)
    assert len(told) == 2
    assert "Order 7" not in "".join(told)


async def test_it_ends_when_the_homeserver_is_back_and_begins_anew_another_time(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path)
    await fallback.gone()
    world.now += 3599
    await fallback.back()
    await fallback.gone()
    world.now += 3599
    world.shows(1, a_mail())
    await fallback.look()
    assert world.left == []
    world.now += 1
    await fallback.look()
    assert len(world.left) == 2
    await fallback.back()
    world.shows(2, a_mail(content="c2"))
    world.now += 3600
    await fallback.look()
    assert len(world.left) == 2


async def test_a_restart_goes_on_counting_and_sends_nothing_again(tmp_path: Path) -> None:
    world = World()
    await made(world, tmp_path).gone()
    world.shows(1, a_mail())
    world.now += 3600
    for _ in range(2):
        again = made(world, tmp_path)
        await again.remember()
        await again.gone()
        await again.look()
        assert len(world.left) == 2
    await again.back()
    assert world.bookmarks[AWAY] == ""


async def test_mail_that_nobody_planned_yet_is_decided_and_is_the_same_mail_later(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path)
    await fallback.gone()
    world.now += 3600
    world.comes(1, a_mail())
    world.comes(2, a_mail(subject="gone", content="c2"))
    world.comes(3, a_mail(content="c3"), "t@corp.example")
    world.comes(4, a_mail(content="c4"), quiet=True)
    await fallback.look()
    assert len(world.left) == 2
    world.shows(9, a_mail())
    world.now += 100
    await fallback.look()
    assert len(world.left) == 2


async def test_a_rule_has_its_own_time_and_people(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path)
    await fallback.gone()
    world.now += 3600
    world.comes(1, a_mail(subject="slow"))
    await fallback.look()
    assert world.left == []


async def test_what_came_round_goes_no_further(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path)
    await fallback.gone()
    world.now += 3600
    world.shows(1, a_mail(headers=(("X-Mailroom-Loop", SETUP.loop),)))
    await fallback.look()
    assert world.added == {}


async def test_the_master_switch_is_obeyed(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path, setup=replace(SETUP, outbound="own-domains"))
    await fallback.gone()
    world.now += 3600
    world.shows(1, a_mail())
    await fallback.look()
    assert [to for to, _ in world.left] == ["ann@corp.example"]
    told = [effect.text for effect in world.added.values() if isinstance(effect, Tell)]
    assert any("would have been forwarded (outbound is own-domains) to boss@other.example" in text for text in told)


async def test_a_backlog_leaves_in_portions(tmp_path: Path) -> None:
    world = World()
    fallback = made(world, tmp_path)
    await fallback.gone()
    world.now += 3600
    for order in range(1, 51):
        world.shows(order, a_mail(content=f"c{order}"))
    counts = []
    for _ in range(4):
        await fallback.look()
        counts.append(len(world.left))
        world.now += 10
    assert counts == [40, 80, 100, 100]


INBOX = "inboxes:\n  s:\n    address: s@corp.example\n    room: {for: ann}\n"


def test_rules_name_people_or_addresses(tmp_path: Path) -> None:
    rules = book(tmp_path, RULES)
    scope, later = rules.scope("inbox:s"), rules.scope("inbox:s", "later")
    assert scope is not None
    assert isinstance(scope.fallback, Wish)
    assert [a.spec for a in scope.fallback.to] == ["ann@corp.example", "boss@other.example"]
    assert later is not None
    assert later.fallback == Wish(7200.0, (later.fallback.to[0],)) if later.fallback else False
    assert rules.fallback == 3600.0
    assert book(tmp_path, INBOX).fallback is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (INBOX + "    fallback: {after: 1h, to: dan}\n", "nobody is called 'dan'"),
        (INBOX + "    fallback: {after: 1h, to: s@corp.example}\n", "s@corp.example is the inbox s"),
        (
            INBOX + "    private: true\n    fallback: {after: 1h, to: bob}\n",
            "bob is not in `for` of s, which is private",
        ),
        (INBOX + "    private: true\n    fallback: {after: 1h, to: b@x.example}\n", "b@x.example may see no mail of s"),
        (
            "inboxes:\n  s: {account: ann, room: {for: ann}, fallback: {after: 1h, to: ann}}\n",
            "s has no address of its own to send it from",
        ),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, what: str) -> None:
    assert any(what in problem for problem in problems(tmp_path, text, FACTS))


def test_a_private_inbox_falls_back_to_its_own_people(tmp_path: Path) -> None:
    scope = book(tmp_path, INBOX + "    private: true\n    fallback: {after: 1h, to: ann}\n").scope("inbox:s")
    assert scope is not None
    assert scope.fallback is not None
