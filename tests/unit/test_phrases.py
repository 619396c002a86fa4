"""What is left out of a look at a text could not have been found there."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.mail.charset import clean
from bridge.mail.quote.phrases import Phrases

_WRITTEN = "grüße|gruesse|line|über dieser zeile|行"


@given(st.lists(st.one_of(st.sampled_from(_WRITTEN.split("|")), st.text(max_size=5)), max_size=6).map("".join))
def test_a_phrase_is_found_wherever_it_stands(text: str) -> None:
    assert Phrases(_WRITTEN).within(text) == any(phrase in text for phrase in _WRITTEN.split("|"))


@given(st.text(st.sampled_from("a é\t\n\r\x0b\x0c\x00\x1f\x7f\x85\u00a0\u2028\ufeff\ud800"), max_size=12))
def test_a_body_holds_line_breaks_of_one_sort_and_no_controls(text: str) -> None:
    told = text.replace("\r\n", "\n")
    for line_end in "\r\x0b\x0c\x85\u2028":
        told = told.replace(line_end, "\n")
    assert clean(text) == "".join(letter for letter in told if letter not in "\x00\x1f\x7f\ufeff\ud800")
