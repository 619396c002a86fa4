"""What a mail becomes: one conversation, one show, and flags for what must not be trusted."""

from dataclasses import replace

import pytest

from bridge.core import placing
from bridge.core.addresses import Address
from bridge.core.body import Piece
from bridge.core.decision import Decision, Scope, Withheld
from bridge.core.effects import ADMIN_ROOM, Attach, OpenRoom, Show, Tell
from bridge.core.mail import QUOTED, Envelope, ListInfo, Mail, Part
from bridge.core.plan import Conversation, MailView, Pending, Plan
from bridge.core.showing import Look, plan_mail
from tests.unit.worlds import (
    ALERTS,
    ANN,
    BOB,
    CLIENT,
    COLLEAGUE,
    DESK,
    LIST,
    NOW,
    SETUP,
    STRANGER,
    SUPPORT,
    TALK,
    TRACE,
    a_mail,
    bridged,
    pending,
)


def plan(
    mail: Mail | None = None, view: MailView | None = None, decision: Decision | None = None, at: Pending | None = None
) -> Plan:
    look = Look(decision or bridged(), view or MailView())
    return plan_mail(at or pending(), mail or a_mail(), (look,), SETUP)


def the_show(made: Plan) -> Show:
    (show,) = [e for e in made.effects if isinstance(e, Show)]
    return show


JOINED = MailView(conversation=TALK, joined=True, participants=frozenset({CLIENT.key}), bound=frozenset({"<a@x>"}))


def test_a_first_mail_opens_its_own_room_and_shows_there() -> None:
    made = plan()
    opening, show = made.effects
    assert isinstance(opening, OpenRoom)
    assert opening.room.members == (ANN, BOB)
    assert opening.room.name == "Order 7"
    assert isinstance(show, Show)
    assert show.room == opening.room.key
    assert show.lane == opening.lane
    assert show.text == "Where is it?"
    assert show.subject == "Order 7"
    assert show.banner == ""
    assert made.outcome == "bridged"


def test_the_same_arrival_gives_the_same_plan() -> None:
    assert plan() == plan()


def test_a_person_speaks_as_a_ghost_and_a_robot_does_not() -> None:
    assert the_show(plan()).speaker.ghost
    for kind in ("calendar", "reaction"):
        assert the_show(plan(a_mail(kind=kind))).speaker.ghost
    for kind in ("bulk", "auto-reply", "bounce", "receipt"):
        assert not the_show(plan(a_mail(kind=kind))).speaker.ghost
    assert not the_show(plan(decision=bridged(ALERTS))).speaker.ghost
    assert the_show(plan(a_mail(kind="list"), decision=bridged(LIST))).speaker.ghost


def test_a_reply_joins_its_conversation_without_opening_anything() -> None:
    made = plan(a_mail(references=("<a@x>",)), JOINED)
    assert [type(e) for e in made.effects] == [Show]
    assert made.conversations == ()
    assert the_show(made).conversation == "talk"


EARLIER = "The parcel left our house on Friday evening.\nIt goes by train to Hamburg and by ship from there."


def test_history_without_marks_is_folded_where_the_earlier_mail_is_known() -> None:
    text = f"Thank you!\n\n{EARLIER}"
    view = replace(JOINED, earlier=(EARLIER,))
    show = the_show(plan(a_mail(text=text), view))
    assert show.text.startswith("Thank you!\n\n[2 quoted lines: folded.")
    assert show.cut
    assert the_show(plan(a_mail(text=text), JOINED)).text == text


def test_earlier_mails_are_asked_for_only_where_people_write() -> None:
    assert placing.query(DESK, a_mail()).earlier
    assert placing.query(LIST, a_mail(kind="list")).earlier
    assert not placing.query(DESK, a_mail(kind="bulk")).earlier
    assert not placing.query(DESK, a_mail(text=" \n")).earlier


def test_of_a_long_mail_what_is_new_is_kept_first_for_quoting() -> None:
    pieces = (Piece("quoted", "> old\n" * 4000), Piece("new", "The new words."), Piece("signature", "-- \nAnna"))
    text = "\n".join(piece.text for piece in pieces)
    (filed,) = plan(a_mail(text=text, pieces=pieces)).letters
    assert filed.letter.text.startswith("The new words.\n> old\n")
    assert len(filed.letter.text) == QUOTED
    (short,) = plan(a_mail(text="> old\nNew.", pieces=(Piece("quoted", "> old"), Piece("new", "New.")))).letters
    assert short.letter.text == "> old\nNew."


def test_the_subject_is_shown_again_only_when_it_changed() -> None:
    assert the_show(plan(a_mail(subject="RE: Order 7"), JOINED)).subject == ""
    assert the_show(plan(a_mail(subject="Other"), JOINED)).subject == "Other"


def test_ids_that_may_still_arrive_are_anchored_and_known_ones_are_not() -> None:
    made = plan(a_mail(references=("<a@x>", "<b@x>")), JOINED)
    assert {a.message_id for a in made.anchors} == {"<m1@client.example>", "<b@x>"}


def test_a_stranger_is_shown_flagged_and_becomes_no_participant() -> None:
    made = plan(a_mail(from_=(STRANGER,), references=("<a@x>", "<b@x>")), JOINED)
    assert "eve@evil.example" in the_show(made).banner
    assert made.letters[0].letter.stranger
    assert made.participants == ()
    assert {a.message_id for a in made.anchors} == {"<m1@client.example>"}


def test_our_own_old_answers_in_history_earn_no_warning_and_no_trust() -> None:
    mail = a_mail(from_=(SUPPORT,), to=(STRANGER,), references=("<a@x>",))
    made = plan(mail, JOINED, at=pending(quiet=True))
    assert the_show(made).banner == ""
    assert made.letters[0].letter.stranger
    assert made.participants == ()
    assert "New here" in the_show(plan(mail, JOINED)).banner, "in fresh mail our name may be forged"


def test_a_reply_to_beside_the_conversation_is_flagged_for_a_participants_name_proves_nothing() -> None:
    known = replace(JOINED, participants=frozenset({CLIENT.key}))
    made = plan(a_mail(reply_to=(STRANGER,), references=("<a@x>",)), known)
    assert made.letters[0].letter.stranger
    assert "eve@evil.example" in the_show(made).banner
    assert STRANGER.key not in {key for _, key in made.participants}
    for harmless in ((CLIENT,), (SUPPORT,), ()):
        made = plan(a_mail(reply_to=harmless, references=("<a@x>",)), known)
        assert not made.letters[0].letter.stranger
        assert the_show(made).banner == ""


def test_the_mail_that_begins_a_conversation_may_name_its_reply_to() -> None:
    made = plan(a_mail(reply_to=(COLLEAGUE,)))
    assert not made.letters[0].letter.stranger
    assert {key for _, key in made.participants} == {CLIENT.key, COLLEAGUE.key}


def test_on_a_list_everyone_may_join_a_thread() -> None:
    talk = Conversation("t", LIST.name, f"room:{LIST.name}", "Topic", threaded=True)
    made = plan(a_mail(from_=(STRANGER,), kind="list"), MailView(conversation=talk, joined=True), bridged(LIST))
    assert the_show(made).banner == ""


def test_a_lists_posting_address_counts_only_at_the_lists_own_domain() -> None:
    def posting(post: str) -> Address | None:
        local, _, domain = post.partition("@")
        mail = a_mail(kind="list", list=ListInfo("users.lists.example", Address(local, domain)))
        return plan(mail, decision=bridged(LIST)).letters[0].letter.list_post

    assert posting("users@lists.example") == Address("users", "lists.example")
    assert posting("users@evil.example") is None
    assert posting("users@s.example") is None


def test_participants_are_the_author_and_those_addressed_ourselves_aside() -> None:
    made = plan(a_mail(cc=(COLLEAGUE,)))
    assert {key for _, key in made.participants} == {CLIENT.key, COLLEAGUE.key}
    assert SUPPORT.key not in {key for _, key in made.participants}


def test_a_duplicate_shows_nothing() -> None:
    made = plan(view=MailView(duplicate=True))
    assert made.effects == ()
    assert made.outcome == "duplicate"


def test_an_equal_id_with_other_content_is_shown_and_flagged() -> None:
    made = plan(view=MailView(twin=True, bound=frozenset({"<m1@client.example>"})))
    assert "Message-ID" in the_show(made).banner
    assert all(a.message_id != "<m1@client.example>" for a in made.anchors)


def test_our_own_mail_coming_back_is_not_shown_but_a_forger_with_its_id_is() -> None:
    view = MailView(twin=True, ours=True, conversation=TALK)
    assert plan(a_mail(from_=(SUPPORT,)), view).outcome == "echo"
    assert plan(a_mail(from_=(STRANGER,)), view).outcome == "bridged"


def test_a_rule_that_sends_auto_replies_elsewhere_wins_over_the_thread() -> None:
    noise = replace(DESK, room=replace(DESK.room, per=None, target="#noise"), rule="noise")
    made = plan(a_mail(kind="auto-reply"), JOINED, bridged(noise))
    assert the_show(made).room == "is:#noise"
    assert the_show(made).conversation != "talk"


def test_alerts_share_a_room_and_gather_by_subject() -> None:
    one = plan(decision=bridged(ALERTS), at=pending("smtp:1"))
    two = plan(a_mail(message_id="<m2@x>", content="c2"), decision=bridged(ALERTS), at=pending("smtp:2"))
    assert one.conversations == two.conversations
    assert the_show(one).threaded
    (opening,) = [e for e in one.effects if isinstance(e, OpenRoom)]
    assert opening.room.target == "#alerts"
    assert opening.room.space == ""


def test_an_open_shared_room_is_not_opened_again() -> None:
    view = MailView(open_rooms=frozenset({"is:#alerts"}))
    assert not [e for e in plan(view=view, decision=bridged(ALERTS)).effects if isinstance(e, OpenRoom)]


def test_mail_for_two_inboxes_shows_in_both() -> None:
    looks = (Look(bridged(), MailView()), Look(bridged(ALERTS), MailView()))
    made = plan_mail(pending(), a_mail(), looks, SETUP)
    assert len([e for e in made.effects if isinstance(e, Show)]) == 2
    assert len({e.key for e in made.effects}) == len(made.effects)


def test_quarantine_tells_the_admins_a_count_and_no_names() -> None:
    made = plan(decision=Decision(DESK, "quarantine", TRACE), view=MailView(held=2))
    assert made.outcome == "quarantined"
    assert all(isinstance(e, Tell) and e.room == ADMIN_ROOM for e in made.effects)
    assert "3 held" in made.effects[-1].text
    assert "client.example" not in repr(made.effects)


def test_what_a_person_released_is_shown_in_triage() -> None:
    made = plan(decision=Decision(DESK, "quarantine", TRACE), at=pending(released=True))
    assert the_show(made).room == "is:#triage"


def test_triage_never_shows_a_private_mail_outside_its_rooms() -> None:
    private: Scope = replace(DESK, private=True)
    assert the_show(plan(decision=Decision(private, "triage", TRACE))).room.startswith("conv:")
    assert the_show(plan(decision=Decision(DESK, "triage", TRACE))).room == "is:#triage"


def test_a_drop_leaves_its_reason() -> None:
    made = plan(decision=Decision(DESK, "drop", TRACE))
    assert (made.outcome, made.words, made.effects) == ("dropped", TRACE.words, ())
    assert made.traces == (TRACE,)


def test_history_notifies_nobody_and_invites_nobody() -> None:
    made = plan(at=pending(quiet=True))
    opening, show = made.effects
    assert isinstance(opening, OpenRoom)
    assert isinstance(show, Show)
    assert opening.room.members == ()
    assert show.notify.mode == "none"
    assert show.at == NOW - 60


def test_attachments_follow_the_mail_and_inline_images_are_in_it() -> None:
    pdf = Part(1, "a.pdf", "application/pdf", 3, "00")
    logo = Part(2, "l.png", "image/png", 3, "01", inline=True, content_id="l")
    made = plan(a_mail(html='<p>Hello</p><img src="cid:l">', attachments=(pdf, logo)))
    assert the_show(made).images == (logo,)
    assert [e.part for e in made.effects if isinstance(e, Attach)] == [pdf]


def test_an_unreadable_mail_is_shown_with_its_original() -> None:
    made = plan(a_mail(unreadable=True, problems=("too many parts",)))
    assert "too many parts" in the_show(made).banner
    assert [e.part for e in made.effects if isinstance(e, Attach)] == [None]


def test_a_mail_without_a_readable_sender_is_shown() -> None:
    show = the_show(plan(a_mail(from_=())))
    assert not show.speaker.ghost
    assert show.speaker.address == Address("unknown", "invalid", "Unknown sender")


def held_back(*withheld: Withheld) -> Decision:
    return replace(bridged(), withheld=withheld)


def test_of_a_withheld_attachment_the_room_hears_name_size_and_reason() -> None:
    exe = Part(2, "virus.exe", "application/x-msdownload", 12_300, "d")
    pdf = Part(3, "a.pdf", "application/pdf", 2_500_000, "d")
    logo = Part(4, "logo\u202e.png", "image/png", 10, "d", inline=True, content_id="logo@x")
    withheld = (Withheld(2, "blocked", "*.exe"), Withheld(4, "not-allowed"))
    made = plan(a_mail(attachments=(exe, pdf, logo)), decision=held_back(*withheld))
    _, show, attach, tell = made.effects
    assert isinstance(show, Show)
    assert show.images == ()
    assert isinstance(attach, Attach)
    assert attach.part == pdf
    assert isinstance(tell, Tell)
    assert (tell.room, tell.lane, tell.mention, tell.meaning) == (show.room, show.lane, (), "notice")
    assert tell.text == (
        "2 attachments are not shown: virus.exe (12 kB): *.exe is blocked; logo.png (10 B): not among those allowed. "
        "The original: `mailroom queue show smtp:1 --raw`."
    )


def test_of_many_withheld_attachments_ten_are_named() -> None:
    parts = tuple(Part(n, f"{n}.exe", "a/b", 1_234_567, "d") for n in range(1, 13))
    made = plan(a_mail(attachments=parts), decision=held_back(*(Withheld(p.index, "large", "1000000") for p in parts)))
    (tell,) = [e for e in made.effects if isinstance(e, Tell)]
    assert tell.text.startswith("12 attachments are not shown: 1.exe (1.2 MB): over 1.0 MB; 2.exe")
    assert "10.exe (1.2 MB): over 1.0 MB; and 2 more. The original:" in tell.text
    assert not [e for e in made.effects if isinstance(e, Attach)]


def test_the_original_of_an_unreadable_mail_is_withheld_where_files_are_blocked() -> None:
    made = plan(a_mail(unreadable=True, problems=("it is too deep",)), decision=held_back(Withheld(None, "unseen")))
    assert not [e for e in made.effects if isinstance(e, Attach)]
    assert the_show(made).banner == "This mail could not be read whole (it is too deep)."
    (tell,) = [e for e in made.effects if isinstance(e, Tell)]
    assert tell.text.startswith("1 attachment is not shown: the whole mail (100 B): nobody can see what is in it.")


def test_the_author_of_a_mail_is_known_in_its_scope_from_then_on_and_nobody_it_names() -> None:
    made = plan(a_mail(cc=(COLLEAGUE,), reply_to=(STRANGER,)))
    assert made.correspondents == ((DESK.name, CLIENT.key),)


def test_a_stranger_who_joined_by_quoting_is_known_all_the_same_because_his_mail_was_shown() -> None:
    assert plan(a_mail(from_=(STRANGER,)), JOINED).correspondents == ((DESK.name, STRANGER.key),)


def test_mail_of_several_authors_makes_nobody_known() -> None:
    assert plan(a_mail(from_=(CLIENT, STRANGER))).correspondents == ()


def test_an_old_answer_of_ours_makes_those_known_to_whom_it_went() -> None:
    old = a_mail(from_=(SUPPORT,), to=(CLIENT,), cc=(COLLEAGUE, replace(SUPPORT, local="support+x")))
    made = plan(old, at=pending(quiet=True))
    assert made.correspondents == ((DESK.name, CLIENT.key), (DESK.name, COLLEAGUE.key))
    assert plan(old).correspondents == ((DESK.name, SUPPORT.key),)  # live, a forger could write so


def test_what_is_not_shown_makes_nobody_known() -> None:
    for decision in (replace(bridged(), action="drop"), replace(bridged(), action="quarantine")):
        assert plan(decision=decision).correspondents == ()
    assert plan(view=MailView(duplicate=True)).correspondents == ()


def test_the_rules_name_the_room_with_what_the_mail_says() -> None:
    room = replace(
        DESK.room, name="{from.name}: {subject}", topic="Order {number}", alias="Order {number}!", space=False
    )
    decision = replace(bridged(replace(DESK, room=room)), captures=(("number", "7"),))
    opening = plan(decision=decision).effects[0]
    assert isinstance(opening, OpenRoom)
    assert (opening.room.name, opening.room.topic) == ("Anna Berg: Order 7", "Order 7")
    assert (opening.room.alias, opening.room.space) == ("order-7", "")


def test_a_name_that_comes_out_empty_is_the_subject() -> None:
    decision = bridged(replace(DESK, room=replace(DESK.room, name="{list.name}")))
    opening = plan(decision=decision).effects[0]
    assert isinstance(opening, OpenRoom)
    assert opening.room.name == "Order 7"


def test_the_same_alarm_of_a_device_that_writes_no_date_and_no_id_is_news_each_time() -> None:
    bare = a_mail(message_id="", date=None, headers=(("Subject", "Order 7"),))
    first, second = placing.apart(pending("smtp:1"), bare), placing.apart(pending("smtp:2"), bare)
    assert len({bare.content, first.content, second.content}) == 3
    assert placing.apart(pending("smtp:1"), bare) == first, "planned again it is the same"


@pytest.mark.parametrize(
    "told", [{"message_id": "<m@x>"}, {"message_id": "", "headers": (("Date", "Sat, 21 Nov 2026 10:00:00 +0000"),)}]
)
def test_what_has_an_id_or_a_date_is_known_again(told: dict[str, object]) -> None:
    mail = a_mail(**told)
    assert placing.apart(pending("smtp:1"), mail) == mail


def test_what_lies_in_a_mailbox_is_known_again_by_its_content() -> None:
    bare, seen = a_mail(message_id="", date=None), pending("imap:1")
    assert placing.apart(replace(seen, envelope=Envelope("imap", account="a", folder="INBOX")), bare) == bare
