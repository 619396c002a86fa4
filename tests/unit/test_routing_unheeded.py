"""An option that is written where nothing obeys it is named: nobody shall believe that it does something."""

from pathlib import Path

import pytest

from bridge.routing import Compiled, Facts, compile_rules

START = """\
domain: d.example
people: {ann: Ann, bob: Bob}
"""
INBOX = "inboxes:\n  s:\n    address: s@d.example\n    room: {for: ann}\n    send: {who: ann}\n"
UNSEEN = "the mail is held, and shown in triage when it is released"
NOWHERE = "the mail is shown as `unmatched` says"


def compiled(directory: Path, rules: str) -> Compiled:
    (directory / "a.yaml").write_text(START + rules)
    return compile_rules(directory, facts=Facts())


def rule(text: str) -> str:
    return INBOX + f"    rules: [{{name: r, {text}}}]\n"


@pytest.mark.parametrize(
    ("rules", "path", "why"),
    [
        (rule("do: drop, notify: none"), "inboxes.s.rules.1.notify", "the mail is dropped"),
        (rule("do: drop, attachments: {block: '*.exe'}"), "inboxes.s.rules.1.attachments", "the mail is dropped"),
        (rule("reject: No, tags: spam"), "inboxes.s.rules.1.tags", "the mail is refused"),
        (rule("do: quarantine, send: {who: ann}"), "inboxes.s.rules.1.send", UNSEEN),
        (rule("do: triage, room: {is: '#x'}"), "inboxes.s.rules.1.room", NOWHERE),
        (rule("forward: x@y.example, acknowledge: Hi"), "inboxes.s.rules.1.acknowledge", "the mail is passed on"),
        (rule("do: show, send: {by: all}"), "inboxes.s.rules.1.send", "nobody may answer"),
        (INBOX + "before: [{do: triage, notify: none}]\n", "before.1.notify", NOWHERE),
        (
            rule("room: {thread-by: subject}"),
            "inboxes.s.rules.1.room.thread-by",
            "each conversation has a room of its own",
        ),
        (rule("room: {is: '#x', alias: a}"), "inboxes.s.rules.1.room.alias", "the room is named by `is`"),
        (rule("room: {is: '!x:d.example', name: News}"), "inboxes.s.rules.1.room.name", "the room is there already"),
        (rule("room: {is: '#x', space: true}"), "inboxes.s.rules.1.room.space", "a room that `is` names"),
        (
            rule("room: {is: '#x'}, digest: {every: 1h}, tags: news"),
            "inboxes.s.rules.1.tags",
            "mail of a digest carries no tags",
        ),
        (
            "lists:\n  l: {id: l.d.example, via: l@d.example, room: {for: ann}, acknowledge: Hi}\n",
            "lists.l.acknowledge",
            "a list's mail is never acknowledged",
        ),
        (rule("do: drop, forwarded-by: ann"), "inboxes.s.rules.1.forwarded-by", "the mail is dropped"),
        (
            "lists:\n  l: {id: l.d.example, via: l@d.example, room: {for: ann}, forwarded-by: ann}\n",
            "lists.l.forwarded-by",
            "a list's mail is of who sent it there",
        ),
    ],
)
def test_an_option_that_nothing_obeys_is_named(tmp_path: Path, rules: str, path: str, why: str) -> None:
    found = compiled(tmp_path, rules)
    assert found.problems == ()
    (warning,) = found.warnings
    assert (warning.path, warning.what.startswith(f"does nothing here: {why}")) == (path, True)


@pytest.mark.parametrize(
    "rules",
    [
        rule("do: drop, copy: x@y.example"),
        rule("do: drop, notify: none, enabled: false"),
        rule("do: triage, attachments: {block: '*.exe'}"),
        rule("do: drop, acknowledge: none"),
        rule("forward: x@y.example, notify: none, room: {is: '#x'}"),
        rule("room: {is: '#x', thread-by: subject, name: News}"),
        INBOX.replace("{for: ann}", "{for: ann}\n    private: true") + "    rules: [{do: quarantine, notify: none}]\n",
    ],
)
def test_what_is_obeyed_or_inherited_is_not_warned_of(tmp_path: Path, rules: str) -> None:
    defaults = "defaults: {notify: none, tags: mail, room: {thread-by: subject}}\n"
    found = compiled(tmp_path, defaults + rules)
    assert (found.problems, found.warnings) == ((), ())


@pytest.mark.parametrize("where", ["defaults: {room: ROOM}\n", "unmatched: {room: ROOM}\n"])
def test_encryption_is_refused_where_it_cannot_be_done(tmp_path: Path, where: str) -> None:
    room = "{is: '#x', for: ann, encryption: true}"
    rules = INBOX.replace("{for: ann}", "{per: conversation, for: ann}") + where.replace("ROOM", room)
    found = compiled(tmp_path, rules)
    assert found.problems == ()
    assert found.rulebook is not None
    assert found.rulebook.encrypted
    refused = compile_rules(tmp_path, facts=Facts(cannot_encrypt="install it"))
    told = [(problem.what, problem.cure) for problem in refused.problems]
    assert told == [("rooms cannot be encrypted by this installation", "install it")]
