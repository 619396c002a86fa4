"""The marks tell the truth: sent, delayed, failed with the server's words; nobody accepted is asked twice."""

from bridge.core.aftermath import Bury, Fulfil, Postpone, failed, remaining, submitted
from bridge.core.answering import plan_said
from bridge.core.doing import Task
from bridge.core.effects import ADMIN_ROOM, FileCopy, OpenRoom, Receipt, Rejoin, RoomSpec, SendMail, Show, Speaker, Tell
from bridge.core.errors import CannotEncrypt, Permanent, RoomLost, StorageFull, Transient
from bridge.core.ports import Refusal, Submitted
from bridge.core.retry import CHAT, DAY, MAIL
from tests.unit.test_answering import by
from tests.unit.worlds import ANN, CLIENT, COLLEAGUE, NOW, SETUP, a_view, posted, said


def the_send() -> SendMail:
    made = plan_said(posted(), said(), a_view(), by("reply", to="all"), SETUP)
    (send,) = [e for e in made.effects if isinstance(e, SendMail)]
    return send


SEND = the_send()
ANNA, CARL = CLIENT.spec, COLLEAGUE.spec


def task(attempts: int = 1, first_at: float = NOW, accepted: tuple[str, ...] = ()) -> Task:
    return Task(SEND, attempts, first_at, Receipt(accepted=accepted))


def texts(effects: object) -> str:
    return "\n".join(e.text for e in effects if isinstance(e, Tell))


def test_all_accepted_is_sent_with_the_servers_words_and_one_copy() -> None:
    verdict = submitted(task(), SEND, Submitted((ANNA, CARL), (), "250 queued as 4F"), MAIL, NOW)
    assert isinstance(verdict, Fulfil)
    assert "✅ Sent to anna@client.example, carl@client.example" in texts(verdict.then)
    assert "queued as 4F" in texts(verdict.then)
    assert len([e for e in verdict.then if isinstance(e, FileCopy)]) == 1


def test_a_greylisted_recipient_is_retried_alone() -> None:
    grey = Refusal(CARL, "450 4.2.0", "greylisted", permanent=False)
    verdict = submitted(task(), SEND, Submitted((ANNA,), (grey,)), MAIL, NOW)
    assert isinstance(verdict, Postpone)
    assert verdict.until >= NOW + 60
    assert verdict.progress is not None
    assert verdict.progress.accepted == (ANNA,)
    assert remaining(task(accepted=verdict.progress.accepted), SEND) == (CARL,)
    again = submitted(task(2, accepted=(ANNA,)), SEND, Submitted((CARL,), (), "250 ok"), MAIL, NOW)
    assert isinstance(again, Fulfil)
    assert again.receipt.accepted == (ANNA, CARL)


def test_a_refused_recipient_fails_with_its_reason_and_a_way_to_retry() -> None:
    gone = Refusal(CARL, "550 5.1.1", "no such user", permanent=True)
    verdict = submitted(task(), SEND, Submitted((ANNA,), (gone,)), MAIL, NOW)
    assert isinstance(verdict, Bury)
    words = texts(verdict.then)
    assert "550 5.1.1 no such user" in words
    assert "🔁" in words
    assert "✅ Sent to anna@client.example" in words
    assert any(isinstance(e, Tell) and e.mention == (ANN,) and not e.edits for e in verdict.then)


def test_delays_follow_the_schedule_and_end_after_five_days() -> None:
    grey = Submitted((), (Refusal(ANNA, "450", "later", permanent=False),))
    waits = []
    for attempt in range(1, 8):
        verdict = submitted(task(attempt), SEND, grey, MAIL, NOW)
        assert isinstance(verdict, Postpone)
        waits.append(verdict.until - NOW)
    for wait, planned in zip(waits, (60, 300, 900, 3600, 7200, 14_400, 14_400), strict=True):
        assert planned <= wait <= planned * 1.1
    late = submitted(task(40, first_at=NOW - 5 * DAY), SEND, grey, MAIL, NOW)
    assert isinstance(late, Bury)


def test_after_two_hours_the_author_hears_of_the_delay() -> None:
    grey = Submitted((), (Refusal(ANNA, "450", "later", permanent=False),))
    mentioned = [
        any(isinstance(e, Tell) and e.mention for e in submitted(task(n), SEND, grey, MAIL, NOW).then)
        for n in range(1, 8)
    ]
    assert mentioned == [False, False, False, False, True, False, False]


def test_a_server_that_is_away_uses_up_no_attempts() -> None:
    verdict = failed(task(), Transient("no route", peer_down=True, retry_after=90), MAIL, NOW)
    assert isinstance(verdict, Postpone)
    assert not verdict.counted
    assert verdict.until == NOW + 90


def test_a_server_that_is_away_for_five_days_is_given_up_loudly() -> None:
    verdict = failed(task(first_at=NOW - 5 * DAY - 1), Transient("no route", peer_down=True), MAIL, NOW)
    assert isinstance(verdict, Bury)
    assert "❌ Not sent" in texts(verdict.then)


def test_an_unknown_outcome_is_tried_again() -> None:
    verdict = failed(task(), Transient("lost after the final dot", code="unknown-outcome"), MAIL, NOW)
    assert isinstance(verdict, Postpone)


def test_a_permanent_refusal_is_told_to_the_author() -> None:
    verdict = failed(task(), Permanent("too large", code="552"), MAIL, NOW)
    assert isinstance(verdict, Bury)
    assert "552 too large" in texts(verdict.then)


SHOW = Show("k", "conv:c", "conv:c", "c", "L", "smtp:1", Speaker(), "", "text")
OPEN = OpenRoom("o", "conv:c", RoomSpec("conv:c", "Order"))


def test_a_mail_that_cannot_be_shown_leaves_word_in_its_room_and_with_the_admins() -> None:
    verdict = failed(Task(SHOW, 1, NOW), Permanent("refused", code="M_UNKNOWN"), CHAT, NOW)
    assert isinstance(verdict, Bury)
    assert [e.room for e in verdict.then if isinstance(e, Tell)] == ["conv:c", ADMIN_ROOM]
    assert "mailroom queue retry k" in texts(verdict.then)


def test_a_room_that_cannot_be_opened_is_never_given_up() -> None:
    for error in (Permanent("no", code="M_FORBIDDEN"), RoomLost("gone"), Transient("x", peer_down=True)):
        verdict = failed(Task(OPEN, 50, NOW), error, CHAT, NOW)
        assert isinstance(verdict, Postpone)


def test_a_room_that_waits_for_an_invitation_is_tried_again_soon_and_then_less_often() -> None:
    """Who upgrades a room invites the bot a moment later: it must not learn of that an hour later."""
    rejoin = Rejoin("k", "move:is:#alerts", "is:#alerts", "!new:corp.example")
    for effect in (rejoin, OPEN):
        pauses = []
        for attempts in (1, 3, 50):
            verdict = failed(Task(effect, attempts, NOW), RoomLost("not invited"), CHAT, NOW)
            assert isinstance(verdict, Postpone)
            assert verdict.counted
            pauses.append(verdict.until - NOW)
        assert pauses[0] < 2 < pauses[1] < pauses[2] < 400
        late = failed(Task(effect, 50, NOW - 30 * DAY), RoomLost("not invited"), CHAT, NOW)
        assert isinstance(late, Postpone), "it is never given up"


def test_a_lost_room_keeps_its_mail_waiting_and_says_so_once() -> None:
    one = failed(Task(SHOW, 1, NOW), RoomLost("not in the room", code="M_FORBIDDEN"), CHAT, NOW)
    two = failed(Task(SHOW, 2, NOW), RoomLost("not in the room", code="M_FORBIDDEN"), CHAT, NOW + 60)
    assert isinstance(one, Postpone)
    assert isinstance(two, Postpone)
    assert [e.key for e in one.then] == [e.key for e in two.then]


def test_where_nothing_can_be_encrypted_all_of_it_waits_and_the_admin_room_hears_one_sentence_a_day() -> None:
    error = CannotEncrypt("install it")
    verdicts = [failed(Task(effect, 500, NOW - DAY), error, CHAT, NOW + 60) for effect in (SHOW, OPEN)]
    verdicts += [failed(Task(SHOW, 1, NOW), error, CHAT, moment) for moment in (NOW, NOW + DAY)]
    assert all(isinstance(verdict, Postpone) and not verdict.counted for verdict in verdicts)
    assert [v.until for v in verdicts if isinstance(v, Postpone)] == [
        NOW + 660,
        NOW + 660,
        NOW + 10,
        NOW + DAY + 600,
    ]
    told = [each for verdict in verdicts for each in verdict.then]
    assert len(told) == 4
    assert len({each.key for each in told}) == 2
    assert "install it" in texts(told)


def test_a_full_disk_is_transient() -> None:
    assert isinstance(failed(Task(SHOW, 1, NOW), StorageFull("disk full"), CHAT, NOW), Postpone)
