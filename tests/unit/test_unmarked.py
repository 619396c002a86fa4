"""History without marks of quotation is known by the earlier mails of the conversation, and by nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import markup, recalling
from bridge.core.body import Piece
from bridge.core.unmarked import beside, known, known_html
from bridge.mail.quote import splitting
from tests.unit.worlds import a_mail

QUESTION = """\
Hello Ann,

the lamp in the hall flickers since Monday, and nobody knows which fuse it hangs on.
Could somebody look at it before the fair opens?

We also need two more chairs for the booth.

Kind regards
Bob Iwu"""

GERMAN = """\
Guten Tag Frau Berg,

die Lampe in der Halle flackert seit Montag, und niemand weiß, an welcher Sicherung sie hängt.
Könnte jemand vor der Messe danach sehen?

Mit freundlichen Grüßen
Bob Iwu"""


def told(text: str, *earlier: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in known((Piece("new", text),), earlier)]


def html_told(html: str, *earlier: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in known_html((Piece("new", html),), earlier)]


def kinds(text: str, *earlier: str) -> list[str]:
    return [kind for kind, _ in told(text, *earlier)]


@pytest.mark.parametrize(
    "head",
    [
        "",
        "On Mon, 3 Nov 2026 at 09:12, Bob Iwu <bob@corp.example> wrote:\n",
        "On Monday, 3 November 2026, 09:12:14 CET, Bob Iwu\n<bob@corp.example> wrote:\n\n",
        "Am 03.11.2026 um 09:12 schrieb Bob Iwu:\n\n",
        "Le lun. 3 nov. 2026 à 09:12, Bob Iwu <bob@corp.example> a écrit :\n\n",
        "2026年11月3日(月) 9:12 Bob Iwu <bob@corp.example>：\n",
        "From: Bob Iwu\nSent: Monday, 3 November 2026 09:12\nTo: Ann Berg\nSubject: The lamp\n\n",
        "________________________________\nVon: Bob Iwu <bob@corp.example>\nGesendet: Montag\nAn: Ann\nBetreff: x\n\n",
        "-----Original Message-----\nFrom: Bob Iwu\nDate: 3 Nov 2026\nTo: Ann Berg\n\n",
        "*Da:* Bob Iwu\n*Inviato:* lunedì 3 novembre 2026 09:12\n*A:* Ann Berg\n\n",
    ],
)
def test_an_answer_above_is_new_and_what_is_below_without_marks_is_history(head: str) -> None:
    text = f"I will come on Tuesday.\nAnn\n\n{head}{QUESTION}\n"
    assert told(text, QUESTION) == [("new", "I will come on Tuesday.\nAnn\n"), ("quoted", f"{head}{QUESTION}\n")]


def test_history_below_may_be_in_any_tongue() -> None:
    text = f"Ich komme morgen vorbei.\n\n{GERMAN}"
    assert told(text, GERMAN) == [("new", "Ich komme morgen vorbei.\n"), ("quoted", GERMAN)]
    japanese = "お世話になっております。\n会議室の照明が月曜日から点滅しています。\n確認していただけますか。"
    assert kinds(f"承知しました。\n\n{japanese}", japanese) == ["new", "quoted"]


def test_history_is_known_however_its_lines_are_broken_and_its_links_are_written() -> None:
    parent = "Dear all, the new plan is at the usual place, please read it until Friday and tell me what is missing."
    wrapped = (
        "Dear all, the new plan is at\nthe usual place <https://corp.example/plan>,\nplease read it until Friday\n"
    )
    wrapped += "and tell me what is missing."
    for written, earlier in ((wrapped, parent), (parent, wrapped)):
        assert told(f"Nothing is missing.\n\n{written}", earlier) == [
            ("new", "Nothing is missing.\n"),
            ("quoted", written),
        ]


def test_the_marks_and_signs_of_the_earlier_mail_do_not_matter() -> None:
    parent = (
        "> Is the lamp mended?\n> It flickers since last Monday – in the hall.\n\nNot yet, I’m waiting for the part."
    )
    copied = "Is the lamp mended?\nIt flickers since last Monday - in the hall.\n\nNot yet, I'm waiting for the part."
    assert kinds(f"Thanks!\n\n{copied}", parent) == ["new", "quoted"]


def test_an_answer_below_leaves_the_attributed_history_above_it() -> None:
    head = "On 3 Nov 2026, at 09:12, Bob Iwu <bob@corp.example> wrote:\n\n"
    text = f"{head}{QUESTION}\n\nIt hangs on fuse nine. I will come on Tuesday."
    assert told(text, QUESTION) == [
        ("quoted", f"{head}{QUESTION}"),
        ("new", "\nIt hangs on fuse nine. I will come on Tuesday."),
    ]
    part = "Le 3 novembre 2026, Bob Iwu a écrit :\n" + "\n".join(QUESTION.split("\n")[2:4])
    assert told(f"{part}\n\nMardi.", QUESTION) == [("quoted", part), ("new", "\nMardi.")]


def test_a_beginning_that_every_mail_has_is_not_history() -> None:
    parent = "Dear customer,\nthank you for writing to the service desk of Corp.\n\nYour request has the number 17."
    text = "Dear customer,\nthank you for writing to the service desk of Corp.\n\nYour request is closed now."
    assert told(text, parent) == [("new", text)]


def test_a_notice_that_says_nearly_the_same_again_stays_whole() -> None:
    parent = "*** Watch ***\n\nService: disk on the third host\nState: CRITICAL\nAddress: 192.0.2.7 in the second row\n"
    parent += "Read what to do in such a case in the handbook, chapter nine."
    text = parent.replace("CRITICAL", "OK")
    assert told(text, parent) == [("new", text)]


def test_answers_between_keep_what_they_answer_to() -> None:
    lines = [line for line in QUESTION.split("\n") if line]
    text = f"On 3 Nov Bob wrote:\n{lines[1]}\n{lines[2]}\n\nFuse nine.\n\n{lines[3]}\n\nHow high?"
    assert told(text, QUESTION) == [("new", text)]


def test_who_marks_what_is_quoted_left_the_rest_unmarked_on_purpose() -> None:
    head = "On 3 Nov 2026 Bob wrote:\n"
    lines = QUESTION.split("\n")
    text = f"{head}{lines[2]}\n{lines[3]}\n> {lines[5]}\n\nThree are in the cellar."
    assert told(text, QUESTION) == [("new", text)]


def test_history_below_answers_between_is_still_history() -> None:
    older = "Good morning everybody,\nthe fair is in the first week of December this year, in hall three again."
    text = f"Yes.\n> {QUESTION.split(chr(10))[3]}\nOn Tuesday.\n\n{older}"
    assert kinds(text, QUESTION, older) == ["new", "quoted"]


def test_a_long_quotation_between_new_words_is_folded_when_it_is_attributed() -> None:
    long = "\n".join(f"Point {n} of the contract says that part {n * 7} is paid in month {n}." for n in range(20))
    text = f"Hi,\n\nOn 3 Nov 2026 Bob wrote:\n{long}\n\nI agree to all of it."
    assert kinds(text, long) == ["new", "quoted", "new"]


def test_a_mail_in_which_nothing_new_would_remain_stays_new() -> None:
    assert told(QUESTION, QUESTION) == [("new", QUESTION)]
    again = f"On 3 Nov 2026 Bob wrote:\n{QUESTION}"
    assert told(again, QUESTION) == [("new", again)]


def test_few_equal_words_are_no_history() -> None:
    text = "Tuesday it is.\n\nKind regards\nBob Iwu"
    assert told(text, QUESTION) == [("new", text)]


def test_a_closing_that_was_used_before_is_no_history() -> None:
    closing = "Kind regards\nAnn Berg, head of sales at Corp in the fourth floor\nTelephone 030 123456 until five"
    assert kinds(f"Tuesday.\n\n{closing}", f"Which day?\n\n{closing}\n\n{QUESTION}") == ["new"]


def test_a_word_put_into_a_quoted_line_keeps_it_new() -> None:
    changed = QUESTION.replace("before the fair opens?", "before the fair opens? Yes")
    text = f"See below.\n\n{changed}"
    assert "Yes" in "\n".join(said for kind, said in told(text, QUESTION) if kind == "new")


def test_without_earlier_mails_nothing_is_known() -> None:
    pieces = (Piece("new", f"Yes.\n\n{QUESTION}"),)
    assert known(pieces, ()) is pieces
    assert known(pieces, ("", "Hi")) is pieces
    assert known_html(pieces, ()) is pieces


def test_pieces_that_were_told_apart_before_are_kept() -> None:
    pieces = (Piece("new", f"Yes.\n\n{QUESTION}"), Piece("signature", "-- \nAnn"), Piece("quoted", "> old"))
    assert [piece.kind for piece in known(pieces, [QUESTION])] == ["new", "quoted", "signature", "quoted"]


SIGNED = f"{QUESTION}\n-- \nBob Iwu, Corp, Berlin\nTelephone 030 123456"


def understood(text: str, *earlier: str) -> list[tuple[str, str]]:
    """What the reader told apart, and then the earlier mails."""
    return [(piece.kind, piece.text) for piece in known(splitting.pieces(text), earlier)]


def test_words_below_the_signature_of_the_earlier_mail_are_no_part_of_it() -> None:
    head = "On 3 Nov 2026 at 09:12, Bob Iwu wrote:\n\n"
    found = understood(f"{head}{SIGNED}\n\nI will come on Tuesday.\nAnn", SIGNED)
    assert found[-1] == ("new", "\nI will come on Tuesday.\nAnn")
    assert {kind for kind, _ in found[:-1]} == {"quoted"}


def test_words_below_the_end_of_the_earlier_mail_are_no_history() -> None:
    head = "Hi Bob,\n\nAm 03.11.2026 um 09:12 schrieb Bob Iwu:\n\n"
    found = understood(f"{head}{SIGNED}\n\nI will come on Tuesday.\nAnn", SIGNED)
    assert found[0][0] == found[-1][0] == "new"
    assert found[-1][1].strip() == "I will come on Tuesday.\nAnn"


def test_our_signature_below_our_answer_stays_history() -> None:
    head = "Fine.\n\nFrom: Ann Berg\nSent: Monday, 3 November 2026 09:12\nTo: Bob Iwu\nSubject: Re: The lamp\n\n"
    answer = "We come on Tuesday and bring a new lamp, a new fuse and two chairs."
    text = f"{head}{answer}\n\n-- \nAnn Berg\nCorp, service desk"
    assert "".join(said for kind, said in understood(text, answer) if kind == "new").strip() == "Fine."


def test_history_reaches_over_the_signature_of_the_earlier_mail() -> None:
    found = understood(f"I will come on Tuesday.\n\n{SIGNED}", SIGNED)
    assert found[0] == ("new", "I will come on Tuesday.\n")
    assert {kind for kind, _ in found[1:]} == {"quoted"}


def test_a_signature_that_was_used_before_is_one() -> None:
    own = "-- \nAnn Berg, head of sales at Corp\nFourth floor, telephone 030 123456 until five"
    found = understood(f"On Tuesday.\n{own}", f"Which day?\n{own}")
    assert [kind for kind, _ in found] == ["new", "signature"]


def test_mail_that_was_passed_on_is_not_touched() -> None:
    pieces = (Piece("new", "Look."), Piece("forwarded", f"From: Bob\n\n{QUESTION}"))
    assert known(pieces, [QUESTION]) == pieces


RICH = [f"<p>{line}</p>" for line in QUESTION.split("\n") if line]


def test_history_in_html_is_cut_off_where_its_first_element_begins() -> None:
    old = "".join(RICH)
    head = "<p>On 3 Nov 2026, Bob wrote:</p>"
    assert html_told(f"<p>On Tuesday.</p>{head}{old}", QUESTION) == [
        ("new", "<p>On Tuesday.</p>"),
        ("quoted", head + old),
    ]


def test_history_within_the_element_of_the_answer_is_cut_off_with_whole_elements() -> None:
    old = "<br>".join(QUESTION.split("\n"))
    assert html_told(f"<div>On <b>Tuesday</b>.<br><br>{old}</div>", QUESTION) == [
        ("new", "<div>On <b>Tuesday</b>.<br><br></div>"),
        ("quoted", f"<div>{old}</div>"),
    ]


def test_history_in_html_above_the_answer() -> None:
    old = "<div>On 3 Nov 2026 Bob wrote:</div><div>" + "".join(RICH) + "</div>"
    assert html_told(f"{old}<div>Tuesday.</div>", QUESTION) == [("quoted", old), ("new", "<div>Tuesday.</div>")]


def test_a_line_directly_above_an_attribution_is_not_swallowed() -> None:
    new, head = "<div>I come at 9</div>", "<div>On 3 Nov 2026, Bob wrote:</div>"
    assert html_told(new + head + "".join(RICH), QUESTION)[0] == ("new", new)


def test_what_stands_in_a_blockquote_is_marked() -> None:
    html = f"<blockquote>{RICH[1]}</blockquote><p>Nine.</p><blockquote>{RICH[2]}</blockquote><p>Tuesday.</p>"
    assert html_told(html, QUESTION) == [("new", html)]


def test_cells_and_items_are_never_torn() -> None:
    html = "<ul><li>Tuesday.<br>" + "<br>".join(QUESTION.split("\n")) + "</li></ul>"
    assert html_told(html, QUESTION) == [("new", html)]


def test_html_in_which_nothing_new_would_remain_stays_new() -> None:
    html = "".join(RICH)
    assert html_told(html, QUESTION) == [("new", html)]


_LINES = st.sampled_from([*QUESTION.split("\n"), "New words of mine.", "> marked", "From: Bob", "----", "Bob wrote 3:"])


@given(st.lists(_LINES, max_size=30), st.lists(_LINES, max_size=12))
def test_no_line_is_lost_and_something_new_remains(lines: list[str], earlier: list[str]) -> None:
    text = "\n".join(lines)
    found = known((Piece("new", text),), [QUESTION, "\n".join(earlier)])
    assert "\n".join(piece.text for piece in found) == text
    assert any(piece.kind == "new" for piece in found)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_may_meet_any_other(text: str, earlier: str) -> None:
    assert "\n".join(piece.text for piece in known((Piece("new", text),), [earlier, text])) == text


@given(st.lists(_LINES, max_size=20), st.sampled_from(["p", "div", "li", "br"]))
def test_html_keeps_every_line(lines: list[str], tag: str) -> None:
    html = "".join(f"{line}<br>" if tag == "br" else f"<{tag}>{line}</{tag}>" for line in lines)
    html = f"<div>{html}</div>".replace("> marked", "&gt; marked")
    found = known_html((Piece("new", html),), [QUESTION])
    said = [line.text for piece in found for line in markup.lines(piece.text)]
    assert said == [line.text for line in markup.lines(html)]
    assert all(markup.cut(piece.text, []) is not None for piece in found), "each piece is whole"


@given(st.text(st.sampled_from("aZ9_ -.\n<>[]:/cidhtpß日é"), max_size=60), st.sampled_from(["", "é", "ß", "日"]))
def test_words_are_the_same_whatever_else_stands_in_the_text(text: str, other: str) -> None:
    """Plain ASCII is read in a quicker way."""
    assert recalling.words(f"{text}\n{other}") == [*recalling.words(text), *recalling.words(other)]


@given(
    st.lists(
        st.sampled_from(
            ["the", "lamp", "flickers", "since", "Monday", "<x@yard.example>", "and,", "nobody\nknows", ">", "Straße"]
        )
    ),
    st.lists(st.text("ab \n,>", max_size=40) | st.just(QUESTION), max_size=3),
)
def test_the_first_look_at_a_text_finds_what_the_thorough_one_would(said: list[str], earlier: list[str]) -> None:
    for text in (" ".join(said), f"a b b a {' '.join(said)}", QUESTION[40:160]):
        assert recalling.anything(text, earlier, 4) == recalling.repeats(text, recalling.facts(earlier))


@given(st.lists(st.sampled_from("abcdefg"), max_size=20), st.integers(0, 30), st.integers(8, 20))
def test_the_first_look_sees_every_copy_that_is_long_enough(own: list[str], at: int, size: int) -> None:
    said = recalling.words(QUESTION)
    copied = said[at : at + size]
    found = recalling.anything(" ".join([*own, *copied, *own]), [QUESTION], 8)
    assert found or len(copied) < 8
    assert not found or len(copied) >= 4


_SAID = st.lists(
    st.sampled_from(
        [*QUESTION.split("\n"), "New words of mine.", "From: Bob", "----", "Bob wrote 3:", "Look here: ", ""]
    ),
    max_size=24,
)


@given(_SAID, _SAID, st.integers(0, 12))
def test_what_the_first_look_leaves_alone_holds_no_history(lines: list[str], other: list[str], start: int) -> None:
    text, earlier = "\n".join([*lines, *other[start:]]), [QUESTION, "\n".join(other)]
    thorough = known((Piece("new", text),), earlier)
    seen = beside(a_mail(text=text), earlier).pieces or (Piece("new", text),)
    assert seen == thorough


@pytest.mark.parametrize("text", [QUESTION, "Hello\tAnn , <https://x.example> the\nlamp in the hall.", f"{'é ' * 300}"])
def test_the_beginning_of_an_earlier_text_is_found_whatever_its_form(text: str) -> None:
    assert recalling.begun(f"Before it. {text.upper()} After it.", ["Something else that is long enough.", text])
    assert not recalling.begun("Nothing of the kind is said here at all.", [text])
