"""HTML mail as a sample with its truth, and what must hold of each."""

from typing import NamedTuple

import pytest

from bridge.core.body import of_kind
from bridge.core.mail import Mail
from bridge.mail.html import settled
from bridge.mail.parse import read_mail
from bridge.mail.plain import from_html


class Sample(NamedTuple):
    """The new text, and the kinds of the pieces in order, as a person would tell them."""

    client: str
    html: str
    new: str
    kinds: str
    subject: str = "Re: Orchard"


def mail_of(sample: Sample) -> Mail:
    head = f"From: mara@orchard.example\r\nSubject: {sample.subject}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    return read_mail((head + sample.html).encode())


def named(samples: list[Sample]) -> list[object]:
    return [pytest.param(sample, id=sample.client) for sample in samples]


def is_told_apart(sample: Sample) -> None:
    mail = mail_of(sample)
    assert of_kind(mail.pieces, "new") == sample.new
    assert [piece.kind for piece in mail.pieces] == sample.kinds.split()
    assert "\n".join(piece.text for piece in mail.pieces) == mail.text


def is_cut_where_its_text_is(sample: Sample) -> None:
    mail = mail_of(sample)
    assert "".join(piece.text for piece in mail.html_pieces) == mail.html
    assert [piece.kind for piece in mail.html_pieces] == [piece.kind for piece in mail.pieces]
    for rich, plain in zip(mail.html_pieces, mail.pieces, strict=True):
        assert settled(rich.text)
        assert from_html(rich.text).split() == plain.text.split()
    assert settled(mail.html)
