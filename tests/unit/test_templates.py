"""Templates are filled and never evaluated; what strangers write cannot become a field, a line or a direction."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.mail import ListInfo, Mail
from bridge.core.templates import FILTERS, MAIL_FIELDS, faults, fill, has_fields, mail_values, one_line, slug

KIM = Mail(
    "c",
    1,
    from_=(Address("kim", "a.example", "Kim Doe"),),
    subject="Re: Order 17",
    list=ListInfo("users.lists.example"),
    headers=(("List-Id", '"The users" <users.lists.example>'),),
)


def filled(text: str, mail: Mail = KIM) -> str:
    return fill(text, mail_values(mail, "Support", [("order", "17")]), 200)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{subject}", "Order 17"),
        ("{from.name} ({from.address})", "Kim Doe (kim@a.example)"),
        ("{from.first} of {from.domain}", "Kim of a.example"),
        ("{list.name}, {list.id}, {inbox}", "The users, users.lists.example, Support"),
        ("#{order}", "#17"),
        ("{from.name|lower}", "kim doe"),
        ("{from.name|upper|first}", "KIM"),
        ("{subject|cut:5}", "Order"),
        ("{nothing|default:none}", "none"),
        ("{subject|slug}", "order-17"),
        ("{{literal}} and {{{subject}}}", "{literal} and {Order 17}"),
        ("a } b { c", "a } b { c"),
    ],
)
def test_fields_are_filled(text: str, expected: str) -> None:
    assert filled(text) == expected


@pytest.mark.parametrize("hostile", ["{{7*7}}", "{x.__class__}", "%(x)s", "{from.name}", "${x}", "{{{subject}}}"])
def test_what_a_stranger_writes_appears_verbatim(hostile: str) -> None:
    assert filled("{subject}", Mail("c", 1, subject=hostile)) == hostile


def test_a_value_stays_one_visible_line() -> None:
    value = "a\r\nb\x00c\u202egnp.exe\u2066\u200bd\ufeff"
    assert fill("{v}", {"v": value}, 200) == "a bcgnp.exed"


def test_the_result_is_cut_to_its_length_with_a_sign() -> None:
    assert fill("{subject}" * 9, {"subject": "x" * 500}, 50) == "x" * 49 + "…"


def test_what_cannot_be_filled_is_named() -> None:
    known = [*MAIL_FIELDS, "order"]
    assert faults("{subject|lower} {order} {{no}}", known) == []
    assert faults("{sbject} {subject|shout} {subject|cut:x} {subject|default:}", known) == [
        "{sbject} is unknown here",
        "there is no filter 'shout'",
        "`cut` needs a number from 1 to 200: cut:20",
        "`default` needs a text: default:none",
    ]


def test_a_capture_cannot_take_the_name_of_a_field() -> None:
    assert mail_values(KIM, "Support", [("subject", "other")])["subject"] == "Order 17"


def test_a_name_with_joiners_keeps_them() -> None:
    assert one_line("👩\u200d💻 نمی\u200cخواهم", 50) == "👩\u200d💻 نمی\u200cخواهم"


@pytest.mark.parametrize(("text", "expected"), [("Ärger & Co", "arger-co"), ("--", ""), ("日本", ""), ("a__b", "a-b")])
def test_a_slug_is_fit_for_an_alias(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(st.text(), st.text(), st.integers(1, 300))
def test_any_template_and_value_give_a_bounded_text_without_controls_of_the_value(
    text: str, value: str, limit: int
) -> None:
    made = fill(text, dict.fromkeys((*MAIL_FIELDS, text), value), limit)
    assert len(made) <= limit
    foreign = set(made) - set(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in foreign)
    assert has_fields(text) or "{" in text or "}" in text or made == text[:limit] or made.endswith("…")


@given(st.sampled_from(sorted(FILTERS)), st.text(max_size=300))
def test_every_filter_takes_any_value(name: str, value: str) -> None:
    word = {"cut:N": "cut:7", "default:TEXT": "default:x"}.get(name, name)
    assert faults("{v|" + word + "}", ["v"]) == []
    fill("{v|" + word + "}", {"v": value}, 100)
