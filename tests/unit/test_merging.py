"""Two conversations that turn out to be one go on in the older; nobody who took no part can make them one."""

from dataclasses import replace

import pytest

from bridge.core import placing
from bridge.core.addresses import Address
from bridge.core.decision import Scope
from bridge.core.effects import Show, Tell
from bridge.core.mail import Mail, Verdict
from bridge.core.plan import Conversation, Kin, MailView, Merge, Plan
from bridge.core.showing import Look, plan_mail
from tests.unit.worlds import ALERTS, CLIENT, COLLEAGUE, DESK, LIST, SETUP, STRANGER, SUPPORT, a_mail, bridged, pending

OLD = Conversation("old", "inbox:support", "conv:old", "Order 7")
NEW = Conversation("new", "inbox:support", "conv:new", "Order 7 again")
BOTH = frozenset({CLIENT.key, COLLEAGUE.key})
TRUSTING = replace(SETUP, authserv=frozenset({"mx.corp.example"}))


def view(*kin: Kin, at: Conversation = NEW, **more: object) -> MailView:
    found = MailView(
        conversation=at,
        joined=True,
        participants=next(each.participants for each in kin if each.conversation == at),
        kin=kin,
        bound=frozenset({"<a@x>", "<b@x>"}),
    )
    return replace(found, **more)


def plan(mail: Mail, view: MailView, scope: Scope = DESK, setup: object = SETUP) -> Plan:
    return plan_mail(pending(), mail, (Look(bridged(scope), view),), setup)


def shown(made: Plan) -> str:
    (show,) = [e for e in made.effects if isinstance(e, Show)]
    return show.room


def told(made: Plan) -> dict[str, str]:
    return {e.room: e.link for e in made.effects if isinstance(e, Tell)}


LINKING = a_mail(references=("<a@x>", "<b@x>"))


@pytest.mark.parametrize("nearest", [OLD, NEW])
def test_the_mail_that_names_both_goes_to_the_older_and_both_rooms_hear_of_it(nearest: Conversation) -> None:
    made = plan(LINKING, view(Kin(OLD, BOTH), Kin(NEW, BOTH), at=nearest))
    assert made.merges == (Merge("new", "old"),)
    assert shown(made) == "conv:old"
    assert told(made) == {"conv:new": "conv:old", "conv:old": "conv:new"}
    assert {anchor.conversation for anchor in made.anchors} == {"old"}
    assert made.letters[0].letter.conversation == "old"
    assert not made.letters[0].letter.stranger


def test_three_become_one() -> None:
    third = replace(NEW, id="third", room="conv:third")
    made = plan(LINKING, view(Kin(OLD, BOTH), Kin(NEW, BOTH), Kin(third, BOTH)))
    assert set(made.merges) == {Merge("new", "old"), Merge("third", "old")}
    keys = [e.key for e in made.effects]
    assert len(keys) == len(set(keys))


def test_a_room_hears_no_subject_of_the_other() -> None:
    for tell in plan(LINKING, view(Kin(OLD, BOTH), Kin(NEW, BOTH))).effects:
        if isinstance(tell, Tell):
            assert "Order" not in tell.text


@pytest.mark.parametrize(
    ("old", "new"),
    [(frozenset(), BOTH), (BOTH, frozenset()), (frozenset(), frozenset()), (frozenset({COLLEAGUE.key}), BOTH)],
)
def test_who_took_no_part_in_both_merges_nothing(old: frozenset[str], new: frozenset[str]) -> None:
    made = plan(LINKING, view(Kin(OLD, old), Kin(NEW, new)))
    assert made.merges == ()
    assert told(made) == {}
    assert shown(made) == "conv:new", "it is shown where its nearest ancestor is, as ever"


def test_a_stranger_who_names_two_foreign_ids_merges_nothing() -> None:
    made = plan(replace(LINKING, from_=(STRANGER,)), view(Kin(OLD, BOTH), Kin(NEW, BOTH)))
    assert made.merges == ()
    assert made.letters[0].letter.stranger


def test_a_forged_participant_merges_nothing() -> None:
    forged = replace(LINKING, verdicts=(Verdict(0, "mx.corp.example", "dmarc", "fail"),))
    assert plan(forged, view(Kin(OLD, BOTH), Kin(NEW, BOTH)), setup=TRUSTING).merges == ()


def test_staff_who_wrote_past_the_bridge_may_bring_together_if_our_server_vouches() -> None:
    mail = replace(LINKING, from_=(SUPPORT,), verdicts=(Verdict(0, "mx.corp.example", "dmarc", "pass"),))
    assert plan(mail, view(Kin(OLD, BOTH), Kin(NEW, BOTH)), setup=TRUSTING).merges == (Merge("new", "old"),)
    bare = replace(mail, verdicts=())
    assert plan(bare, view(Kin(OLD, BOTH), Kin(NEW, BOTH)), setup=TRUSTING).merges == ()


def test_conversations_of_two_rules_stay_apart_for_other_people_may_see_them() -> None:
    made = plan(LINKING, view(Kin(replace(OLD, rule="big client"), BOTH), Kin(NEW, BOTH)))
    assert made.merges == ()


def test_a_thread_of_a_shared_room_is_not_drawn_into_a_room_of_its_own() -> None:
    thread = replace(OLD, room="is:#noise", threaded=True)
    assert plan(LINKING, view(Kin(thread, BOTH), Kin(NEW, BOTH))).merges == ()


def test_threads_of_one_room_go_on_in_the_older_and_name_it() -> None:
    scope = replace(DESK, room=replace(ALERTS.room, thread_by="references"))
    old, new = (replace(talk, room="is:#alerts", threaded=True) for talk in (OLD, NEW))
    made = plan(LINKING, view(Kin(old, BOTH), Kin(new, BOTH), at=new, open_rooms=frozenset({"is:#alerts"})), scope)
    assert made.merges == (Merge("new", "old"),)
    tells = [e for e in made.effects if isinstance(e, Tell)]
    assert {(e.conversation, e.linked, e.threaded) for e in tells} == {("new", "old", True), ("old", "new", True)}


def test_a_digest_is_no_conversation_to_merge() -> None:
    scope = replace(DESK, room=replace(ALERTS.room, thread_by="references"))
    digest = Conversation("digest", "inbox:support", "is:#alerts", "", threaded=True)
    talk = replace(NEW, room="is:#alerts", threaded=True)
    assert plan(LINKING, view(Kin(digest, BOTH), Kin(talk, BOTH), at=talk), scope).merges == ()


def test_a_reply_to_of_the_other_conversation_is_nobody_new() -> None:
    mail = replace(LINKING, reply_to=(Address("carl", "client.example"),))
    apart = view(Kin(OLD, BOTH), Kin(NEW, frozenset({CLIENT.key})))
    assert not plan(mail, apart).letters[0].letter.stranger


def test_a_subject_brings_together_only_those_who_took_part() -> None:
    """The same words of somebody else mean nothing: they have a thread of their own, and go on in it."""
    first = plan(a_mail(), MailView(), ALERTS)
    (talk,) = first.conversations
    known = MailView(conversation=talk, participants=frozenset({CLIENT.key}), open_rooms=frozenset({"is:#alerts"}))
    again = plan(a_mail(message_id="<m2@x>"), known, ALERTS)
    assert again.letters[0].letter.conversation == talk.id
    mail = a_mail(message_id="<m3@x>", from_=(STRANGER,), reply_to=(STRANGER,))
    other = plan(mail, known, ALERTS)
    (apart,) = other.conversations
    assert apart.id != talk.id
    assert apart.room == talk.room
    assert not other.letters[0].letter.stranger
    assert placing.query(ALERTS, mail).own_thread_key == apart.id
    later = plan(mail, replace(known, apart=Kin(apart, frozenset({STRANGER.key}))), ALERTS)
    assert later.conversations == ()
    assert later.letters[0].letter.conversation == apart.id
    assert not later.letters[0].letter.stranger


def test_on_a_list_a_subject_brings_everybody_together() -> None:
    everybody = replace(LIST, room=replace(LIST.room, thread_by="subject"))
    (talk,) = plan(a_mail(), MailView(), everybody).conversations
    known = MailView(conversation=talk, participants=frozenset({CLIENT.key}))
    made = plan(a_mail(from_=(STRANGER,)), known, everybody)
    assert made.letters[0].letter.conversation == talk.id
    assert placing.query(everybody, a_mail()).own_thread_key == ""
