"""Which attachments the rules show: by name, by declared type, by size; and what an unreadable mail may hide."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.decision import Withheld
from bridge.core.mail import Envelope, Mail, Part
from bridge.routing.attachments import ALL, Files
from tests.unit.test_routing_book import book, mail
from tests.unit.test_routing_problems import problems

BOX = "inboxes:\n  s:\n    address: s@d.example\n    room: {for: ann}\n"
MAIL = Envelope("smtp", rcpt_tos=("s@d.example",))


def part(index: int, name: str, kind: str = "application/octet-stream", size: int = 100) -> Part:
    return Part(index, name, kind, size, "d")


def withheld(directory: Path, said: str, letter: Mail) -> list[tuple[int | None, str, str]]:
    rules = book(directory, BOX + f"    attachments: {said}\n")
    (decision,) = rules.decide(MAIL, letter, at=0.0)
    return [(held.part, held.why, held.what) for held in decision.withheld]


FILES = mail(
    attachments=(
        part(1, "Invoice.PDF", "application/pdf"),
        part(2, "photo.png", "image/png", 5_000_001),
        part(3, "invoice.pdf.exe", "application/pdf"),
        part(4, "page", "text/html"),
    )
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('{block: "*.exe"}', [(3, "blocked", "*.exe")]),
        ('{block: ["*.exe", text/html]}', [(3, "blocked", "*.exe"), (4, "blocked", "text/html")]),
        ('{allow: ["*.pdf", "image/*"]}', [(3, "not-allowed", ""), (4, "not-allowed", "")]),
        ("{size: 5MB}", [(2, "large", "5000000")]),
        ('{block: {regex: "(?i)^invoice"}}', [(1, "blocked", "/(?i)^invoice/"), (3, "blocked", "/(?i)^invoice/")]),
        (
            '{allow: {regex: "^(image|text)/"}, size: 1MB}',
            [(1, "not-allowed", ""), (2, "large", "1000000"), (3, "not-allowed", "")],
        ),
    ],
)
def test_what_is_not_shown_and_why(tmp_path: Path, said: str, expected: list[tuple[int, str, str]]) -> None:
    assert withheld(tmp_path, said, FILES) == expected


def test_a_declared_type_cannot_pass_for_a_file_name(tmp_path: Path) -> None:
    """Else `allow: "*.pdf"` would take virus.exe that calls itself application/x.pdf."""
    disguised = mail(attachments=(part(1, "virus.exe", "application/x.pdf"),))
    assert withheld(tmp_path, '{allow: "*.pdf"}', disguised) == [(1, "not-allowed", "")]


def test_the_original_of_an_unreadable_mail_may_hide_what_is_blocked(tmp_path: Path) -> None:
    letter = mail(unreadable=True)
    assert withheld(tmp_path, '{block: "*.exe"}', letter) == [(None, "unseen", "")]
    assert withheld(tmp_path, '{allow: "*.pdf"}', letter) == [(None, "not-allowed", "")]
    assert withheld(tmp_path, '{allow: ["*.pdf", message/rfc822]}', letter) == []
    assert withheld(tmp_path, "{size: 1kB}", letter) == []


def test_rule_inbox_and_defaults_are_merged_key_by_key(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        'defaults: {attachments: {block: "*.exe"}}\n' + BOX + "    attachments: {size: 1MB}\n    rules:\n"
        '      - {name: bulk, when: {kind: bulk}, attachments: {block: "*.png"}}\n',
    )
    (plain,) = rules.decide(MAIL, FILES, at=0.0)
    assert plain.withheld == (Withheld(2, "large", "1000000"), Withheld(3, "blocked", "*.exe"))
    (ruled,) = rules.decide(MAIL, mail(kind="bulk", attachments=FILES.attachments), at=0.0)
    assert ruled.withheld == (Withheld(2, "blocked", "*.png"),)
    (stray,) = rules.decide(Envelope("imap", account="x"), FILES, at=0.0)
    assert stray.withheld == (Withheld(3, "blocked", "*.exe"),)


def test_a_pattern_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    text = (
        "inboxes:\n  s:\n    address: s@corp.example\n    room: {for: desk}\n    attachments: {block: {regex: '('}}\n"
    )
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("a.yaml:8:26: inboxes.s.attachments.block: this regex cannot be read: ")


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20), st.integers(0, 10**7)), max_size=5))
def test_without_a_filter_everything_is_shown(files: list[tuple[str, str, int]]) -> None:
    letter = mail(attachments=tuple(Part(n, name, kind, size, "d") for n, (name, kind, size) in enumerate(files)))
    assert ALL.withheld(letter) == ()
    assert [held.part for held in Files(size=1).withheld(letter)] == [n for n, f in enumerate(files) if f[2] > 1]
