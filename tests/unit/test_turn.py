"""What ties arrivals together, so that those that share a name are planned one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bridge.core.decision import NO_STANDINGS, Action, Decision, Standing
from bridge.core.errors import Transient
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import MailQuery, MailView, Pending, StandingQuery
from bridge.core.post import Post
from bridge.engine.turn import Turn
from tests.unit.test_bouncing import GONE, LATER, SEND, SENT, a_report
from tests.unit.worlds import CLIENT, SETUP, STRANGER, a_mail, bridged, pending, posted, said


class Book:
    """Rules that do the same with every mail."""

    def __init__(self, action: Action, unless: Standing | None = None, *, rated: bool = False) -> None:
        """`unless`: mail of that standing is bridged instead, so that the rules ask."""
        self.action = action
        self.rated = rated
        self.unless = unless
        self.setup, self.rulebook = SETUP, self

    @property
    def now(self) -> "Book":
        return self

    def asks(self, envelope: Envelope, mail: Mail) -> Sequence[str]:
        return ("inbox:support",) if self.unless else ()

    def decide(
        self, envelope: Envelope, mail: Mail, *, at: float, standings: Mapping[str, Standing] = NO_STANDINGS
    ) -> Sequence[Decision]:
        if self.unless and standings["inbox:support"] == self.unless:
            return [bridged()]
        return [bridged(), replace(bridged(), action=self.action)]


class Reads:
    """Reads one mail."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail

    async def read(self, raw: object) -> Mail:
        return self.mail


class Knows:
    """A journal that says the same of every mail, and counts how often it is asked what rules ask."""

    def __init__(self, standing: Standing, view: MailView | None = None) -> None:
        self.standing = standing
        self.view = view or MailView()
        self.asked: list[StandingQuery] = []

    async def standings(self, query: StandingQuery) -> dict[str, Standing]:
        self.asked.append(query)
        return dict.fromkeys(query.scopes, self.standing)

    async def mail_view(self, query: MailQuery) -> MailView:
        return self.view


async def touches(action: Action, arrival: Pending, unless: Standing | None = None, **more: object) -> frozenset[str]:
    turn = Turn(None, None, Reads(a_mail(**more)), Book(action, unless))
    return (await turn.see(arrival)).touches


async def test_mails_for_quarantine_are_planned_one_after_the_other_because_the_notice_counts_them() -> None:
    one = await touches("quarantine", pending("smtp:1"), message_id="<1@x>", subject="One")
    two = await touches("quarantine", pending("smtp:2"), message_id="<2@x>", subject="Two")
    assert one & two
    released = await touches("quarantine", pending("smtp:2", released=True), message_id="<2@x>", subject="Two")
    assert not one & released


async def test_mails_that_share_no_name_are_planned_side_by_side() -> None:
    one = await touches("bridge", pending("smtp:1"), message_id="<1@x>", subject="One")
    two = await touches("drop", pending("smtp:2"), message_id="<2@x>", subject="Two")
    assert not one & two


async def test_an_answer_waits_for_the_mail_it_refers_to() -> None:
    one = await touches("bridge", pending("smtp:1"), message_id="<1@x>", subject="One")
    two = await touches("bridge", pending("smtp:2"), message_id="<2@x>", subject="Two", in_reply_to=("<1@x>",))
    assert one & two


class Hears:
    """A homeserver whose event is this one."""

    def __init__(self, post: Post) -> None:
        self.post = post

    def read(self, raw: bytes) -> Post:
        return self.post


async def test_what_is_said_in_two_rooms_is_planned_one_after_the_other_where_rules_count_answers() -> None:
    async def both(*, rated: bool) -> frozenset[str]:
        found: list[frozenset[str]] = []
        for room in ("!one", "!two"):
            book = Book("bridge", rated=rated)
            turn = Turn(None, Hears(said(room=room)), None, book)
            found.append((await turn.see(posted())).touches)
        return found[0] & found[1]

    assert await both(rated=True) == {"rate"}
    assert not await both(rated=False)


KNOWN = Standing(known=True)


async def test_what_may_be_held_back_is_planned_like_it_before_the_journal_is_asked() -> None:
    one = await touches("quarantine", pending("smtp:1"), KNOWN, message_id="<1@x>", subject="One", from_=(CLIENT,))
    two = await touches("quarantine", pending("smtp:2"), KNOWN, message_id="<2@x>", subject="Two", from_=(STRANGER,))
    assert one & two == {"quarantine"}


async def test_two_mails_of_one_author_are_planned_one_after_the_other_where_rules_ask_who_is_known() -> None:
    one = await touches("drop", pending("smtp:1"), KNOWN, message_id="<1@x>", subject="One", from_=(CLIENT,))
    shouted = replace(CLIENT, local=CLIENT.local.upper())
    two = await touches("drop", pending("smtp:2"), KNOWN, message_id="<2@x>", subject="Two", from_=(shouted,))
    assert one & two == {f"author:{CLIENT.key}"}


@pytest.mark.parametrize(("standing", "outcomes"), [(KNOWN, "bridged"), (Standing(), "quarantined")])
async def test_the_decision_stands_on_what_the_journal_knows_when_it_is_planned(
    standing: Standing, outcomes: str
) -> None:
    journal = Knows(standing)
    mail = a_mail(references=("<1@x>",))
    turn = Turn(journal, None, Reads(mail), Book("quarantine", KNOWN))
    seen = await turn.see(pending())
    assert journal.asked == []
    assert (await turn.plan(seen)).outcome == outcomes
    assert journal.asked == [StandingQuery(("inbox:support",), mail.message_id, ("<1@x>",), CLIENT.key)]


async def test_rules_that_do_not_ask_cost_the_journal_nothing() -> None:
    journal = Knows(Standing())
    turn = Turn(journal, None, Reads(a_mail()), Book("bridge"))
    await turn.plan(await turn.see(pending()))
    assert journal.asked == []


async def test_a_report_that_is_quicker_than_the_word_of_the_mail_server_waits_for_it() -> None:
    """Else the mark would say "sent" over "not delivered"."""
    journal = Knows(Standing(), MailView(answer=replace(SENT, begun=True)))
    turn = Turn(journal, None, Reads(a_report(GONE)), Book("bridge"))
    seen = await turn.see(pending())
    with pytest.raises(Transient):
        await turn.plan(seen)
    journal.view = MailView(answer=SENT)
    assert (await turn.plan(seen)).reported


async def test_two_reports_on_one_answer_are_planned_one_after_the_other() -> None:
    one = await touches("bridge", pending("smtp:1"), **fields(a_report(GONE)))
    two = await touches("bridge", pending("smtp:2"), **fields(a_report(LATER, message_id="<2@x>", subject="Two")))
    assert SEND.draft.message_id in one & two


def fields(mail: Mail) -> dict[str, object]:
    return {name: getattr(mail, name) for name in ("kind", "bounce", "message_id", "subject")}


class Force:
    """The rulebook in force, which may be another one later."""

    def __init__(self, now: Book) -> None:
        self.now = now


@pytest.mark.parametrize(("later", "outcome"), [("bridge", "bridged"), ("drop", "dropped")])
async def test_mail_that_was_read_before_the_rules_changed_is_planned_by_the_new_ones(
    later: Action, outcome: str
) -> None:
    force = Force(Book("bridge"))
    turn = Turn(Knows(Standing()), None, Reads(a_mail()), force)
    seen = await turn.see(pending())
    force.now = Only(later)
    assert (await turn.plan(seen)).outcome == outcome


async def test_what_need_not_ask_the_journal_is_decided_once() -> None:
    book = Only("bridge")
    turn = Turn(Knows(Standing()), None, Reads(a_mail()), book)
    assert (await turn.plan(await turn.see(pending()))).outcome == "bridged"
    assert book.decided == 1


class Only(Book):
    """Rules of one decision, and how often they were asked for it."""

    decided = 0

    def decide(
        self, envelope: Envelope, mail: Mail, *, at: float, standings: Mapping[str, Standing] = NO_STANDINGS
    ) -> Sequence[Decision]:
        self.decided += 1
        return [replace(bridged(), action=self.action)]
