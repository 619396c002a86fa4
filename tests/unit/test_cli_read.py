"""`mailroom read`: what a mail is understood to be, for people and for programs, whatever the files are."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridge.app.mailfiles import MailFile
from bridge.cli.main import main
from bridge.cli.read_json import iso, read_json
from bridge.cli.read_shown import shown
from bridge.core.addresses import Address
from bridge.core.body import Forwarded, Piece
from bridge.core.bounces import Bounce, Failure
from bridge.core.calendars import Calendar, Event
from bridge.core.mail import ListInfo, Mail, Part, Verdict
from bridge.core.reports import Disposition, Feedback

ANN = Address("ann", "corp.example", "Ann Berg")
MAIL = b"""\
From: Ann Berg <ann@corp.example>
To: bob@corp.example
Subject: Re: The new lamp
Date: Sun, 22 Nov 2026 10:00:00 +0100
Message-ID: <two@corp.example>
In-Reply-To: <one@corp.example>
Content-Type: text/plain; charset=utf-8

It glows \xe2\x80\x93 thank you.
"""


def run(*args: str | Path, stdin: bytes = b"", status: int = 0) -> Result:
    done = CliRunner().invoke(main, ["read", *map(str, args)], input=stdin)
    assert done.exit_code == status, done.output + repr(done.exception)
    return done


def objects(*args: str | Path, stdin: bytes = b"") -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("--json", *args, stdin=stdin).output.splitlines()]


def test_a_mail_is_one_line_of_json_with_everything_understood(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    (one,) = objects(tmp_path / "a.eml")
    assert one["file"] == str(tmp_path / "a.eml")
    assert one["message_id"] == "<two@corp.example>"
    assert one["in_reply_to"] == ["<one@corp.example>"]
    assert one["from"] == [{"name": "Ann Berg", "address": "ann@corp.example"}]
    assert one["date"] == "2026-11-22T09:00:00+00:00"
    assert one["subject"] == "Re: The new lamp"
    assert one["base_subject"] == "The new lamp"
    assert one["kind"] == "personal"
    assert one["why"]
    assert one["body"]["new"] == "It glows – thank you."
    assert one["problems"] == []
    assert one["unreadable"] is False


def test_every_file_has_its_line_in_the_order_named_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.eml").touch()
    names = [tmp_path / name for name in ("missing.eml", "a.eml", "folder", "empty.eml", "a.eml")]
    found = objects(*names)
    assert [one["file"] for one in found] == [str(name) for name in names]
    assert [one["unreadable"] for one in found] == [True, False, True, False, False]
    assert found[0]["problems"] == ["it cannot be opened: No such file or directory"]
    assert found[2]["problems"] == ["it is a directory"]
    assert {frozenset(one) for one in found} == {frozenset(found[0])}, "all have the same keys"


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Path.open

    def forbidden(self: Path, *args: Any, **more: Any) -> Any:
        if self == tmp_path / "a.eml":  # root may read everything; packages read files of their own when first imported
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return whole(self, *args, **more)

    (tmp_path / "a.eml").write_bytes(MAIL)
    monkeypatch.setattr(Path, "open", forbidden)
    assert objects(tmp_path / "a.eml")[0]["problems"] == ["it cannot be opened: Permission denied"]


def test_a_name_that_is_no_text_is_printed_nevertheless(tmp_path: Path) -> None:
    assert objects(os.fsdecode(b"no\xff.eml"))[0]["file"] == "no\ufffd.eml"


def test_standard_input_is_a_file_too() -> None:
    (one,) = objects("-", stdin=MAIL)
    assert one["file"] == "-"
    assert one["message_id"] == "<two@corp.example>"


def test_a_large_mail_and_a_bomb_are_read_among_the_others(tmp_path: Path) -> None:
    (tmp_path / "large.eml").write_bytes(MAIL + b"x" * 70 + b"\n" + b"y\n" * (600 << 10))
    (tmp_path / "bomb.eml").write_bytes(b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\n\n" * 300_000)
    found = objects(tmp_path / "large.eml", tmp_path / "bomb.eml", "-", stdin=MAIL)
    assert found[0]["message_id"] == found[2]["message_id"] == "<two@corp.example>"
    assert found[1]["unreadable"]


def test_hundreds_of_files_come_back_each_as_its_own(tmp_path: Path) -> None:
    names = []
    for number in range(300):
        names.append(tmp_path / f"{number}.eml")
        names[-1].write_bytes(MAIL.replace(b"<two@", b"<%d@" % number))
    assert [one["message_id"] for one in objects(*names)] == [f"<{n}@corp.example>" for n in range(300)]


def test_the_earlier_mail_tells_unmarked_history_from_what_is_new(tmp_path: Path) -> None:
    old = b"Hello Ann,\nthe lamp in the hall flickers since Monday.\nCould somebody look at it before the fair?\n"
    (tmp_path / "old.eml").write_bytes(b"From: bob@corp.example\n\n" + old)
    (tmp_path / "new.eml").write_bytes(MAIL.replace(b"\xe2\x80\x93 thank you.\n", b"again.\n\n") + old)
    (one,) = objects(tmp_path / "new.eml", "--parent", tmp_path / "old.eml")
    assert one["body"]["new"] == "It glows again."
    assert one["body"]["quoted"].startswith("Hello Ann,")
    (alone,) = objects(tmp_path / "new.eml", "--parent", tmp_path / "none.eml")
    assert "flickers" in alone["body"]["new"]
    assert alone["problems"] == [f"{tmp_path / 'none.eml'}: it cannot be opened: No such file or directory"]


def test_without_a_file_it_is_wrong_usage() -> None:
    run(status=2)
    run("--json", status=2)


def everything() -> Mail:
    """A mail in which every field says something."""
    return Mail(
        content="00",
        size=5,
        from_=(ANN,),
        date=1_795_338_000.0,
        subject="Re: Fair",
        kind="list",
        kind_why="List-ID is set",
        list=ListInfo("fair.corp.example", ANN, "The fair", ("<mailto:off@corp.example>",), "https://l.example/1"),
        text="Yes.\n> Come?\n-- \nAnn\nFor your eyes only.",
        pieces=(
            Piece("new", "Yes."),
            Piece("quoted", "> Come?"),
            Piece("signature", "-- \nAnn"),
            Piece("disclaimer", "For your eyes only."),
            Piece("forwarded", "From: Bob\n\nLook"),
        ),
        html="<p>Yes.</p><blockquote>Come?</blockquote>",
        html_pieces=(Piece("new", "<p>Yes.</p>"), Piece("quoted", "<blockquote>Come?</blockquote>")),
        forwarded=(Forwarded((ANN,), "Monday", "Old", "Look"),),
        attachments=(Part(2, "plan.pdf", "application/pdf", 12_345, "ab"),),
        verdicts=(Verdict(0, "mx.corp.example", "dmarc", "pass"),),
        bounce=Bounce(
            (Failure("eva@corp.example", "failed", "5.1.1", "550", True, "userunknown", "No such"),), "<o@c>"
        ),
        calendar=Calendar("invite", (Event("Fair", "2026-12-01T10:00:00+01:00", place="Hall 3"),), 1),
        disposition=Disposition("displayed", "eva@corp.example", "<o@c>", automatic=True),
        feedback=Feedback("abuse", original_id="<o@c>"),
        reaction="👍",
        language="en",
        remote_images=3,
    )


def test_everything_that_was_understood_is_printed() -> None:
    found = json.loads(read_json("f", everything()).model_dump_json())
    assert found["body"] == {
        "new": "Yes.",
        "new_html": "<p>Yes.</p>",
        "quoted": "> Come?",
        "signature": "-- \nAnn",
        "disclaimer": "For your eyes only.",
        "forwarded": [
            {
                "from": [{"name": "Ann Berg", "address": "ann@corp.example"}],
                "date": "Monday",
                "subject": "Old",
                "text": "Look",
                "part": -1,
            }
        ],
    }
    assert found["list"]["unsubscribe"] == ["<mailto:off@corp.example>"]
    assert found["authentication"] == [{"field": 0, "server": "mx.corp.example", "method": "dmarc", "result": "pass"}]
    assert found["bounce"]["original_message_id"] == "<o@c>"
    assert found["bounce"]["recipients"][0]["class"] == "permanent"
    assert found["receipt"]["automatic"]
    assert found["feedback"]["original_message_id"] == "<o@c>"
    assert found["calendar"]["events"][0]["place"] == "Hall 3"
    assert (found["reaction"], found["language"], found["remote_images"]) == ("👍", "en", 3)


def test_people_see_each_piece_with_its_mark() -> None:
    said = list(shown(MailFile("a.eml", everything())))
    assert "┃ Yes." in said
    text = "\n".join(said)
    for part in ("> > Come?", "~ --", "§ For your eyes only.", "» From: Bob", "plan.pdf", "List-ID is set", "Hall 3"):
        assert part in text
    failed = "eva@corp.example, failed, for good, 5.1.1, there is no such mailbox, No such"
    for part in (failed, "3 remote images", "The fair"):
        assert part in text


def test_no_mail_drives_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\r\x08\x9b31m\u202egone"
    mail = Mail(
        content="",
        size=1,
        subject=evil,
        from_=(ANN.named(evil),),
        text=evil,
        pieces=(Piece("new", evil), Piece("quoted", evil)),
        attachments=(Part(1, evil, evil, 1, ""),),
        problems=(evil,),
        kind_why=evil,
        reaction=evil,
    )
    (tmp_path / "evil.eml").write_bytes(b"Subject: \x1b[31mx\n\n\x1b]0;owned\x07 \x9b2J\n")
    for text in ["\n".join(shown(MailFile(evil, mail))), run(tmp_path / "evil.eml").output]:
        plain = text
        for style in ("\x1b[1m", "\x1b[0m", "\x1b[31m", "\x1b[90m", "\x1b[34m"):  # our own
            plain = plain.replace(style, "")
        assert not [c for c in plain if not c.isprintable() and c != "\n"]
    assert "\x1b" not in run(tmp_path / "evil.eml").output, "colours are for terminals"


def test_a_moment_that_no_calendar_has_is_none() -> None:
    assert iso(None) == iso(1e18) == iso(-1e18) == ""
    assert iso(0.0) == "1970-01-01T00:00:00+00:00"
