"""No line of a mail is lost or moved by telling its pieces apart, whatever it holds."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.body import Piece, of_kind
from bridge.mail.parse import read_mail
from bridge.mail.quote.forwarding import forwarded, passes_on
from bridge.mail.quote.line import Line, line, plain
from bridge.mail.quote.splitting import LINES, joined, kinds, pieces

_LINES = st.sampled_from(
    [
        "",
        " ",
        "Fine with me.",
        "> and when?",
        ">> last week",
        "On Tue, 3 Mar 2026 at 10:12, Ida Holm <ida@yard.example> wrote:",
        "ida@yard.example schrieb:",
        "-- ",
        "--",
        "Kind regards,",
        "Ida Holm",
        "Sent from my phone",
        "From: Ida Holm <ida@yard.example>",
        "Sent: Tuesday, 3 March 2026 10:12",
        "To: Bo Lund <bo@yard.example>",
        "Subject: The crane",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "----- End forwarded message -----",
        "## Reply above this line ##",
        "____________________",
        "To",
        "Subject",
        "3.3.2026 10:12",
        "On 3.3.2026 at 10:12 Ida <ida@yard.example> wrote: yes: and no",
        "---- wrote ----",
        '"*_" : wrote',
        "<ida@yard.example",
        ">:",
        "> wrote:",
        "CAUTION: This email originated from outside. Do not click links.",
        "Received: from there",
        "Best regards / Viele Grüße",
        "Name: x",
        "\u200b",
        "This message is confidential. If you are not the intended recipient, delete this e-mail.",
        "To unsubscribe from this mailing list: https://lists.example/out",
    ]
)


@given(st.lists(st.one_of(_LINES, st.text(max_size=40)), max_size=40), st.booleans())
def test_the_pieces_joined_are_the_text_again(lines: list[str], forward: bool) -> None:
    text = "\n".join(lines)
    assert "\n".join(piece.text for piece in pieces(text, forward=forward)) == text


@given(st.lists(st.one_of(_LINES, st.text(max_size=40)), min_size=1, max_size=40), st.booleans())
def test_the_pieces_are_the_lines_by_their_kinds(lines: list[str], forward: bool) -> None:
    text = "\n".join(lines)
    written = text.split("\n")
    told = joined(written, kinds(plain(written), forward=forward))
    assert pieces(text, forward=forward) == (told if text else ())


@given(st.lists(st.builds(Line, _LINES, st.integers(0, 3), st.sampled_from(["", "history", "forward", "signature"]))))
def test_every_line_has_one_kind_and_what_html_says_stands(lines: list[Line]) -> None:
    meant = {"history": "quoted", "forward": "forwarded", "signature": "signature"}
    lines.append(Line("So be it."))  # where nothing else is new, the words of what HTML calls history are asked
    found = kinds(lines)
    assert len(found) == len(lines)
    assert all(
        kind == meant[one.hint]
        for one, kind in zip(lines, found, strict=True)
        if one.hint and one.text.strip(" \u200b")
    )


@given(st.lists(st.one_of(_LINES, st.text(max_size=60)), max_size=40))
def test_forwarded_mail_is_read_from_any_text(lines: list[str]) -> None:
    for mail in forwarded([Piece("forwarded", "\n".join(lines))]):
        assert len(mail.subject) <= 998


def test_beyond_the_lines_that_are_looked_at_the_last_kind_goes_on() -> None:
    text = "Yes.\n\nOn 3.3.2026 10:12, Ida <ida@yard.example> wrote:\n" + "> no\n" * (LINES + 10)
    assert [piece.kind for piece in pieces(text)] == ["new", "quoted"]
    assert "\n".join(piece.text for piece in pieces(text)) == text


def test_marks_are_counted_with_a_space_before_each_at_most() -> None:
    assert line("> a") == Line("a", 1)
    assert line(">> a") == Line("a", 2)
    assert line("> > a") == Line("a", 2)
    assert line(" > a") == Line("a", 1)
    assert line(">") == Line("", 1)
    assert line(">From here on it works") == Line(">From here on it works")
    assert line("a > b") == Line("a > b")
    assert line("    > indented by four") == Line("    > indented by four")


def test_the_bracket_of_a_wrapped_address_is_no_mark() -> None:
    assert plain(["Bo Ek <bo@yard.example", "> wrote:", "> Now?"])[1:] == [Line("> wrote:"), Line("Now?", 1)]
    assert plain(["den 3. mars skrev Ida Holm <ida@yard.example", ">:", ">", "> Nå?"])[1:3] == [Line(">:"), Line("", 1)]
    assert plain(["a < b", "> so:", "> c"])[1] == Line("so:", 1)


def test_what_introduces_history_goes_with_it_also_where_html_does_not_count_it_in() -> None:
    for above in ("On Tue, 3 Mar 2026 at 10:12, Ida <ida@yard.example> wrote:", "Ida schrieb am 3.3.2026:", "-----"):
        lines = [Line("Yes."), Line(above), Line(""), Line("Is it?", 0, "history"), Line("Ida", 0, "history")]
        assert kinds(lines) == ("new", "quoted", "quoted", "quoted", "quoted"), above
    lines = [Line("Yes, as Ida said."), Line("Is it?", 0, "history")]
    assert kinds(lines) == ("new", "quoted")


def test_words_in_the_element_of_a_quotation_are_new_where_there_are_no_others() -> None:
    assert kinds([Line("Both are stuck.", 0, "history"), Line("Is it?", 1, "history")]) == ("new", "quoted")
    found = kinds(
        [
            Line("On 3.3.2026 10:12, Ida <ida@yard.example> wrote:", 0, "history"),
            Line("Is it?", 1, "history"),
            Line("Bo", 0, "signature"),
        ]
    )
    assert found == ("quoted", "quoted", "signature")
    assert kinds([Line("Yes."), Line("Ida writes", 0, "history"), Line("Is it?", 1, "history")])[1:] == ("quoted",) * 2


def test_empty_text_has_no_pieces() -> None:
    assert pieces("") == ()
    assert kinds([]) == ()
    assert joined(["a"], ["new"]) == (Piece("new", "a"),)


def test_the_reader_tells_pieces_and_forwarded_mail() -> None:
    mail = read_mail(
        b"From: Bo <bo@yard.example>\nSubject: Fwd: The crane\n\nPlease see below.\n\n"
        b"---------- Forwarded message ---------\nFrom: Ida Holm <ida@yard.example>\nDate: Tue, 3 Mar 2026\n"
        b"Subject: The crane\nTo: <bo@yard.example>\n\nIt is stuck.\n"
    )
    assert of_kind(mail.pieces, "new") == "Please see below."
    assert [(one.from_[0].spec, one.date, one.subject, one.text) for one in mail.forwarded] == [
        ("ida@yard.example", "Tue, 3 Mar 2026", "The crane", "It is stuck.")
    ]


def test_subjects_that_pass_a_mail_on() -> None:
    for subject in ("Fwd: a", "FW: a", "WG: a", "TR : a", "RV: a", "转发: a", "Fwd[2]: a", "VB: a", "[Fwd: a]"):
        assert passes_on(subject), subject
    for subject in ("Re: a", "Forward planning: a", "a", "AW: WG: a", "", "Fwd planning"):
        assert not passes_on(subject), subject
