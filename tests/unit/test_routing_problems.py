"""A mistake in a rule file is named with its place and its cure, and no rulebook comes of it."""

import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.core.mail import Envelope, ListInfo, Mail
from bridge.routing import Compiled, CompiledRulebook, Facts, compile_rules

START = """\
domain: corp.example
people: {ann: Ann Berg, bob: Bob Iwu}
groups: {desk: [ann, bob]}
"""
FACTS = Facts(accounts=frozenset({"ann"}), server="corp.example", admins=("@ann:corp.example",))


def compiled(directory: Path, text: str, facts: Facts = FACTS, start: str = START) -> Compiled:
    (directory / "a.yaml").write_text(start + textwrap.dedent(text))
    return compile_rules(directory, facts=facts)


def problems(directory: Path, text: str, facts: Facts = FACTS, start: str = START) -> list[str]:
    found = compiled(directory, text, facts, start)
    assert (found.rulebook is None) is bool(found.problems)
    return [str(problem).removeprefix(f"{directory}/") for problem in found.problems]


def book(directory: Path, text: str, facts: Facts = FACTS, start: str = START) -> CompiledRulebook:
    found = compiled(directory, text, facts, start)
    assert found.rulebook is not None, [str(problem) for problem in found.problems]
    return found.rulebook


INBOX = "inboxes:\n  s:\n    address: s@corp.example\n    room: {for: desk}\n"

TABLE = [
    # unknown names, with a suggestion where one is near
    (
        "inboxes:\n  s: {address: s@corp.example, room: {for: dsek}}\n",
        ["a.yaml:5:44: inboxes.s.room.for: nobody is called 'dsek' in people or groups: did you mean 'desk'?"],
    ),
    (
        INBOX + "    send: {who: carl}\n",
        ["a.yaml:8:17: inboxes.s.send.who: nobody is called 'carl' in people or groups: known are ann, bob, desk"],
    ),
    # never open to everyone by leaving something out
    (
        "inboxes:\n  s: {address: s@corp.example}\n",
        ["a.yaml:5:6: inboxes.s.room: nobody is named in `for`: say who sees it: for: [ann, bob]"],
    ),
    (
        "inboxes:\n  s: {address: s@corp.example, room: {for: []}}\n",
        ["a.yaml:5:44: inboxes.s.room.for: names nobody: name at least one person"],
    ),
    # `is: #alerts` is an empty value and a comment
    (
        "inboxes:\n  s:\n    address: s@corp.example\n    room:\n      for: desk\n      is: #alerts\n",
        [
            "a.yaml:9:10: inboxes.s.room.is: has no value: write one, or remove the key; "
            'quote a text that starts with "#"'
        ],
    ),
    (
        "inboxes:\n  s: {address: s@corp.example, room: {is: alerts, for: desk}}\n",
        ["a.yaml:5:43: inboxes.s.room.is: 'alerts' is neither a room alias nor a room id: write \"#alias\" in quotes"],
    ),
    (
        "inboxes:\n  s: {address: s@corp.example, room: {is: '#x', per: list, for: desk}}\n",
        ["a.yaml:5:38: inboxes.s.room: `is` and `per` exclude each other: keep one of them"],
    ),
    # conditions that are misspelt are refused: ignoring one would misroute
    (
        INBOX + "    rules: [{when: {subjct: x}}]\n",
        ["a.yaml:8:21: inboxes.s.rules.1.when.subjct: this key is unknown: did you mean 'subject'?"],
    ),
    (
        INBOX + "    rules: [{when: {time: x}}]\n",
        [
            "a.yaml:8:27: inboxes.s.rules.1.when.time: no window of `times` is called 'x': "
            "define it in `times` at the top level"
        ],
    ),
    (
        INBOX + "    rules: [{when: {kind: newsletter}}]\n",
        [
            "a.yaml:8:27: inboxes.s.rules.1.when.kind: must be one of personal, list, bulk, auto-reply, bounce, "
            "receipt, calendar, reaction, feedback, empty",
        ],
    ),
    (
        INBOX + "    rules: [{when: {subject: {regex: '('}}}]\n",
        ["a.yaml:8:30: inboxes.s.rules.1.when.subject: this regex cannot be read: missing ): (: see the syntax of RE2"],
    ),
    (
        INBOX + "    rules: [{when: {from: client.example}}]\n",
        [
            "a.yaml:8:27: inboxes.s.rules.1.when.from: 'client.example' is no address, person or group, "
            'and never matches: write a whole address or "*@client.example"'
        ],
    ),
    (
        INBOX + "    rules: [{when: {}}]\n",
        ["a.yaml:8:20: inboxes.s.rules.1.when: has no condition: name one, or leave out `when` to take everything"],
    ),
    (
        INBOX + "    rules: [{name: x, do: drop}, {name: x, do: drop}]\n",
        ["a.yaml:8:34: inboxes.s.rules.2: another rule here is called 'x': give each rule its own name"],
    ),
    (
        INBOX + "    rules: [{do: refuse}]\n",
        ["a.yaml:8:18: inboxes.s.rules.1.do: must be one of bridge, show, drop, quarantine, triage, reject, forward"],
    ),
    # doors
    (
        INBOX + "  t: {address: S@Corp.example, room: {for: desk}}\n",
        [
            "a.yaml:8:16: inboxes.t.address: s@corp.example belongs to another inbox already: "
            "give it to one inbox, or name folders"
        ],
    ),
    (
        "inboxes:\n  s: {account: amn, room: {for: desk}}\n",
        ["a.yaml:5:16: inboxes.s.account: the settings have no account 'amn': did you mean 'ann'?"],
    ),
    (
        "inboxes:\n  s: {address: corp.example, room: {for: desk}}\n",
        ["a.yaml:5:16: inboxes.s.address: 'corp.example' is no mail address: write local@domain"],
    ),
    (
        "inboxes:\n  s: {room: {for: desk}}\n",
        [
            "a.yaml:5:6: inboxes.s: has neither address nor account: "
            "say how mail comes in: address: support@corp.example"
        ],
    ),
    # sending
    (
        INBOX + "    send: {who: ann, as: 'Corp <{me.mail}>'}\n",
        [
            "a.yaml:8:26: inboxes.s.send.as: names no sender: "
            "write a person, me, or a name with an address: Corp <support@corp.example>"
        ],
    ),
    (
        INBOX + "    send: {who: ann, as: '{me.last} <s@corp.example>'}\n",
        ["a.yaml:8:26: inboxes.s.send.as: {me.last} is unknown here: known are {me.first} and {me.name}"],
    ),
    (
        INBOX + "    send: {who: ann, to: list}\n",
        ["a.yaml:8:26: inboxes.s.send.to: `to: list` makes sense for lists alone: write sender or all"],
    ),
    (
        INBOX + "    send: {who: ann, hold: 15}\n",
        [
            "a.yaml:8:28: inboxes.s.send.hold: is no duration: "
            'write a number and a unit: "15s", "10m", "2h", "14d", "1w", "2y"'
        ],
    ),
    # one room, one membership
    (
        "inboxes:\n"
        "  s: {address: s@corp.example, room: {is: '#x', for: desk}}\n"
        "  t: {address: t@corp.example, room: {is: '#x:corp.example', for: ann}}\n",
        ["a.yaml:6:6: inboxes.t: #x has other members for inbox:t than for inbox:s: bob only there: make `for` equal"],
    ),
    (
        INBOX + "    rules:\n"
        "      - {name: loud, when: {subject: x}, room: {is: '#x'}}\n"
        "      - {name: low, room: {is: '#x', for: [ann]}}\n",
        [
            "a.yaml:10:9: inboxes.s.rules.2: #x has other members for rule 'low' of inbox:s than for rule 'loud' of "
            "inbox:s: bob only there: make `for` equal"
        ],
    ),
    (
        "inboxes:\n"
        "  s: {address: s@corp.example, room: {is: '#x', for: desk, encryption: true}}\n"
        "  t: {address: t@corp.example, room: {is: '#x', for: desk}}\n",
        [
            "a.yaml:6:6: inboxes.t: #x is encrypted for one of inbox:t and inbox:s, not for the other: "
            "make `encryption` equal"
        ],
    ),
    (
        "before: [{name: all, when: {kind: bulk}, room: {is: '#x'}}]\n"
        + INBOX
        + "  t: {address: t@corp.example, room: {for: ann}}\n"
        "  u: {address: u@corp.example, room: {for: bob}}\n",
        [
            "a.yaml:4:10: before.1: #x has other members for rule 'all' of inbox:t than for rule 'all' of inbox:s: "
            "bob only there: say in this rule who sees it: room: {for: …}"
        ],
    ),
    # a regex that cannot be read is one mistake, not another one in each template
    (
        INBOX + "    rules: [{when: {subject: {regex: '(?P<n>[0-9]+'}}, room: {name: '{n}'}}]\n",
        [
            "a.yaml:8:30: inboxes.s.rules.1.when.subject: this regex cannot be read: missing ): (?P<n>[0-9]+: "
            "see the syntax of RE2"
        ],
    ),
    # people by other names than their short ones
    (
        "inboxes:\n  s: {address: s@corp.example, room: {for: ['@bob:corp.example', Ann@corp.example, Bob Iwu]}}\n",
        [
            f"a.yaml:5:44: inboxes.s.room.for: nobody is called {said!r} in people or groups: "
            f"people have short names here: did you mean {key!r}?"
            for said, key in (("@bob:corp.example", "bob"), ("Ann@corp.example", "ann"), ("Bob Iwu", "bob"))
        ],
    ),
    (
        INBOX + "    attachments: {allow: [pdf, '*.png']}\n",
        [
            "a.yaml:8:26: inboxes.s.attachments.allow: 'pdf' is neither a file name nor a MIME type: "
            'write "*.pdf", "image/*" or "application/pdf"'
        ],
    ),
    # private is obeyed
    (
        "inboxes:\n  s:\n    account: ann\n    private: true\n    room: {for: ann}\n"
        "    rules: [{name: x, when: {kind: bulk}, room: {is: '#x', for: desk}}]\n",
        [
            "a.yaml:9:13: inboxes.s.rules.1: rule 'x' would show mail of inbox:s, which is private, to bob: "
            "let the rule name nobody but those in the inbox's own `for`"
        ],
    ),
    (
        "inboxes:\n  s:\n    account: ann\n    private: maybe\n    room: {for: ann}\n",
        ["a.yaml:7:14: inboxes.s.private: must be true or false"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_each_mistake_is_named_at_its_place_with_its_cure(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == expected


def test_groups_nest_and_a_circle_is_a_problem(tmp_path: Path) -> None:
    start = "domain: d.example\npeople: {ann: , bob: }\ngroups: {a: [b, ann], b: [bob], c: [d], d: [c]}\n"
    found = problems(tmp_path, "", start=start, facts=Facts())
    assert found == [
        "a.yaml:3:36: groups.c: the group 'c' is a member of itself: take it out of the groups in it",
        "a.yaml:3:44: groups.d: the group 'd' is a member of itself: take it out of the groups in it",
    ]
    fine = book(
        tmp_path,
        "inboxes: {s: {address: s@d.example, room: {for: a}}}\n",
        Facts(),
        "domain: d.example\npeople: {ann: , bob: }\ngroups: {a: [b, ann], b: [bob]}\n",
    )
    scope = fine.scope("inbox:s")
    assert scope is not None
    assert scope.room.members == ("@ann:d.example", "@bob:d.example")


def test_a_person_may_have_another_id_and_address(tmp_path: Path) -> None:
    start = (
        "people:\n  ann: {name: Ann Berg, matrix: '@berg:hs.example', mail: ann.berg@corp.example}\n"
        "  bob: Bob\n  Éva: {matrix: nonsense}\n"
    )
    assert problems(tmp_path, "", Facts(), start) == [
        "a.yaml:3:8: people.bob: has no Matrix id: say once `domain: corp.example`, or here `matrix: '@bob:…'`",
        "a.yaml:4:8: people.Éva: 'nonsense' is no Matrix user id: write it as '@localpart:server', in lower case",
    ]
    text = "inboxes: {s: {account: x, room: {for: ann}, send: {who: ann, as: me}}}\n"
    start = start[: start.index("  bob")]
    scope = book(tmp_path, text, Facts(), start).scope("inbox:s")
    assert scope is not None
    assert scope.sending is not None
    assert scope.sending.identities[0][0] == "@berg:hs.example"
    assert scope.sending.identities[0][1].shown == "Ann Berg <ann.berg@corp.example>"


def test_staff_of_other_servers_cannot_join_a_closed_room(tmp_path: Path) -> None:
    facts = Facts(server="hs.example")
    (problem,) = problems(tmp_path, INBOX, facts)
    assert "@ann:corp.example, @bob:corp.example cannot join" in problem
    assert problems(tmp_path, INBOX.replace("{for: desk}", "{for: desk, federate: true}"), facts) == []


def warnings(directory: Path, text: str, now: float | None = None) -> list[str]:
    found = compiled(directory, text, Facts(now=now))
    assert found.problems == ()
    return [str(warning).removeprefix(f"{directory}/") for warning in found.warnings]


def test_a_rule_that_leaves_out_who_may_send_is_where_the_warning_stands(tmp_path: Path) -> None:
    boss = "rules: [{name: boss, when: {from: '*@x.example'}, room: {for: ann}}]\n"
    assert warnings(tmp_path, INBOX + "    send: {who: desk}\n    " + boss) == [
        "a.yaml:9:67: inboxes.s.rules.1.room.for: bob may send but is not a member: "
        "add bob to `for`, or say in this rule who may: send: {who: …}"
    ]
    said = boss.replace("}}]", "}, send: {who: ann}}]")
    assert warnings(tmp_path, INBOX + "    send: {who: desk}\n    " + said) == []


def test_an_encrypted_room_that_is_named_by_the_subject_is_warned_of(tmp_path: Path) -> None:
    text = INBOX.replace("{for: desk}", "{for: desk, encryption: true}")
    what = "names of rooms are not encrypted, and this one is the subject: say `name` without {subject}"
    rule = "    rules: [{name: all, room: {name: '{subject|cut:9}'}}]\n"
    assert warnings(tmp_path, text + rule) == [f"a.yaml:7:11: inboxes.s.room: {what}"]
    named = text.replace("true}", "true, name: '{from.name}'}")
    assert warnings(tmp_path, named) == []
    assert warnings(tmp_path, named + rule) == [f"a.yaml:8:31: inboxes.s.rules.1.room: {what}"]
    assert warnings(tmp_path, text.replace("for:", "is: '#s', for:")) == []


def test_an_inbox_that_says_how_to_answer_and_not_who_may_is_warned_of(tmp_path: Path) -> None:
    told = ["a.yaml:8:11: inboxes.s.send: nobody may answer: name them: who: [ann, bob]"]
    assert warnings(tmp_path, INBOX + "    send: {as: me}\n") == told
    assert warnings(tmp_path, INBOX + "    send: none\n") == []
    assert warnings(tmp_path, INBOX + "    send: {who: ann, as: me}\n") == []
    assert warnings(tmp_path, INBOX + "defaults: {send: {hold: 5s}}\n") == []  # not every inbox need have answers


def test_holidays_that_are_all_past_are_warned_of(tmp_path: Path) -> None:
    now = datetime(2027, 1, 5, tzinfo=UTC).timestamp()
    assert warnings(tmp_path, INBOX + "holidays: [2026-12-25, 2027-01-01]\n", now) == [
        "a.yaml:8:11: holidays: all of them are past: add those to come; 12-25 is that day of every year"
    ]
    assert warnings(tmp_path, INBOX + "holidays: [2026-12-25, 2027-01-05]\n", now) == []
    assert warnings(tmp_path, INBOX + "holidays: [2026-12-25, 01-01]\n", now) == []


def test_the_id_of_a_list_may_be_copied_with_its_brackets(tmp_path: Path) -> None:
    rules = book(tmp_path, "lists: {l: {id: <l.lists.example>, via: l@corp.example, room: {for: desk}}}\n")
    mail = Mail("c", 1, list=ListInfo("l.lists.example"))
    (decision,) = rules.decide(Envelope("smtp", rcpt_tos=("l@corp.example",)), mail, at=0.0)
    assert decision.scope.name == "list:l"


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("domain: other.example\npeople: {ann: Again}\nx: 1\n")
    (tmp_path / "c.yaml").write_text("domain: third.example\ninboxes: {s: {adress: s@corp.example}}\n")
    (tmp_path / "d.test.yaml").write_text("not: read\n")
    found = problems(tmp_path, INBOX)
    assert found == [
        "b.yaml:3:1: x: this key is unknown: "
        "known are before, defaults, domain, groups, holidays, inboxes, lists, people, times, unmatched, zone",
        "c.yaml:2:15: inboxes.s.adress: this key is unknown: did you mean 'address'?",
    ]
    (tmp_path / "b.yaml").write_text("domain: other.example\npeople: {ann: Again}\n")
    (tmp_path / "c.yaml").write_text("inboxes: {s: {address: t@corp.example, room: {for: ann}}}\n")
    name = tmp_path.name
    assert problems(tmp_path, INBOX) == [
        f"b.yaml:1:1: domain: is in {name}/a.yaml:1 already: keep one of them",
        f"b.yaml:2:10: people.ann: is in {name}/a.yaml:2 already: keep one of them",
        f"c.yaml:1:11: inboxes.s: is in {name}/a.yaml:5 already: keep one of them",
    ]


def test_before_of_several_files_is_one_list_in_name_order(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("before: [{name: second, when: {from: nobody}}]\n")
    assert problems(tmp_path, INBOX + "before: [{name: first, do: drop, when: {spam: true}}]\n") == [
        "b.yaml:1:38: before.1.when.from: 'nobody' is no address, person or group, and never matches: "
        'write a whole address or "*@nobody"'
    ]


def test_a_directory_without_rules_is_a_problem(tmp_path: Path) -> None:
    (problem,) = compile_rules(tmp_path, facts=FACTS).problems
    assert "holds no *.yaml file" in problem.what
    (problem,) = compile_rules(tmp_path / "none", facts=FACTS).problems
    assert "is no directory" in problem.what


def test_a_file_that_was_emptied_is_a_problem_and_not_the_end_of_all_inboxes(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")
    (problem,) = compile_rules(tmp_path, facts=FACTS).problems
    assert "is empty" in problem.what


def test_warnings_do_not_stop_the_rulebook(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("")
    text = INBOX + "    send: {who: desk, as: me}\n    rules: [{name: all}, {name: late, when: {kind: bulk}}]\n"
    found = compiled(tmp_path, text.replace("for: desk", "for: ann"), Facts(identities=frozenset({"ann@corp.example"})))
    assert found.rulebook is not None
    assert [warning.what for warning in found.warnings] == [
        "no submission account may send as bob@corp.example",
        "bob may send but is not a member",
        "rule 'late' is never reached",
        "is not read",
    ]
