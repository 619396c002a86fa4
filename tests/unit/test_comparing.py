"""What two rulebooks make of one mail: where it goes, who sees it, which answers would change."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.comparing import Comparer, Finding, Side
from bridge.core.decision import Action, Copy, Decision, Domains, Lobby, RoomRule, Scope
from bridge.core.mail import Mail
from tests.unit.worlds import ALERTS, ANN, ANN_AS, BOB, BOB_AS, CLIENT, COLLEAGUE, DESK, SENDING, SETUP, TRACE, TRIAGE

MAIL = Mail("c", 1, from_=(CLIENT,), to=(Address("support", "corp.example"),), cc=(COLLEAGUE,), subject="Order 7")
PRIVATE = replace(DESK, name="inbox:eva", private=True, sending=None, room=RoomRule((ANN,), "conversation"))
NOISE = replace(DESK, rule="noise", room=RoomRule((ANN, BOB), target="#noise"))


def side(*scopes: Scope, action: Action = "bridge", **setup: object) -> Side:
    decisions = [Decision(scope, action, TRACE) for scope in scopes]
    return Side(decisions, replace(SETUP, **setup))


def found(before: Side, after: Side, mail: Mail = MAIL) -> set[Finding]:
    return set(Comparer().findings(mail, before, after))


def test_nothing_changes_when_nothing_does() -> None:
    assert found(side(DESK), side(replace(DESK))) == set()


def test_a_mail_that_moves_is_told_with_both_rooms() -> None:
    told = found(side(DESK), side(NOISE))
    moves = Finding("room", "moves", "inbox:support", "a room for each conversation of inbox:support", "#noise")
    assert moves in told
    assert Finding("rule", "rule", "inbox:support", "none", "noise") in told
    assert {each.topic for each in told} == {"room", "rule"}, "the same people see it and answer as before"


def test_who_sees_it_counts_over_all_its_rooms() -> None:
    bobs = replace(ALERTS, room=RoomRule((BOB,), target="#bob"))
    anns = replace(DESK, room=RoomRule((ANN,), "conversation"), sending=None)
    both = side(replace(DESK, sending=None), bobs)
    told = {each for each in found(both, side(anns, bobs)) if each.topic == "sight"}
    assert told == {Finding("sight", "members of the room", "inbox:support", f"{ANN}, {BOB}", ANN)}
    told = {each for each in found(side(replace(DESK, sending=None)), side(anns)) if each.what == "who sees the mail"}
    assert told == {Finding("sight", "who sees the mail", "inbox:support", lost=(BOB,))}


def test_what_is_dropped_is_seen_and_answered_by_nobody() -> None:
    told = found(side(DESK), side(DESK, action="drop"))
    assert told == {
        Finding("action", "action", "inbox:support", "bridge", "drop"),
        Finding("room", "moves", "inbox:support", "a room for each conversation of inbox:support", "no room"),
        Finding("sight", "who sees the mail", "inbox:support", lost=(ANN, BOB)),
        Finding("answers", "who may answer", "inbox:support", lost=(ANN, BOB)),
    }


def test_triage_shows_a_mail_to_those_of_triage_except_a_private_one() -> None:
    told = found(side(DESK), side(DESK, action="triage"))
    assert Finding("sight", "who sees the mail", "inbox:support", lost=(ANN,)) in told
    told = found(side(PRIVATE), side(PRIVATE, action="triage"))
    assert told == {Finding("action", "action", "inbox:eva", "bridge", "triage", private=True)}


def test_triage_that_gets_other_people_changes_what_is_triaged() -> None:
    wide = replace(TRIAGE, room=RoomRule((ANN, BOB), target="#triage"))
    told = found(side(DESK, action="triage"), side(DESK, action="triage", triage=wide))
    assert told == {Finding("sight", "who sees the mail", "inbox:support", gained=(ANN,))}


def test_a_copy_by_mail_is_sight_too() -> None:
    copied = replace(DESK, copies=(Copy(Address("boss", "corp.example")),))
    assert Finding("sight", "who sees the mail", "inbox:support", gained=("boss@corp.example",)) in found(
        side(DESK), side(copied)
    )


def test_where_a_mail_must_be_taken_to_be_seen_is_told_apart() -> None:
    taken = replace(DESK, room=replace(DESK.room, lobby=Lobby("#desk", True)))
    told = {each for each in found(side(DESK), side(taken)) if each.topic == "sight"}
    assert told == {
        Finding("sight", "who sees the mail", "inbox:support", lost=(ANN, BOB)),
        Finding("sight", "who sees its line in a lobby and may take it", "inbox:support", gained=(ANN, BOB)),
    }
    given = replace(taken, assign=((ANN, "Ann Berg"),))
    told = {each for each in found(side(DESK), side(given)) if each.what == "who sees the mail"}
    assert told == {Finding("sight", "who sees the mail", "inbox:support", lost=(BOB,))}
    at_once = replace(DESK, room=replace(DESK.room, lobby=Lobby("#desk")))
    assert not [each for each in found(side(DESK), side(at_once)) if each.topic == "sight"]


def test_an_answer_to_all_has_other_recipients_only_where_there_are_others() -> None:
    to_all = replace(DESK, sending=replace(SENDING, to="all"))
    option = Finding("answers", "answers go to", "inbox:support", "sender", "all")
    others = Finding("answers", "an answer would have other recipients", "inbox:support")
    assert found(side(DESK), side(to_all)) == {option, others}
    assert found(side(DESK), side(to_all), replace(MAIL, cc=())) == {option}


def test_an_address_that_becomes_ours_is_left_out_of_answers() -> None:
    to_all = replace(DESK, sending=replace(SENDING, to="all"))
    ours = side(to_all, own=SETUP.own | {COLLEAGUE.key})
    others = Finding("answers", "an answer would have other recipients", "inbox:support")
    assert found(side(to_all), ours) == {others}
    assert found(side(to_all), ours, replace(MAIL, cc=())) == set()


def test_identity_right_and_domains_of_answers() -> None:
    as_ann = replace(DESK, sending=replace(SENDING, identities=((BOB, ANN_AS),)))
    told = found(side(DESK), side(as_ann))
    assert Finding("answers", "who may answer", "inbox:support", lost=(ANN,)) in told
    assert Finding("answers", "answers leave as", "inbox:support", BOB_AS.shown, ANN_AS.shown) in told
    closed = replace(DESK, sending=replace(SENDING, domains=Domains(forbid=("client.example",))))
    told = found(side(DESK), side(closed))
    assert Finding("answers", "an answer to this mail is", "inbox:support", "sent", "refused") in told


def test_a_mail_that_goes_to_another_inbox_is_told_at_both() -> None:
    told = found(side(DESK), side(ALERTS))
    assert Finding("address", "mail", "inbox:support", "arrives here", "") in told
    assert Finding("address", "mail", "inbox:alerts", "", "arrives here") in told
    assert Finding("sight", "who sees the mail", lost=(ANN,)) in told


def test_whatever_touches_a_private_inbox_is_marked_private() -> None:
    told = found(side(PRIVATE), side(replace(PRIVATE, private=False), DESK))
    assert {each.private for each in told} == {True}


users = st.lists(st.sampled_from([ANN, BOB]), unique=True).map(tuple)
rooms = st.builds(RoomRule, users, st.just("conversation"), st.sampled_from(["", "#a", "#b"]))
sendings = st.sampled_from([None, SENDING, replace(SENDING, to="all"), replace(SENDING, hold=1.0)])
scopes = st.builds(
    lambda name, room, sending, tags: Scope(name, name, room, sending, tags=tags),
    st.sampled_from(["inbox:a", "inbox:b"]),
    rooms,
    sendings,
    st.sampled_from([(), ("vip",)]),
)
actions = st.sampled_from(["bridge", "drop", "quarantine", "triage", "reject", "forward"])
decided = st.lists(
    st.builds(lambda scope, action: Decision(scope, action, TRACE), scopes, actions),
    max_size=2,
    unique_by=lambda each: each.scope.name,
)


@given(before=decided, after=decided)
def test_something_is_found_exactly_when_something_is_decided_otherwise(
    before: list[Decision], after: list[Decision]
) -> None:
    moved = [replace(each, trace=replace(TRACE, line=9, digest="other")) for each in after]
    comparer = Comparer()
    told = comparer.findings(MAIL, Side(before, SETUP), Side(moved, SETUP))
    in_order = [{each.scope.name: each for each in decisions} for decisions in (before, after)]
    assert bool(told) == (in_order[0] != in_order[1])
    assert told == comparer.findings(MAIL, Side(before, SETUP), Side(moved, SETUP))
