"""Mails are taken out of files as a mail server would have stored them: whole, each one, oldest first."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.app import import_files
from bridge.app.import_files import catalogue
from bridge.core.errors import Permanent

FROM = b"From anna@client.example Fri Mar  1 09:00:00 2024\n"


def mail(day: int = 1, body: bytes = b"hello\n", name: bytes = b"Date") -> bytes:
    return b"Subject: s%d\n%s: Fri, %02d Mar 2024 09:00:00 +0000\n\n%s" % (day, name, day, body)


def box(tmp_path: Path, *mails: bytes, separator: bytes = FROM) -> Path:
    path = tmp_path / "some.mbox"
    path.write_bytes(b"".join(separator + each + b"\n" for each in mails))
    return path


def octets(path: Path) -> list[bytes]:
    return [raw for raw, _ in catalogue(path).mails() if raw is not None]


def crlf(*mails: bytes) -> list[bytes]:
    return [each.replace(b"\n", b"\r\n") for each in mails]


def test_mails_come_oldest_first_with_crlf(tmp_path: Path) -> None:
    late, early = mail(20), mail(3)
    path = box(tmp_path, late, early)
    assert octets(path) == crlf(early, late)
    assert [date for _, date in catalogue(path).mails()] == [
        datetime(2024, 3, day, 9, tzinfo=UTC).timestamp() for day in (3, 20)
    ]


def test_a_file_with_crlf_gives_the_same_octets(tmp_path: Path) -> None:
    path = box(tmp_path, mail(1), mail(2))
    plain = octets(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert octets(path) == plain


def test_quoted_from_lines_are_unquoted_once_and_only_in_bodies(tmp_path: Path) -> None:
    written = mail(body=b">From here\n>>From there\n> From quoted\nx >From y\n")
    meant = mail(body=b"From here\n>From there\n> From quoted\nx >From y\n")
    assert octets(box(tmp_path, written)) == crlf(meant)


@pytest.mark.parametrize(
    "sentence",
    [
        b"From now on at 10:30 in 2024 we meet.\nMore text follows",
        b"From the desk of Anna\nDate: never",
        b"From ",
    ],
)
def test_an_unquoted_sentence_tears_no_mail_apart(tmp_path: Path, sentence: bytes) -> None:
    whole = mail(body=b"hello\n\n" + sentence + b"\n")
    assert octets(box(tmp_path, whole, mail(2))) == crlf(whole, mail(2))


def test_a_from_line_without_an_empty_line_before_it_is_text(tmp_path: Path) -> None:
    whole = mail(body=b"hello\n" + FROM + b"Subject: no\n")
    assert octets(box(tmp_path, whole)) == crlf(whole)


@pytest.mark.parametrize(
    "separator", [b"From - Fri Mar  1 09:00:00 2024\n", b"From \n", b"From x at y.example  1 Mar 2024 09:00\n"]
)
def test_other_programs_separators(tmp_path: Path, separator: bytes) -> None:
    assert len(octets(box(tmp_path, mail(1), mail(2), separator=separator))) == 2


def test_without_a_date_the_separator_counts_and_else_the_neighbour(tmp_path: Path) -> None:
    path = box(tmp_path, mail(5), mail(2, name=b"X-Date"))
    assert [raw[9:11] for raw in octets(path)] == [b"s2", b"s5"]
    path = box(tmp_path, mail(5), mail(2, name=b"X-Date"), mail(1), separator=b"From \n")
    assert [raw[9:11] for raw in octets(path)] == [b"s1", b"s5", b"s2"]
    assert [date is None for _, date in catalogue(path).mails()] == [False, False, True]


def test_a_mail_over_the_limit_is_named_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_files, "LARGEST", 1000)
    path = box(tmp_path, mail(1), mail(2, body=b"x" * 2000 + b"\n"), mail(3))
    assert [raw is None for raw, _ in catalogue(path).mails()] == [False, True, False]


def test_what_is_no_mailbox_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Anna,\n")
    with pytest.raises(Permanent, match="no mbox"):
        catalogue(path)
    with pytest.raises(Permanent, match="no Maildir"):
        catalogue(tmp_path)
    path.write_bytes(b"")
    assert len(catalogue(path)) == 0


def test_a_maildir_gives_new_and_read_mail_but_none_half_written(tmp_path: Path) -> None:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "cur" / "2.host:2,S").write_bytes(mail(2, body=b">From is not quoted here\n"))
    (tmp_path / "new" / "1.host").write_bytes(mail(1))
    (tmp_path / "tmp" / "3.host").write_bytes(mail(3))
    (tmp_path / "cur" / ".hidden").write_bytes(b"x")
    assert octets(tmp_path) == crlf(mail(1), mail(2, body=b">From is not quoted here\n"))


BODY = st.lists(st.sampled_from([b"", b"word", b"From x", b">From y", b">>From z", FROM[:-1]]), max_size=6)


@settings(max_examples=80)
@given(st.lists(BODY, max_size=5))
def test_what_an_mboxrd_writer_wrote_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[list[bytes]]
) -> None:
    mails = [mail(day + 1, body=b"".join(line + b"\n" for line in lines)) for day, lines in enumerate(bodies)]

    def quoted(text: bytes) -> bytes:
        head, blank, body = text.partition(b"\n\n")
        lines = body.split(b"\n")
        return head + blank + b"\n".join(b">" + x if x.lstrip(b">").startswith(b"From ") else x for x in lines)

    path = box(tmp_path_factory.mktemp("box"), *map(quoted, mails))
    assert octets(path) == crlf(*mails)
