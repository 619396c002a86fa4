"""Mail that a colleague forwards is a conversation with its author; nobody else can make us write to anybody."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.addresses import Address
from bridge.core.answering import plan_said
from bridge.core.body import Forwarded, Piece
from bridge.core.effects import OpenRoom, SendMail, Show, Tell
from bridge.core.handed_in import taken
from bridge.core.mail import Mail, Part, Verdict
from bridge.core.placing import query
from bridge.core.plan import EventView, Known, MailView, Plan
from bridge.core.showing import Look, plan_mail
from bridge.mail.parse import read_mail
from bridge.routing import Facts, compile_rules
from tests.unit.worlds import (
    CLIENT,
    COLLEAGUE,
    DESK,
    SETUP,
    STRANGER,
    SUPPORT,
    TALK,
    a_mail,
    bridged,
    pending,
    posted,
    said,
)

ANN = Address("ann", "corp.example", "Ann Berg")
SCOPE = replace(DESK, forwarders=(ANN.key,), sending=replace(DESK.sending, to="all"))
OFFICE = replace(SETUP, authserv=frozenset({"mx.corp.example"}))
PASSED = (Verdict(0, "mx.corp.example", "dmarc", "pass"),)
THEIRS = Forwarded((CLIENT,), "yesterday", "Order 7", "Where is it?")
HEAD = "-- Forwarded --\nFrom: Anna\n\nWhere is it?"
PIECES = (Piece("new", "Please answer her, she is angry."), Piece("forwarded", HEAD))


def forward(**more: object) -> Mail:
    mail = a_mail(
        message_id="<f@corp.example>",
        in_reply_to=("<order7@client.example>",),
        references=("<order6@client.example>", "<order7@client.example>"),
        from_=(ANN,),
        to=(SUPPORT, COLLEAGUE),
        reply_to=(ANN,),
        subject="Fwd: Order 7",
        text=f"Please answer her, she is angry.\n{HEAD}",
        verdicts=PASSED,
        pieces=PIECES,
        forwarded=(THEIRS,),
    )
    return replace(mail, **more)


def plan(mail: Mail, view: MailView | None = None) -> Plan:
    return plan_mail(pending(), mail, (Look(bridged(SCOPE), view or MailView()),), OFFICE)


def the_show(made: Plan) -> Show:
    return next(e for e in made.effects if isinstance(e, Show))


def test_the_original_author_speaks_and_the_room_is_about_their_mail() -> None:
    made = plan(forward())
    show = the_show(made)
    assert show.speaker.address == CLIENT
    assert show.text == "Where is it?"
    assert next(e for e in made.effects if isinstance(e, OpenRoom)).room.name == "Order 7"
    assert show.cut, "the whole mail can be asked for"
    assert show.banner == ""


def test_what_the_colleague_wrote_is_a_note_below_it() -> None:
    made = plan(forward())
    (note,) = [e for e in made.effects if isinstance(e, Tell)]
    assert "Please answer her, she is angry." in note.text
    assert "Ann Berg <ann@corp.example>" in note.text
    assert CLIENT.spec in note.text
    assert note.meaning == "notice"
    assert made.effects.index(note) > made.effects.index(the_show(made))
    assert "angry" not in made.letters[0].letter.text, "nor is it quoted in an answer"


def test_the_answer_goes_to_the_original_author_alone_with_their_message_id() -> None:
    made = plan(forward())
    letter = made.letters[0].letter
    view = EventView(
        room=made.conversations[0].room,
        scope=SCOPE.name,
        conversation=made.conversations[0],
        last=letter,
        replied=Known("letter", letter),
        participants=frozenset(key for _, key in made.participants),
    )
    answered = plan_said(posted(), said(), view, SCOPE, OFFICE)
    (send,) = [e for e in answered.effects if isinstance(e, SendMail)]
    assert [a.spec for a in send.draft.recipients] == [CLIENT.spec]
    assert not send.held
    assert send.draft.in_reply_to == "<order7@client.example>"
    assert send.draft.references == ("<order6@client.example>", "<order7@client.example>")
    assert "<f@corp.example>" not in repr(send.draft)


def test_the_forward_itself_is_known_by_its_own_id_and_their_mail_by_theirs() -> None:
    made = plan(forward())
    assert made.letters[0].letter.message_id == "<f@corp.example>"
    assert {a.message_id for a in made.anchors} >= {"<f@corp.example>", "<order7@client.example>"}
    assert {key for _, key in made.participants} == {CLIENT.key, ANN.key}
    assert {key for _, key in made.correspondents} == {CLIENT.key}


def test_an_enclosed_mail_tells_its_own_message_id() -> None:
    enclosed = replace(THEIRS, part=2, message_id="<real@client.example>", date="Fri, 20 Nov 2026 10:00:00 +0100")
    made = plan(forward(forwarded=(enclosed,), pieces=(Piece("new", "Yours."),), in_reply_to=(), references=()))
    letter = made.letters[0].letter
    assert letter.parent == "<real@client.example>"
    assert letter.date == 1795165200.0
    assert "<real@client.example>" in {a.message_id for a in made.anchors}


def test_a_mail_within_the_enclosed_one_is_part_of_it() -> None:
    within = (replace(THEIRS, part=2), Forwarded((STRANGER,), "", "", "older", part=2))
    assert the_show(plan(forward(forwarded=within, pieces=()))).speaker.address == CLIENT


def test_rooms_and_known_conversations_follow_the_original_author() -> None:
    handed = taken(forward(), replace(SCOPE, room=replace(SCOPE.room, per="correspondent")), OFFICE).mail
    assert query(replace(SCOPE, room=replace(SCOPE.room, per="correspondent")), handed).rooms == (
        f"corr:inbox:support:{CLIENT.key}",
    )


KNOWN = MailView(conversation=TALK, joined=True, participants=frozenset({COLLEAGUE.key}))


@pytest.mark.parametrize("original", ["<known@corp.example>", ""])
def test_somebody_new_whose_mail_is_forwarded_into_a_conversation_is_a_stranger_there(original: str) -> None:
    """Else whoever makes staff forward his mail could have himself put among those who get replies to all (I6)."""
    written = replace(THEIRS, message_id=original)
    made = plan(forward(forwarded=(written,), references=("<known@corp.example>",)), KNOWN)
    assert made.letters[0].letter.stranger
    assert the_show(made).banner.startswith("New here: anna@client.example joined by quoting this conversation.")
    assert {key for _, key in made.participants} == {ANN.key}
    assert [anchor.message_id for anchor in made.anchors] == [forward().message_id]


def test_who_took_part_before_and_is_forwarded_into_the_conversation_is_no_stranger() -> None:
    made = plan(forward(), replace(KNOWN, participants=frozenset({CLIENT.key})))
    assert not made.letters[0].letter.stranger
    assert the_show(made).banner == ""


@pytest.mark.parametrize(
    "verdicts",
    [
        (),
        (Verdict(0, "mx.corp.example", "dmarc", "fail"),),
        (Verdict(0, "mx.corp.example", "spf", "pass"),),
        (Verdict(0, "mx.evil.example", "dmarc", "pass"),),
        (Verdict(0, "", "dmarc", "pass"),),
    ],
)
def test_without_our_servers_word_it_is_the_colleagues_own_mail_and_a_line_says_so(
    verdicts: tuple[Verdict, ...],
) -> None:
    made = plan(forward(verdicts=verdicts))
    show = the_show(made)
    assert show.speaker.address == ANN
    assert "does not vouch" in show.banner
    assert made.letters[0].letter.from_ == (ANN,)
    assert CLIENT.key not in {key for _, key in made.participants}


@pytest.mark.parametrize(
    ("forwarded", "pieces"),
    [
        ((replace(THEIRS, from_=()),), PIECES),
        ((replace(THEIRS, from_=(CLIENT, COLLEAGUE)),), PIECES),
        ((replace(THEIRS, from_=(SUPPORT,)),), PIECES),
        ((replace(THEIRS, from_=(ANN,)),), PIECES),
        ((replace(THEIRS, part=1), replace(THEIRS, part=3)), ()),
        ((THEIRS, replace(THEIRS, part=3)), PIECES),
        ((THEIRS, THEIRS), (*PIECES, Piece("new", "and"), Piece("forwarded", HEAD))),
        ((THEIRS,), ()),
    ],
)
def test_where_the_original_author_is_not_certain_nothing_changes_and_a_line_says_so(
    forwarded: tuple[Forwarded, ...], pieces: tuple[Piece, ...]
) -> None:
    made = plan(forward(forwarded=forwarded, pieces=pieces))
    assert the_show(made).speaker.address == ANN
    assert "cannot be read with certainty" in the_show(made).banner
    assert made.letters[0].letter.from_ == (ANN,)


@pytest.mark.parametrize("author", [STRANGER, Address("ann", "evil.example", "Ann Berg"), COLLEAGUE])
def test_a_stranger_makes_nobody_a_correspondent_whatever_passes(author: Address) -> None:
    made = plan(forward(from_=(author,)))
    assert the_show(made).speaker.address == author
    assert made.letters[0].letter.reply_to == (ANN,), "as it came"
    assert CLIENT.key not in {key for _, key in made.participants}


def test_where_no_rule_says_so_a_forward_is_a_mail_like_any_other() -> None:
    assert taken(forward(), DESK, OFFICE).by is None
    assert taken(forward(), DESK, OFFICE).doubt == ""


def test_a_colleagues_own_mail_is_their_own() -> None:
    assert taken(forward(forwarded=()), SCOPE, OFFICE).mail.author == ANN


def test_pictures_and_files_stay() -> None:
    files = (Part(1, "a.pdf", "application/pdf", 3, "x"), Part(2, "logo.png", "image/png", 3, "y", True, "logo"))
    made = taken(forward(attachments=files, html="<img src='cid:logo'>"), SCOPE, OFFICE).mail
    assert [part.name for part in made.attachments] == ["a.pdf", "logo.png"]
    assert not any(part.inline for part in made.attachments), "what the text no longer holds is shown as a file"


RAW = """\
Authentication-Results: mx.corp.example; dmarc=pass header.from=corp.example
From: Ann Berg <ann@corp.example>
To: support@corp.example
Subject: Fwd: Order 7
Message-ID: <f@corp.example>
References: <order7@client.example>
Content-Type: text/plain; charset=utf-8

Please answer.

"""

GMAIL = """\
---------- Forwarded message ---------
From: Anna Berg <anna@client.example>
Date: Fri, Nov 20, 2026 at 10:00 AM
Subject: Order 7
To: Ann Berg <ann@corp.example>


Where is it?
"""
THUNDERBIRD = """\
-------- Weitergeleitete Nachricht --------
Betreff: 	Order 7
Datum: 	Fri, 20 Nov 2026 10:00:00 +0100
Von: 	Anna Berg <anna@client.example>
An: 	ann@corp.example



Where is it?
"""
APPLE = """\
Begin forwarded message:

From: Anna Berg <anna@client.example>
Subject: Order 7
Date: 20 November 2026 at 10:00:00 CET
To: ann@corp.example

Where is it?
"""
OUTLOOK = """\
-----Original Message-----
From: Anna Berg <anna@client.example>
Sent: Friday, November 20, 2026 10:00 AM
To: Ann Berg <ann@corp.example>
Subject: Order 7

Where is it?
"""


@pytest.mark.parametrize("text", [GMAIL, THUNDERBIRD, APPLE, OUTLOOK], ids=["gmail", "thunderbird", "apple", "outlook"])
def test_the_forwards_of_mail_programs_are_understood(text: str) -> None:
    found = taken(read_mail((RAW + text).replace("\n", "\r\n").encode()), SCOPE, OFFICE)
    assert found.by is not None, found.doubt
    assert found.mail.author is not None
    assert found.mail.author.key == CLIENT.key
    assert found.mail.text == "Where is it?"
    assert found.mail.subject == "Order 7"
    assert found.note.strip() == "Please answer."
    assert found.original == "<order7@client.example>"


def test_a_forward_as_an_attachment_is_understood() -> None:
    enclosed = (
        "From: Anna Berg <anna@client.example>\nMessage-ID: <real@client.example>\nSubject: Order 7\n\nWhere is it?\n"
    )
    head = RAW.replace("Content-Type: text/plain; charset=utf-8", 'Content-Type: multipart/mixed; boundary="b"')
    body = head.replace("Please answer.\n\n", "")
    whole = f"{body}--b\n\nPlease answer.\n--b\nContent-Type: message/rfc822\n\n{enclosed}\n--b--\n"
    found = taken(read_mail(whole.replace("\n", "\r\n").encode()), SCOPE, OFFICE)
    assert found.by is not None, found.doubt
    assert (found.mail.text.strip(), found.note.strip()) == ("Where is it?", "Please answer.")
    assert found.original == "<real@client.example>"


RULES = """\
domain: corp.example
people: {{ann: Ann Berg, bob: {{name: Bob, mail: b@partner.example}}}}
groups: {{desk: [ann, bob]}}
inboxes:
  s:
    address: s@corp.example
    room: {{for: ann}}
    forwarded-by: {who}
    rules: [{{name: r, when: {{subject: x}}, forwarded-by: []}}]
"""


def compiled(folder: Path, who: str, authserv: frozenset[str] | None = frozenset({"mx"})) -> object:
    (folder / "a.yaml").write_text(RULES.format(who=who))
    return compile_rules(folder, facts=Facts(authserv=authserv))


def test_rules_name_people_and_groups_and_a_rule_may_name_nobody(tmp_path: Path) -> None:
    book = compiled(tmp_path, "desk").rulebook
    assert book.scope("inbox:s").forwarders == ("ann@corp.example", "b@partner.example")
    assert book.scope("inbox:s", "r").forwarders == ()


def test_without_a_trusted_server_nobody_could_prove_a_forward_and_that_is_a_problem(tmp_path: Path) -> None:
    (problem,) = compiled(tmp_path, "ann", frozenset()).problems
    assert "trust no server" in str(problem)
    assert compiled(tmp_path, "ann", None).problems == ()


def test_an_unknown_name_is_a_problem(tmp_path: Path) -> None:
    (problem,) = compiled(tmp_path, "anne").problems
    assert "did you mean 'ann'" in str(problem)
