"""What rooms read is said in the language of the rules: nothing is missing, nothing fixed is said past the words."""

import re
import string
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from typing import get_args

import pytest

from bridge.app.dropping import notices
from bridge.core import words
from bridge.core.aftermath import failed, submitted
from bridge.core.amending import plan_edited, plan_reacted, plan_redacted, plan_room_event
from bridge.core.answering import plan_said
from bridge.core.decision import Domains, Language, Looks, Rate, Scope, Withheld
from bridge.core.doing import Task
from bridge.core.effects import ADMIN_ROOM, Attach, Effect, SendMail, Show, Tell
from bridge.core.errors import Permanent, Transient
from bridge.core.mail import Part
from bridge.core.plan import Answer, EventView, Known, MailView
from bridge.core.ports import Refusal, Submitted
from bridge.core.post import Edited, Reacted, Redacted, Said, Sealed
from bridge.core.retry import MAIL
from bridge.core.showing import Look, plan_mail
from bridge.core.words import CATALOGUE, EN, Words
from tests.unit.worlds import (
    ANN,
    BOB,
    CLIENT,
    COLLEAGUE,
    DESK,
    MALLORY,
    NOW,
    SENDING,
    SETUP,
    STRANGER,
    TALK,
    a_letter,
    a_mail,
    a_view,
    bridged,
    pending,
    posted,
    said,
)

OTHERS = [language for language in get_args(Language) if language != "en"]


def places(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name is not None})


def test_every_language_is_there() -> None:
    assert set(CATALOGUE) == set(get_args(Language))


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_the_same_places_in_every_language(language: Language) -> None:
    english, other = asdict(EN), asdict(CATALOGUE[language])
    assert [key for key in english if not other[key].strip()] == []
    assert {key: places(text) for key, text in other.items()} == {key: places(text) for key, text in english.items()}
    same = [key for key in english if " " in english[key] and english[key] == other[key]]
    assert same == []  # nothing was left untranslated


SYMBOLS = frozenset("✅❌⏳↩🔁")


def masked() -> Words:
    """A language without words: each text is its places between marks."""
    masks = {f.name: "«" + "".join(f"{{{name}}}" for name in places(getattr(EN, f.name))) + "»" for f in fields(Words)}
    return Words(**masks)


GERMAN: Scope = replace(DESK, looks=Looks(language="de"))


def view(state: str = "waiting") -> EventView:
    (send,) = [e for e in plan_said(posted(), said(), a_view(), GERMAN, SETUP).effects if isinstance(e, SendMail)]
    return a_view(replied=None, answer=Answer(send.key, send, state))


def sent() -> SendMail:
    answer = view().answer
    assert answer is not None
    assert isinstance(answer.effect, SendMail)
    return answer.effect


def answers() -> Iterator[tuple[Effect, ...]]:
    def plan(
        message: Said, seen: EventView | None = None, scope: Scope = GERMAN, **setup: object
    ) -> tuple[Effect, ...]:
        force = replace(SETUP, **setup)
        return plan_said(posted(), message, seen or a_view(), scope, force).effects

    everyone = replace(GERMAN, sending=replace(SENDING, to="all"))
    yield plan(said())
    yield plan(said(), scope=everyone)
    yield plan(said(), a_view(replied=Known("letter", a_letter(stranger=True)), participants=frozenset()))
    yield plan(said(), scope=replace(GERMAN, sending=replace(SENDING, to="list")))
    crowd = tuple(replace(STRANGER, local=str(n), name="") for n in range(30))
    wide = a_letter(cc=crowd)
    known = frozenset(a.key for a in (CLIENT, COLLEAGUE, *crowd))
    yield plan(said(), a_view(replied=Known("letter", wide), last=wide, participants=known), scope=everyone)
    yield plan(said(), outbound="observe")
    yield plan(said(sender=MALLORY))
    yield plan(said(mentions=(BOB,)))
    yield plan(said(""))
    yield plan(said(thread="$t"))
    yield plan(said(), a_view(replied=Known("mark")))
    yield plan(said(), a_view(replied=Known("letter"), last=None))
    nobody = a_letter(from_=(), reply_to=())
    yield plan(said(), a_view(replied=Known("letter", nobody), last=nobody))
    for bound in ({"domains": Domains(("x.example",))}, {"size": 1}, {"bcc": (STRANGER,)}):
        yield plan(said(), scope=replace(GERMAN, sending=replace(SENDING, **bound)))
    rated = replace(GERMAN, sending=replace(SENDING, rate=Rate(1, 60)))
    yield plan(said(), a_view(full_until=NOW + 600), scope=rated)
    yield plan(said("!send"), scope=replace(GERMAN, sending=replace(SENDING, by="command")))


def second_thoughts() -> Iterator[tuple[Effect, ...]]:
    for state in ("waiting", "begun", "done", "failed", "cancelled"):
        edited = Edited("$e1", said("1", event="$e2", reply_to=""))
        yield plan_edited(posted("$e2"), edited, view(state), GERMAN, SETUP).effects
        yield plan_redacted(posted("$e2"), Redacted("$e2", "!r", ANN, NOW, "$e1"), view(state)).effects
    taken = Edited("$e1", said("// 1", event="$e2", reply_to=""))
    yield plan_edited(posted("$e2"), taken, view(), GERMAN, SETUP).effects
    for state, symbol in (("held", "✅"), ("failed", "🔁")):
        reacted = Reacted("$e3", "!r", ANN, NOW, "$m", symbol)
        yield plan_reacted(posted("$e3"), reacted, view(state), GERMAN, SETUP).effects
    yield plan_room_event(posted(), Sealed("$e4", "!r", ANN, NOW), a_view(), SETUP, GERMAN).effects


def outcomes() -> Iterator[tuple[Effect, ...]]:
    send = sent()
    for attempts, (good, bad) in enumerate([(True, 0), (True, 4), (True, 5), (False, 4), (False, 5)], start=1):
        refused = (Refusal("1@2", f"{bad}50", "", permanent=bad == 5),) if bad else ()
        outcome = Submitted(("3@4",) if good else (), refused, "250")
        yield submitted(Task(send, attempts, NOW), send, outcome, MAIL, NOW).then
    yield submitted(
        Task(send, 99, NOW - 1e7), send, Submitted(("3@4",), (Refusal("1@2", "4", "", permanent=False),)), MAIL, NOW
    ).then
    for attempts in (1, MAIL.warn_after):
        for error in (Transient("1"), Transient("1", peer_down=True), Permanent("1")):
            yield failed(Task(send, attempts, NOW), error, MAIL, NOW).then
    yield notices(send, ("3@4",), "1")


def shown() -> Iterator[tuple[Effect, ...]]:
    held = tuple(Withheld(n, why, "1000") for n, why in enumerate(("blocked", "not-allowed", "large"))) * 4
    parts = tuple(Part(n, f"{n}.1", "1/1", 1, "") for n in range(3))
    mail = a_mail(attachments=parts, unreadable=True, from_=(CLIENT, COLLEAGUE), subject="")
    joined = MailView(conversation=TALK, joined=True, twin=True, participants=frozenset({CLIENT.key}))
    for letter, withheld, known in (
        (mail, (*held, Withheld(None, "unseen")), MailView()),
        (replace(mail, problems=("1",)), held[:1], joined),
        (a_mail(references=("<a@x>",), reply_to=(STRANGER,)), (), joined),
        (a_mail(references=("<a@x>",), from_=(STRANGER,)), (), joined),
        (a_mail(references=("<a@x>",), from_=()), (), joined),
    ):
        decision = replace(bridged(GERMAN), withheld=withheld)
        made = plan_mail(pending(), letter, (Look(decision, known),), SETUP).effects
        yield made
        for effect in made:
            if isinstance(effect, Show | Attach):
                yield failed(Task(effect, 1, NOW), Permanent("1"), MAIL, NOW).then


def texts(effects: tuple[Effect, ...]) -> Iterator[str]:
    for effect in effects:
        if isinstance(effect, Tell) and effect.room != ADMIN_ROOM:
            yield effect.text
        elif isinstance(effect, Show):
            yield effect.banner


def test_what_rooms_read_is_said_by_the_catalogue_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(words.CATALOGUE, "de", masked())
    found: list[str] = []
    for happening in (answers, second_thoughts, outcomes, shown):
        for effects in happening():
            found += texts(effects)
    assert len(found) > 50
    for text in found:
        bare = text
        while re.search("«[^«»]*»", bare):
            bare = re.sub("«[^«»]*»", "", bare)
        assert "«" in text, text
        assert not [c for c in bare if c.isalpha()], text


def test_what_is_said_is_in_the_language_of_the_scope() -> None:
    (told,) = [
        e for e in plan_said(posted(), said(sender=MALLORY), a_view(), GERMAN, SETUP).effects if isinstance(e, Tell)
    ]
    assert told.text.startswith("Nicht gesendet, es bleibt eine Notiz. ")
