"""A subject is told without the marks that answers and forwards leave around it, and keeps its own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.quoting import reply_subject
from bridge.core.subjects import SUBJECT_MAX, base_subject


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("The crane", "The crane"),
        ("Re: The crane", "The crane"),
        ("AW: WG: Der Kran", "Der Kran"),
        ("RE: Fwd: RE: The crane", "The crane"),
        ("TR : La grue", "La grue"),
        ("RV: La grúa", "La grúa"),
        ("SV: VB: Kranen", "Kranen"),
        ("转发：回复：吊车", "吊车"),
        ("Re[3]: The crane", "The crane"),
        ("Re: : The crane", "The crane"),
        ("Re; the crane", "the crane"),
        ("[Fwd: The crane]", "The crane"),
        ("Re: [Fwd: [Fwd: Fw: The crane]]", "The crane"),
        ("[Fwd: ] The crane", "The crane"),
        ("The crane (fwd)", "The crane"),
        ("Fwd:", ""),
        ("Re: Fwd", ""),
        ("[boats] Re: The crane", "[boats] Re: The crane"),
        ("Re: [boats] The crane", "[boats] The crane"),
        ("Re-opening on Monday", "Re-opening on Monday"),
        ("Reply needed: crane", "Reply needed: crane"),
        ("Forward planning: cranes", "Forward planning: cranes"),
        ("R: how to read a file", "R: how to read a file"),
        ("Fwd", "Fwd"),
        (": what", ": what"),
    ],
)
def test_the_base_of_a_subject(subject: str, base: str) -> None:
    assert base_subject(subject) == base


@given(st.text(alphabet=st.sampled_from("reRE:fwd[]() ;-a\n"), max_size=60))
def test_the_base_of_a_base_is_itself_and_no_longer(subject: str) -> None:
    base = base_subject(subject)
    assert len(base) <= len(subject)
    assert base == base.strip()


def test_long_ladders_of_marks_are_taken_off_in_one_walk() -> None:
    assert base_subject("Re: " * 20_000 + "x") == "x"
    assert base_subject("[Fwd: " * 10_000 + "x" + "]" * 10_000) == "x"
    assert base_subject("x" + " (fwd)" * 10_000) == "x"
    assert len(base_subject("x" * 10_000)) == SUBJECT_MAX


def test_an_answer_keeps_what_says_that_the_mail_was_passed_on() -> None:
    assert reply_subject("AW: Fwd: The crane") == "Re: Fwd: The crane"
    assert reply_subject("Re: Re: The crane") == "Re: The crane"
