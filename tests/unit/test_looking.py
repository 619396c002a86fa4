"""How a mail looks by the rules, and that what it does not show can be had."""

from dataclasses import replace

import pytest

from bridge.core.addresses import Address
from bridge.core.amending import plan_reacted
from bridge.core.body import Forwarded, Piece
from bridge.core.decision import Looks
from bridge.core.effects import WHOLE_TEXT, Attach, Show
from bridge.core.looking import UNFOLD, look
from bridge.core.mail import Mail, Part
from bridge.core.plan import MailView
from bridge.core.post import Reacted
from bridge.core.showing import Look, plan_mail
from bridge.core.words import DE, EN
from bridge.mail.quote import splitting
from tests.unit.worlds import ANN, DESK, MALLORY, NOW, SETUP, a_mail, a_view, bridged, pending, posted

TEXT = "Thanks!\n\nAnn wrote:\n> Where\n> is it?\n-- \nCarl"
RICH = (
    Piece("new", "<p>Thanks!</p>"),
    Piece("quoted", "<p>Ann wrote:</p><blockquote>Where<br>is it?</blockquote>"),
    Piece("signature", "<p>-- <br>Carl</p>"),
)
LOGO = Part(4, "logo.png", "image/png", 10, "d", inline=True, content_id="logo@x")
NOTHING: frozenset[int | None] = frozenset()
ALL = Looks(quotes="full", signature="full", disclaimer="full")
GET = "React with 📄 or reply !full to get the whole text.]"


def understood(text: str, html_pieces: tuple[Piece, ...] = (), **more: object) -> Mail:
    """A mail as the reader tells it apart."""
    html = "".join(piece.text for piece in html_pieces)
    return a_mail(text=text, pieces=splitting.pieces(text), html=html, html_pieces=html_pieces, **more)


def test_a_mail_may_be_shown_as_it_is() -> None:
    mail = understood(TEXT, (*RICH, Piece("new", '<img src="cid:logo@x" alt="">')), attachments=(LOGO,))
    seen = look(mail, ALL, EN, NOTHING)
    assert (seen.text, seen.html, seen.images, seen.cut) == (mail.text, mail.html, (LOGO,), False)
    plainly = a_mail(text="Hello\n\n\nyou", html="<p>Hello you</p>")
    seen = look(plainly, Looks(), EN, NOTHING)
    assert (seen.text, seen.html, seen.cut) == (plainly.text, plainly.html, False)


def test_by_default_what_is_not_new_is_folded_together_and_can_be_unfolded() -> None:
    seen = look(understood(TEXT, RICH), Looks(), EN, NOTHING)
    assert seen.text == f"Thanks!\n\n[3 quoted lines, Signature: folded. {GET}"
    assert seen.html == (
        "<p>Thanks!</p><details><summary>3 quoted lines, Signature</summary>"
        "<p>Ann wrote:</p><blockquote>Where<br>is it?</blockquote><p>-- <br>Carl</p></details>"
    )
    assert seen.cut


def test_a_mail_that_says_nothing_new_shows_what_else_it_has() -> None:
    signed = a_mail(text="-- \nAnn\n> Where?", pieces=(Piece("signature", "-- \nAnn"), Piece("quoted", "> Where?")))
    assert look(signed, Looks(), EN, NOTHING).text == f"-- \nAnn\n[1 quoted line: folded. {GET}"
    quoted = a_mail(text="> Where?", pieces=(Piece("quoted", "> Where?"),), html="<blockquote>Where?</blockquote>")
    assert look(quoted, Looks(), EN, NOTHING).text == "> Where?"


def test_plain_text_is_folded_in_html_made_for_it() -> None:
    seen = look(understood("Thanks & bye!\n> <x>"), Looks(language="de"), DE, NOTHING)
    assert seen.html == (
        "<div>Thanks &amp; bye!</div><details><summary>1 zitierte Zeile</summary><div>&gt; &lt;x&gt;</div></details>"
    )


def test_signature_notice_and_history_each_begin_a_line_where_nothing_is_folded() -> None:
    pieces = (
        Piece("new", "It came."),
        Piece("signature", "-- \nSam"),
        Piece("disclaimer", "For its addressee alone."),
        Piece("quoted", "On Friday Ann wrote:\n> Did it come?"),
    )
    seen = look(a_mail(text="\n".join(piece.text for piece in pieces), pieces=pieces), Looks(), EN, NOTHING)
    assert seen.html == (
        "<div>It came.</div><details><summary>Signature, Notice, 2 quoted lines</summary>"
        "<div>-- <br>Sam</div><div>For its addressee alone.</div>"
        "<div>On Friday Ann wrote:<br>&gt; Did it come?</div></details>"
    )


def test_what_is_left_out_is_told_of() -> None:
    seen = look(understood(TEXT, RICH), Looks(quotes="none", signature="none"), EN, NOTHING)
    assert seen.text == f"Thanks!\n\n[3 quoted lines, Signature: left out. {GET}"
    assert seen.html == f"<p>Thanks!</p><div><em>[3 quoted lines, Signature: left out. {GET}</em></div>"
    plainly = look(understood(TEXT), Looks(quotes="none", signature="full"), EN, NOTHING)
    assert plainly.html == ""
    assert plainly.text == f"Thanks!\n\n[3 quoted lines: left out. {GET}\n-- \nCarl"


def test_a_disclaimer_has_its_own_way_and_what_was_passed_on_is_always_shown() -> None:
    pieces = (
        Piece("new", "Look:"),
        Piece("forwarded", "From: Ann\n\nThe plan"),
        Piece("disclaimer", "For your eyes only."),
    )
    mail = a_mail(text="\n".join(piece.text for piece in pieces), pieces=pieces)
    seen = look(mail, Looks(quotes="none", signature="none", disclaimer="fold"), EN, NOTHING)
    assert seen.text == f"Look:\nFrom: Ann\n\nThe plan\n[Notice: folded. {GET}"
    assert look(mail, Looks(disclaimer="full"), EN, NOTHING).text == mail.text


def test_a_picture_in_what_is_left_out_can_be_had() -> None:
    pieces = (Piece("new", "<p>Yes</p>"), Piece("signature", '<p>Carl <img src="cid:logo@x" alt=""></p>'))
    mail = a_mail(text="Yes\n-- \nCarl", html="".join(p.text for p in pieces), html_pieces=pieces, attachments=(LOGO,))
    left_out = look(mail, Looks(signature="none"), EN, NOTHING)
    assert (left_out.images, left_out.unseen, left_out.cut) == ((), (LOGO,), True)
    folded = look(mail, Looks(signature="fold"), EN, NOTHING)
    assert (folded.images, folded.unseen) == ((LOGO,), ())


def test_remote_images_are_counted_in_one_line() -> None:
    one = look(a_mail(text="Hello", html="<p>Hello</p>", remote_images=1), Looks(), EN, NOTHING)
    assert one.text == "Hello\n\n[1 remote image was not loaded.]"
    assert one.html == "<p>Hello</p><p><em>[1 remote image was not loaded.]</em></p>"
    many = look(a_mail(text="Hello", remote_images=12), Looks(language="de"), DE, NOTHING)
    assert many.text.endswith("[12 Bilder aus dem Netz wurden nicht geladen.]")
    assert not many.cut, "nothing of them can be had"


@pytest.mark.parametrize("way", ["fold", "none"])
def test_answers_between_quotations_are_never_folded(way: str) -> None:
    mail = understood(
        "Hello.\n> Where?\nHere.\n> When?\nNow.", (Piece("new", "<p>Hello. Where? Here. When? Now.</p>"),)
    )
    seen = look(mail, Looks(quotes=way), EN, NOTHING)
    assert (seen.text, seen.html, seen.cut) == (mail.text, mail.html, False)


NOTICED = (
    Piece("disclaimer", "External mail: take care."),
    Piece("new", "It came."),
    Piece("disclaimer", "For its addressee alone."),
    Piece("new", "Thanks again."),
    Piece("quoted", "> Did it come?"),
)


def test_all_that_is_left_out_is_told_of_in_one_line() -> None:
    mail = a_mail(text="…", pieces=NOTICED)
    seen = look(mail, Looks(quotes="full", disclaimer="none"), EN, NOTHING)
    assert seen.text == f"It came.\n[Notice: left out. {GET}\nThanks again.\n> Did it come?"
    rich = tuple(Piece(piece.kind, f"<p>{piece.text}</p>") for piece in NOTICED)
    both = look(replace(mail, html="…", html_pieces=rich), Looks(quotes="none", disclaimer="none"), EN, NOTHING)
    told = f"[Notice, 1 quoted line: left out. {GET}"
    assert both.text == f"It came.\nThanks again.\n{told}"
    assert both.html == f"<p>It came.</p><p>Thanks again.</p><div><em>{told}</em></div>"


def test_a_text_says_once_that_notices_are_folded_and_each_unfolds_in_its_place() -> None:
    seen = look(a_mail(text="…", pieces=NOTICED), Looks(quotes="full"), EN, NOTHING)
    assert seen.text == f"It came.\n[Notice: folded. {GET}\nThanks again.\n> Did it come?"
    assert seen.html.count("<summary>Notice</summary>") == 2


def test_pictures_as_files_or_not_at_all() -> None:
    mail = a_mail(text="See", html='<p>See <img src="cid:logo@x" alt="Our logo"></p>', attachments=(LOGO,))
    files = look(mail, Looks(images="files"), EN, NOTHING)
    assert (files.images, files.files, files.unseen, files.cut) == ((), (LOGO,), (), False)
    assert files.html == "<p>See [Our logo]</p>"
    none = look(mail, Looks(images="none"), EN, NOTHING)
    assert (none.images, none.files, none.unseen, none.cut) == ((), (), (LOGO,), True)
    assert none.text == "See\n\n[1 picture: left out. React with 📄 or reply !full to get the whole text.]"
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
    mail = understood(TEXT, (Piece("new", '<img src="cid:logo@x">'),), attachments=(LOGO,))
    view = a_view(replied=None, shown=the_show(mail, Looks(quotes="fold", images="none", language="de")))
    made = plan_reacted(posted("$r1"), reacted(), view, DESK, SETUP).effects
    again = plan_reacted(posted("$r2"), reacted(event="$r2"), view, DESK, SETUP).effects
    assert made == again  # by their keys they are done once
    text, logo = made
    assert isinstance(text, Attach)
    assert isinstance(logo, Attach)
    assert text.part == Part(WHOLE_TEXT, "ganze Nachricht.txt", "text/plain", 0, "")
    assert logo.part == LOGO
    assert (text.arrival, text.room, text.letter) == ("smtp:1", view.shown.room, view.shown.letter)


def test_nobody_else_and_nothing_else_brings_it() -> None:
    shown = the_show(understood(TEXT), Looks(quotes="fold"))
    view = a_view(replied=None, shown=shown)
    assert plan_reacted(posted(), reacted(sender=MALLORY), view, DESK, SETUP).effects == ()
    assert plan_reacted(posted(), reacted("👍"), view, DESK, SETUP).effects == ()
    whole = a_view(replied=None, shown=the_show(a_mail(text="Hello."), Looks(quotes="fold")))
    assert plan_reacted(posted(), reacted(), whole, DESK, SETUP).effects == ()


ENCLOSED = Forwarded(
    (Address("tom", "mill.example", "Tom Reyes"),), "Fri, 20 Nov 2026", "the <quote>", "Forty\neuros.", 2
)


def test_what_an_attached_mail_says_stands_below_the_text() -> None:
    mail = a_mail(text="Please see to it.", forwarded=(ENCLOSED,))
    head = "From: Tom Reyes <tom@mill.example>\nDate: Fri, 20 Nov 2026\nSubject: the <quote>"
    seen = look(mail, Looks(), EN, NOTHING)
    assert seen.text == f"Please see to it.\n\n——————————\n{head}\n\nForty\neuros."
    assert look(replace(mail, text=""), Looks(), EN, NOTHING).text.startswith("——————————\nFrom: Tom Reyes")
    rich = look(replace(mail, html="<p>Please see to it.</p>"), Looks(), EN, NOTHING)
    assert rich.text == seen.text
    assert rich.html.startswith(
        "<p>Please see to it.</p><br>——————————<br>From: Tom Reyes &lt;tom@mill.example&gt;<br>"
    )
    assert rich.html.endswith("Subject: the &lt;quote&gt;<br><br>Forty<br>euros.")


def test_an_attached_mail_that_is_withheld_says_nothing_and_a_long_one_is_cut() -> None:
    mail = a_mail(
        text="See.", forwarded=(ENCLOSED, replace(ENCLOSED, part=-1), replace(ENCLOSED, part=3, text="x" * 9000))
    )
    seen = look(mail, Looks(), EN, frozenset({2}))
    assert seen.text.count("Forty") == 0
    assert seen.text.endswith("x" * 4000 + "…")
