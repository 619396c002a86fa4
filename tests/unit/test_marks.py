"""Our mail carries a mark that comes back in its quotation: an answer finds its way though its header names nothing."""

import re
from base64 import b64encode
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.answering import plan_said
from bridge.core.effects import SendMail
from bridge.core.errors import Permanent
from bridge.core.ids import Seed, mark
from bridge.core.mail import Draft, Envelope, Mail, Verdict
from bridge.core.placing import query
from bridge.core.plan import MailView
from bridge.core.sender import forged
from bridge.core.showing import Look, plan_mail
from bridge.mail import hints
from bridge.mail.compose import compose
from bridge.mail.parse import read_mail
from tests.unit.worlds import CLIENT, DESK, SETUP, STRANGER, TALK, a_mail, a_view, bridged, pending, posted, said

MARK = mark(Seed(b"k" * 32), "<m@corp.example>")


def answer() -> tuple[SendMail, set[str]]:
    made = plan_said(posted(), said(), a_view(), DESK, SETUP)
    (send,) = [e for e in made.effects if isinstance(e, SendMail)]
    return send, {anchor.message_id for anchor in made.anchors}


def html_of(draft: Draft) -> str:
    part = message_from_bytes(compose(draft), policy=policy.default).get_body(("html",))
    assert part is not None
    return str(part.get_content())


def quoting(html: str, **fields: str) -> Mail:
    head = {"From": "anna@client.example", "Content-Type": "text/html; charset=utf-8", **fields}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in head.items())
    return read_mail(f"{lines}\r\n{html}".encode())


def test_an_answer_carries_a_mark_that_its_conversation_is_bound_to() -> None:
    send, anchors = answer()
    assert f"mark:{send.draft.mark}" in anchors
    assert send.draft.mark in html_of(send.draft)
    assert read_mail(compose(send.draft)).marks == (send.draft.mark,)


def test_nobody_sees_the_mark() -> None:
    send, _ = answer()
    read = read_mail(compose(send.draft))
    assert send.draft.mark not in read.text + read.html


def test_composing_twice_gives_the_same_octets() -> None:
    send, _ = answer()
    assert compose(send.draft) == compose(send.draft)


def test_a_draft_of_before_there_were_marks_is_composed_as_it_was() -> None:
    send, _ = answer()
    bare = replace(send.draft, mark="")
    assert not re.search("mr[0-9a-f]{32}", html_of(bare))


@pytest.mark.parametrize("bad", ['mr"><script>', "mr12", "x" * 34, "mr" + "g" * 32])
def test_what_is_no_mark_is_not_written(bad: str) -> None:
    send, _ = answer()
    with pytest.raises(Permanent):
        compose(replace(send.draft, mark=bad))


def test_a_mark_tells_neither_its_mail_nor_another_mark() -> None:
    one, other = mark(Seed(b"k" * 32), "<a@x>"), mark(Seed(b"q" * 32), "<a@x>")
    assert one != other
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", one), "a bookmark of Word"


@pytest.mark.parametrize(
    "html",
    [
        f'<p>yes</p><blockquote type="cite"><div id="{MARK}">hello</div></blockquote>',
        f'<p>yes</p><div class="gmail_quote"><div id="m_-7318276{MARK}">hello</div></div>',
        f'<p>yes</p><div id="x_{MARK}"><a name="x_{MARK}"></a>hello</div>',
        f"<p>yes</p><p class=MsoNormal><a name={MARK}></a>hello</p>",
        f'<p>yes</p><div id="yiv0815{MARK}">hello</div>',
    ],
)
def test_the_mark_is_found_in_whatever_a_mail_program_makes_of_it(html: str) -> None:
    assert quoting(html).marks == (MARK,)


def test_the_newest_quotation_comes_first_and_all_are_bounded() -> None:
    many = [mark(Seed(b"k" * 32), f"<{number}@x>") for number in range(40)]
    found = quoting("".join(f'<div id="{one}">' for one in many)).marks
    assert found == tuple(many[: hints.MOST])


def test_what_only_looks_like_a_mark_is_none() -> None:
    assert quoting(f'<div id="{MARK}0"><p>mr{"0" * 31}g').marks == ()
    assert read_mail(f"From: a@b.example\r\n\r\n{MARK}".encode()).marks == (), "text is no place for it"


def test_an_answer_whose_header_a_provider_rewrote_joins_by_its_mark() -> None:
    mail = a_mail(in_reply_to=("<0102-rewritten@mail.provider.example>",), marks=(MARK,))
    assert query(DESK, mail).marks == (f"mark:{MARK}",)
    known = MailView(conversation=TALK, joined=True, participants=frozenset({CLIENT.key}))
    made = plan_mail(pending(), mail, (Look(bridged(), known),), SETUP)
    assert made.letters[0].letter.conversation == "talk"
    assert "<0102-rewritten@mail.provider.example>" in {anchor.message_id for anchor in made.anchors}, (
        "known from now on"
    )
    assert not any(anchor.message_id.startswith("mark:") for anchor in made.anchors), "a mail binds no mark"


def test_a_stranger_who_was_passed_the_mark_is_a_quoting_stranger() -> None:
    mail = a_mail(from_=(STRANGER,), marks=(MARK,))
    known = MailView(conversation=TALK, joined=True, participants=frozenset({CLIENT.key}))
    made = plan_mail(pending(), mail, (Look(bridged(), known),), SETUP)
    assert made.letters[0].letter.stranger


BLOCK = b"\x01" + b"\xd9\x12\x34\x56\x78" + bytes(range(16))


@pytest.mark.parametrize("later", [b"", b"\x00" * 5, b"\x01\x02\x03\x04\x05" * 3])
def test_all_mails_of_an_exchange_conversation_share_an_index(later: bytes) -> None:
    mail = quoting("x", Thread_Index=b64encode(BLOCK + later).decode())
    assert mail.thread_index == BLOCK.hex()
    assert query(DESK, mail).hints == (f"thread-index:{BLOCK.hex()}",)


@pytest.mark.parametrize("value", ["", "x", "AdkSNFZ4", "====", b64encode(bytes(30)).decode(), "\u00e9" * 40])
def test_what_is_no_thread_index_is_none(value: str) -> None:
    assert quoting("x", Thread_Index=value).thread_index == ""


def hinted(mail: Mail, **more: object) -> str:
    known = MailView(conversation=TALK, participants=frozenset({CLIENT.key}), hinted=True)
    made = plan_mail(pending(), mail, (Look(bridged(), replace(known, **more)),), SETUP)
    return made.letters[0].letter.conversation


def test_a_hint_counts_for_participants_under_the_same_subject_alone() -> None:
    assert hinted(a_mail(subject="AW: Order 7")) == "talk"
    assert hinted(a_mail(subject="Another matter")) != "talk"
    assert hinted(a_mail(from_=(STRANGER,))) != "talk"


def test_a_mail_without_a_place_by_its_hint_begins_a_conversation_without_any_flag() -> None:
    known = MailView(conversation=TALK, participants=frozenset({CLIENT.key}), hinted=True)
    made = plan_mail(pending(), a_mail(from_=(STRANGER,)), (Look(bridged(), known),), SETUP)
    assert len(made.conversations) == 1
    assert not made.letters[0].letter.stranger


def test_a_participants_mail_binds_its_thread_index_and_a_strangers_does_not() -> None:
    def bound(mail: Mail, view: MailView) -> set[str]:
        made = plan_mail(pending(), mail, (Look(bridged(), view),), SETUP)
        return {anchor.message_id for anchor in made.anchors if anchor.message_id.startswith("thread-index:")}

    known = MailView(conversation=TALK, joined=True, participants=frozenset({CLIENT.key}))
    mail = a_mail(thread_index=BLOCK.hex())
    assert bound(mail, MailView()) == bound(mail, known) == {f"thread-index:{BLOCK.hex()}"}
    assert bound(replace(mail, from_=(STRANGER,)), known) == set()
    assert bound(mail, replace(known, bound=frozenset({f"thread-index:{BLOCK.hex()}"}))) == set()


def test_a_mailbox_servers_thread_is_a_hint_in_its_own_account_alone() -> None:
    def asked(account: str) -> tuple[str, ...]:
        return query(DESK, a_mail(), Envelope("imap", account=account, folder="INBOX", thread="1278")).hints

    assert asked("eva") != asked("desk")
    lying = replace(pending(), envelope=Envelope("imap", account="eva", folder="INBOX", thread="1278"))
    made = plan_mail(lying, a_mail(), (Look(bridged(), MailView()),), SETUP)
    assert set(asked("eva")) < {anchor.message_id for anchor in made.anchors}


def test_a_forged_mail_neither_follows_a_hint_nor_binds_one() -> None:
    trusting = replace(SETUP, authserv=frozenset({"mx.corp.example"}))
    mail = a_mail(thread_index=BLOCK.hex(), verdicts=(Verdict(0, "mx.corp.example", "dmarc", "fail"),))
    assert query(DESK, mail, forged=forged(mail, trusting)).hints == ()
    made = plan_mail(pending(), mail, (Look(bridged(), MailView()),), trusting)
    assert not any(anchor.message_id.startswith("thread-index:") for anchor in made.anchors)


@given(st.binary(max_size=200))
def test_no_thread_index_raises(value: bytes) -> None:
    assert len(hints.thread_index(value)) in (0, 44)


@given(st.lists(st.text(max_size=200), max_size=5))
def test_no_html_raises(sources: list[str]) -> None:
    assert len(hints.marks(sources)) <= hints.MOST
