"""A digest: gathered mail is one conversation, planned at once, and its first message says what is in it."""

from dataclasses import replace

from bridge.core import gathering
from bridge.core.decision import Notify, RoomRule
from bridge.core.effects import DigestRoot, OpenRoom, Show, due
from bridge.core.mail import Letter, Mail
from bridge.core.plan import MailView, Plan
from bridge.core.showing import Look, plan_mail
from tests.unit.worlds import ANN, BOB, CLIENT, DESK, NOW, SETUP, TALK, a_letter, a_mail, bridged, pending

END = NOW + 600
NEWS = replace(DESK, room=RoomRule((ANN, BOB), target="#news"), notify=Notify("mention", (ANN,)), rule="news")


def plan(mail: Mail | None = None, view: MailView | None = None, key: str = "smtp:1", *, quiet: bool = False) -> Plan:
    decision = replace(bridged(NEWS), window=END)
    return plan_mail(pending(key, quiet=quiet), mail or a_mail(), (Look(decision, view or MailView()),), SETUP)


def roots(made: Plan) -> list[DigestRoot]:
    return [effect for effect in made.effects if isinstance(effect, DigestRoot)]


def test_a_gathered_mail_waits_behind_the_first_message_of_its_window() -> None:
    opening, root, show = plan().effects
    assert isinstance(opening, OpenRoom)
    assert isinstance(root, DigestRoot)
    assert isinstance(show, Show)
    assert opening.lane == root.lane == show.lane == f"conv:{show.conversation}"
    assert (due(opening), due(root), due(show)) == (0.0, END, 0.0)
    assert root.notify == NEWS.notify
    assert show.notify == Notify("none")
    assert show.threaded


def test_all_of_a_window_share_one_conversation_and_one_root() -> None:
    one = plan()
    two = plan(a_mail(message_id="<m2@x>", content="c2"), MailView(open_rooms=frozenset({"is:#news"})), "smtp:2")
    assert one.conversations == two.conversations
    assert [e for e in one.effects if isinstance(e, DigestRoot)] == [
        e for e in two.effects if isinstance(e, DigestRoot)
    ]
    later = plan_mail(
        pending(), a_mail(), (Look(replace(bridged(NEWS), window=END + 600), MailView()),), SETUP
    ).conversations
    assert later != one.conversations


def test_an_answer_to_earlier_mail_is_gathered_too() -> None:
    view = MailView(conversation=TALK, joined=True, bound=frozenset({"<a@x>"}))
    made = plan(a_mail(references=("<a@x>",)), view)
    assert made.conversations == plan().conversations
    assert [anchor.message_id for anchor in made.anchors] == ["<m1@client.example>"]
    assert not made.letters[0].letter.stranger


def test_history_is_not_gathered() -> None:
    assert roots(plan(quiet=True)) == []


def root_of(notify: Notify) -> DigestRoot:
    return DigestRoot("k", "conv:w", "is:#news", "w", END, notify)


def letter(n: int) -> Letter:
    return a_letter(subject=f"Offer {n}\u202e\n", from_=(CLIENT,))


def test_the_first_message_names_what_was_gathered() -> None:
    told = gathering.told(root_of(Notify("mention", (ANN,))), 2, [letter(1), a_letter(subject="", from_=())])
    assert told.text == (
        "Digest: 2 mails\n• Anna Berg <anna@client.example>: Offer 1\n"
        "• someone without a readable address: (no subject)"
    )
    assert told.html == (
        "<strong>Digest: 2 mails</strong><ul><li>Anna Berg &lt;anna@client.example&gt;: Offer 1</li>"
        "<li>someone without a readable address: (no subject)</li></ul>"
    )
    assert (told.mention, told.loud, told.key) == ((ANN,), False, "k")
    assert gathering.told(root_of(Notify("all")), 1, [letter(1)]).loud
    assert not gathering.told(root_of(Notify("none")), 1, [letter(1)]).loud


def test_of_many_mails_the_first_are_named() -> None:
    lines = gathering.told(root_of(Notify()), 100, [letter(n) for n in range(100)]).text.splitlines()
    assert lines[0] == "Digest: 100 mails"
    assert lines[-1] == "• and 40 more"
    assert len(lines) == 62
