"""What encryption remembers beside its keys survives, and is nobody else's to read."""

from pathlib import Path

from bridge.chat.keybook import Keybook


def test_everything_is_there_after_a_restart_and_only_we_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "encryption.db"
    book = Keybook(file)
    assert file.stat().st_mode & 0o777 == 0o600
    book.remember("!a", frozenset({"@ann", "@bob"}))
    book.remember("!b", None)
    book.enter("!b")
    book.wait("$2", {"n": 2}, 7.0)
    book.wait("$1", {"n": 1}, 8.0)
    book.wait("$2", {"n": 3}, 9.0)
    book.keep_secret("device", "OLD")
    book.keep_secret("device", "D")
    book.close()
    book = Keybook(file)
    assert book.rooms() == {"!a": {"@ann", "@bob"}, "!b": None}
    assert book.entered() == {"!b"}
    assert [(w.event, w.body, w.since) for w in book.waiting()] == [("$2", {"n": 2}, 7.0), ("$1", {"n": 1}, 8.0)]
    assert (book.secret("device"), book.secret("other")) == ("D", "")
    book.done(["$2"])
    book.leave("!b")
    assert [w.event for w in book.waiting()] == ["$1"]
    assert book.entered() == frozenset()
    book.close()


def test_who_reads_a_room_is_never_forgotten_for_not_knowing(tmp_path: Path) -> None:
    book = Keybook(tmp_path / "k.db")
    book.remember("!a", frozenset({"@ann"}))
    book.remember("!a", None)
    assert book.rooms() == {"!a": {"@ann"}}
    book.remember("!a", frozenset({"@bob"}))
    assert book.rooms() == {"!a": {"@bob"}}
    book.close()


def test_a_message_of_a_session_is_one_event_for_ever(tmp_path: Path) -> None:
    book = Keybook(tmp_path / "k.db")
    assert book.first_seen("s", 0, "$1")
    assert book.first_seen("s", 0, "$1")
    assert not book.first_seen("s", 0, "$2")
    assert book.first_seen("s", 1, "$2")
    assert book.first_seen("t", 0, "$3")
    book.close()
