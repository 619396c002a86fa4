"""How a mail looks by the rules, and that what it does not show can be had."""

from dataclasses import replace

import pytest

from bridge.core.amending import plan_reacted
from bridge.core.decision import Looks
from bridge.core.effects import WHOLE_TEXT, Attach, Show
from bridge.core.looking import UNFOLD, look
from bridge.core.mail import Mail, Part
from bridge.core.plan import MailView
from bridge.core.post import Reacted
from bridge.core.showing import Look, plan_mail
from bridge.core.words import DE, EN
from tests.unit.worlds import ANN, DESK, MALLORY, NOW, SETUP, a_mail, a_view, bridged, pending, posted

TEXT = "Thanks!\n\nAnn wrote:\n> Where\n> is it?\n-- \nCarl"
HTML = "<p>Thanks!</p><p>Ann wrote:</p><blockquote>Where<br>is it?</blockquote>"
LOGO = Part(4, "logo.png", "image/png", 10, "d", inline=True, content_id="logo@x")
NOTHING: frozenset[int | None] = frozenset()


def test_by_default_a_mail_is_shown_as_it_is() -> None:
    mail = a_mail(text=TEXT, html=HTML + '<img src="cid:logo@x" alt="">', attachments=(LOGO,))
    seen = look(mail, Looks(), EN, NOTHING)
    assert (seen.text, seen.html, seen.images, seen.cut) == (mail.text, mail.html, (LOGO,), False)


def test_folded_text_can_be_unfolded_in_html_and_asked_for_in_text() -> None:
    seen = look(a_mail(text=TEXT, html=HTML), Looks(quotes="fold", signature="fold"), EN, NOTHING)
    assert seen.text == (
        "Thanks!\n\nAnn wrote:\n[2 quoted lines: folded. React with 📄 to get the whole text.]\n"
        "[Signature: folded. React with 📄 to get the whole text.]"
    )
    assert seen.html == (
        "<p>Thanks!</p><p>Ann wrote:</p>"
        "<details><summary>2 quoted lines</summary><blockquote>Where<br>is it?</blockquote></details>"
    )
    assert seen.cut


def test_plain_text_is_folded_in_html_made_for_it() -> None:
    seen = look(a_mail(text="Thanks & bye!\n> <x>"), Looks(quotes="fold", language="de"), DE, NOTHING)
    assert seen.html == "Thanks &amp; bye!<details><summary>1 zitierte Zeile</summary>&gt; &lt;x&gt;</details>"


def test_what_is_left_out_is_told_of() -> None:
    seen = look(a_mail(text=TEXT, html=HTML), Looks(quotes="none", signature="none"), EN, NOTHING)
    assert seen.text == (
        "Thanks!\n\nAnn wrote:\n[2 quoted lines: left out. React with 📄 to get the whole text.]\n"
        "[Signature: left out. React with 📄 to get the whole text.]"
    )
    assert seen.html == (
        "<p>Thanks!</p><p>Ann wrote:</p>"
        "<div><em>[2 quoted lines: left out. React with 📄 to get the whole text.]</em></div>"
    )
    plainly = look(a_mail(text=TEXT), Looks(quotes="none"), EN, NOTHING)
    assert plainly.html == ""
    assert plainly.text.endswith("[2 quoted lines: left out. React with 📄 to get the whole text.]\n-- \nCarl")


@pytest.mark.parametrize("way", ["fold", "none"])
def test_answers_between_quotations_are_never_folded(way: str) -> None:
    """Also when the HTML beside the text shows them as one quotation."""
    mail = a_mail(
        text="Hello.\n> Where?\nHere.\n> When?", html="<p>Hello.</p><blockquote>Where? Here. When?</blockquote>"
    )
    seen = look(mail, Looks(quotes=way), EN, NOTHING)  # type: ignore[arg-type]  # one of its words
    assert (seen.text, seen.html, seen.cut) == (mail.text, mail.html, False)


def test_pictures_as_files_or_not_at_all() -> None:
    mail = a_mail(text="See", html='<p>See <img src="cid:logo@x" alt="Our logo"></p>', attachments=(LOGO,))
    files = look(mail, Looks(images="files"), EN, NOTHING)
    assert (files.images, files.files, files.unseen, files.cut) == ((), (LOGO,), (), False)
    assert files.html == "<p>See [Our logo]</p>"
    none = look(mail, Looks(images="none"), EN, NOTHING)
    assert (none.images, none.files, none.unseen, none.cut) == ((), (), (LOGO,), True)
    assert none.text == "See\n\n[1 picture: left out. React with 📄 to get the whole text.]"
    withheld = look(mail, Looks(images="files"), EN, frozenset({4}))
    assert (withheld.files, withheld.html) == ((), "<p>See [Our logo]</p>")


def test_headers_stand_above_cleaned_and_bounded() -> None:
    named = tuple(("X-Note", f"{n}\u202e\x07 \n{'y' * 500}") for n in range(5))
    mail = a_mail(headers=(("to", "Ann <ann@corp.example>"), ("Date", "Mon, 1 Jan 2026"), *named))
    seen = look(mail, Looks(headers=("To", "Date", "Cc", "X-Note")), EN, NOTHING).headers
    assert seen[:2] == (("To", "Ann <ann@corp.example>"), ("Date", "Mon, 1 Jan 2026"))
    assert [name for name, _ in seen[2:]] == ["X-Note"] * 3
    assert all(len(value) <= 400 and value.isprintable() for _, value in seen)


def the_show(mail: Mail, looks: Looks) -> Show:
    decision = bridged(replace(DESK, looks=looks))
    (show,) = [
        e for e in plan_mail(pending(), mail, (Look(decision, MailView()),), SETUP).effects if isinstance(e, Show)
    ]
    return show


def reacted(symbol: str = UNFOLD, sender: str = ANN, event: str = "$r1") -> Reacted:
    return Reacted(event, "!r", sender, NOW, "$mail", symbol)


def test_a_colleague_who_asks_gets_the_whole_text_and_its_pictures_once() -> None:
    mail = a_mail(text=TEXT, html='<img src="cid:logo@x">', attachments=(LOGO,))
    view = a_view(replied=None, shown=the_show(mail, Looks(quotes="fold", images="none", language="de")))
    made = plan_reacted(posted("$r1"), reacted(), view, DESK, SETUP).effects
    again = plan_reacted(posted("$r2"), reacted(event="$r2"), view, DESK, SETUP).effects
    assert made == again  # by their keys they are done once
    text, logo = made
    assert isinstance(text, Attach)
    assert isinstance(logo, Attach)
    assert text.part == Part(WHOLE_TEXT, "ganze Nachricht.txt", "text/plain", 0, "")
    assert logo.part == LOGO
    assert (text.arrival, text.room, text.letter) == ("smtp:1", view.shown.room, view.shown.letter)  # type: ignore[union-attr]


def test_nobody_else_and_nothing_else_brings_it() -> None:
    shown = the_show(a_mail(text=TEXT), Looks(quotes="fold"))
    view = a_view(replied=None, shown=shown)
    assert plan_reacted(posted(), reacted(sender=MALLORY), view, DESK, SETUP).effects == ()
    assert plan_reacted(posted(), reacted("👍"), view, DESK, SETUP).effects == ()
    whole = a_view(replied=None, shown=the_show(a_mail(text="Hello."), Looks(quotes="fold")))
    assert plan_reacted(posted(), reacted(), whole, DESK, SETUP).effects == ()
