"""Who is addressed, which rule is taken, and what remains in force when rules change."""

import time
from pathlib import Path

import pytest

from bridge.core.addresses import Address, parse_spec
from bridge.core.mail import Envelope, ListInfo, Mail
from bridge.routing import CompiledRulebook, Facts, compile_rules

START = "domain: d.example\npeople: {ann: Ann Berg, bob: Bob Iwu, cleo: Cleo}\ngroups: {desk: [ann, bob]}\n"


def book(directory: Path, text: str, facts: Facts | None = None) -> CompiledRulebook:
    (directory / "a.yaml").write_text(START + text)
    compiled = compile_rules(directory, facts=facts or Facts(admins=("@cleo:d.example",)))
    assert compiled.rulebook is not None, [str(problem) for problem in compiled.problems]
    return compiled.rulebook


def mail(**more: object) -> Mail:
    return Mail("c", 1, from_=(Address("kim", "c.example"),), **more)


def names(rules: CompiledRulebook, envelope: Envelope, letter: Mail | None = None) -> list[str]:
    return [decision.scope.name for decision in rules.decide(envelope, letter or mail(), at=0.0)]


LISTS = """\
inboxes:
  dan: {address: dan@d.example, account: dan, room: {for: ann}}
lists:
  users: {id: "*.postfix.example", via: [dan@d.example, dan], room: {is: "#users", for: desk}}
"""
LISTED = ListInfo("users.postfix.example")


def test_a_list_shows_in_its_room_instead_of_the_inbox_behind_its_via(tmp_path: Path) -> None:
    rules = book(tmp_path, LISTS)
    smtp, imap = Envelope("smtp", rcpt_tos=("dan@d.example",)), Envelope("imap", account="dan", folder="Lists")
    assert names(rules, smtp, mail(list=LISTED)) == ["list:users"]
    assert names(rules, imap, mail(list=LISTED)) == ["list:users"]
    assert names(rules, smtp) == names(rules, imap) == ["inbox:dan"]
    assert names(rules, smtp, mail(list=ListInfo("other.example"))) == ["inbox:dan"]


def test_a_list_without_said_recipients_is_answered_to_the_list(tmp_path: Path) -> None:
    scope = book(tmp_path, LISTS.replace("for: desk}}", "for: desk}, send: {who: ann}}")).scope("list:users")
    assert scope is not None
    assert scope.sending is not None
    assert (scope.sending.to, scope.sending.identities[0][1].spec) == ("list", "ann@d.example")


def test_folders_of_one_account_can_be_inboxes_of_their_own(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "inboxes:\n  rest: {account: dan, room: {for: ann}}\n"
        "  sales: {account: dan, folders: [Sales, 'Sales/*'], room: {for: desk}}\n",
    )
    assert names(rules, Envelope("imap", account="dan", folder="INBOX")) == ["inbox:rest"]
    assert names(rules, Envelope("imap", account="dan", folder="Sales")) == ["inbox:sales"]
    assert names(rules, Envelope("imap", account="dan", folder="sales/2026")) == ["inbox:sales"]
    assert names(rules, Envelope("imap", account="other", folder="Sales")) == ["unmatched"]


def test_every_recipient_of_a_transaction_is_served_and_a_stray_one_is_seen_by_triage(tmp_path: Path) -> None:
    text = "inboxes: {s: {address: s@d.example, room: {for: ann}}}\nunmatched: {catch-all: Shop.example}\n"
    rules = book(tmp_path, text)
    assert rules.knows("anything@shop.example")
    assert "@shop.example" in rules.recipients()
    assert names(rules, Envelope("smtp", rcpt_tos=("s@d.example", "x@shop.example"))) == ["inbox:s", "unmatched"]


def test_an_inbox_may_be_postmaster(tmp_path: Path) -> None:
    rules = book(tmp_path, "inboxes: {s: {address: [s@d.example, postmaster@d.example], room: {for: ann}}}\n")
    assert names(rules, Envelope("smtp", rcpt_tos=("PostMaster@d.example",))) == ["inbox:s"]


def test_without_an_unmatched_section_stray_mail_is_triaged_to_the_admins(tmp_path: Path) -> None:
    rules = book(tmp_path, "")
    (decision,) = rules.decide(Envelope("imap", account="x"), mail(), at=0.0)
    assert (decision.action, decision.scope.room.target) == ("triage", "#mailroom")
    assert decision.scope.room.members == ("@cleo:d.example",)
    assert decision.scope.sending is None


def test_is_and_per_replace_each_other_and_for_is_inherited(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "defaults: {room: {is: '#all', for: desk, thread-by: subject}}\n"
        "inboxes:\n  s:\n    address: s@d.example\n    room: {per: conversation, topic: Sales}\n"
        "    rules: [{name: b, when: {kind: bulk}, room: {is: '#bulk', for: ann}}]\n",
    )
    base, bulk = rules.scope("inbox:s"), rules.scope("inbox:s", "b")
    assert base is not None
    assert bulk is not None
    assert (base.room.per, base.room.target, base.room.topic) == ("conversation", "", "Sales")
    assert (bulk.room.per, bulk.room.target, bulk.room.topic) == (None, "#bulk", "Sales")
    assert base.room.thread_by == bulk.room.thread_by == "subject"
    assert (len(base.room.members), bulk.room.members) == (2, ("@ann:d.example",))


def test_send_none_takes_the_right_away_and_the_rest_is_kept(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "defaults: {send: {hold: 1m, prefix: '!!'}}\n"
        "inboxes:\n  s:\n    address: s@d.example\n    room: {for: desk}\n    send: {who: desk}\n"
        "    rules: [{name: no, when: {kind: bulk}, send: none}, {name: ann, when: {kind: list}, send: {who: ann}}]\n",
    )
    no, ann = rules.scope("inbox:s", "no"), rules.scope("inbox:s", "ann")
    assert no is not None
    assert no.sending is None
    assert ann is not None
    assert ann.sending is not None
    assert (ann.sending.hold, ann.sending.prefix) == (60, "!!")
    assert ann.sending.identities == (("@ann:d.example", Address("s", "d.example", "Ann Berg")),)


def test_a_rule_that_is_gone_leaves_the_narrowest_membership_and_right(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "inboxes:\n  s:\n    address: s@d.example\n    room: {for: desk}\n    send: {who: desk}\n"
        "    rules: [{name: secret, when: {kind: bulk}, room: {for: ann}, send: {who: ann}}]\n",
    )
    gone = rules.scope("inbox:s", "the name it had yesterday")
    assert gone is not None
    assert gone.room.members == ("@ann:d.example",)
    assert gone.sending is not None
    assert [user for user, _ in gone.sending.identities] == ["@ann:d.example"]
    assert rules.scope("inbox:none", "secret") is None


PRIVATE = """\
before:
  - {name: look, when: {kind: bulk}, do: triage}
  - {name: spam, when: {spam: true}, do: quarantine}
inboxes:
  ann: {account: ann, private: true, room: {for: ann}}
unmatched: {room: {is: "#triage", for: desk}}
"""


def test_a_private_inbox_is_never_triaged_where_others_see_it(tmp_path: Path) -> None:
    rules = book(tmp_path, PRIVATE)
    (decision,) = rules.decide(Envelope("imap", account="ann"), mail(kind="bulk"), at=0.0)
    assert (decision.scope.name, decision.action, decision.scope.private) == ("inbox:ann", "quarantine", True)
    assert "the inbox is private" in decision.trace.words
    (decision,) = rules.decide(Envelope("imap", account="ann"), mail(headers=(("X-Spam-Flag", "YES"),)), at=0.0)
    assert (decision.action, decision.scope.private) == ("quarantine", True)


def test_what_all_inboxes_are_told_does_not_open_the_past_of_a_private_one(tmp_path: Path) -> None:
    rules = book(tmp_path, "defaults: {room: {history: shared}}\n" + PRIVATE)
    scope = rules.scope("inbox:ann")
    assert scope is not None
    assert scope.room.history == "invited"


@pytest.mark.parametrize(
    ("room", "problem"),
    [
        ("name: '{subjet}'", "inboxes.s.room.name: {subjet} is unknown here: did you mean 'subject'?"),
        ("topic: '{me.name}'", "inboxes.s.room.topic: {me.name} is unknown here: did you mean 'from.name'?"),
        (
            "alias: desk",
            "inboxes.s.room.alias: is the same for every room, and one room alone can have it: "
            "put a field into it: ticket-{number}",
        ),
        (
            "alias: '{subject}'",
            "inboxes.s.room.alias: could become any alias by what a stranger writes, also that of another room: "
            "begin it with a word of your own: ticket-{number}",
        ),
        (
            "alias: 'mail{subject}'",
            "inboxes.s.room.alias: could become #mailroom, the admin room: begin it with another word",
        ),
    ],
)
def test_a_template_that_cannot_be_filled_is_a_problem(tmp_path: Path, room: str, problem: str) -> None:
    (tmp_path / "a.yaml").write_text(
        f"domain: d\npeople: {{ann: Ann}}\ninboxes: {{s: {{address: s@d.example, room: {{for: ann, {room}}}}}}}\n"
    )
    found = compile_rules(tmp_path, facts=Facts()).problems
    assert [f"{each.path}: {each.what}: {each.cure}" for each in found] == [problem]


@pytest.mark.parametrize(
    ("alias", "target", "may"),
    [
        ("al-{subject}", "#al-erts", True),
        ("al-{subject}", "#al", True),
        ("Al {subject}", "#al-erts", True),
        ("al{subject}", "#alerts", True),
        ("al-{subject}", "#alerts", False),
        ("al{subject}", "#al_erts", False),
        ("al{subject}", "#alerts:other.example", False),
        ("al{subject}", "#sales", False),
    ],
)
def test_no_subject_can_take_the_alias_of_a_room_of_the_rules(
    tmp_path: Path, alias: str, target: str, may: bool
) -> None:
    (tmp_path / "a.yaml").write_text(
        "domain: d\npeople: {ann: Ann}\ninboxes:\n"
        f"  s: {{address: s@d.example, room: {{for: ann, alias: '{alias}'}}}}\n"
        f"  t: {{address: t@d.example, room: {{for: ann, is: '{target}'}}}}\n"
    )
    found = [f"{each.path}: {each.what}" for each in compile_rules(tmp_path, facts=Facts()).problems]
    assert found == ([f"inboxes.s.room: the alias {alias} could become {target}, a room of the rules"] if may else [])


def test_the_groups_of_a_rules_regex_are_fields_of_its_templates(tmp_path: Path) -> None:
    rule = "{when: {subject: {regex: 'order (?P<number>[0-9]+)'}}, room: {name: 'Order {number}', alias: 'o-{number}'}}"
    rules = book(tmp_path, f"inboxes: {{s: {{address: s@d.example, room: {{for: ann}}, rules: [{rule}]}}}}\n")
    (decision,) = rules.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), mail(subject="an order 17"), at=0.0)
    assert decision.scope.room.name == "Order {number}"
    assert decision.captures == (("number", "17"),)


def test_a_lone_surrogate_raises_nothing(tmp_path: Path) -> None:
    rules = book(tmp_path, "before: [{name: x, do: drop, when: {folder: {regex: 'x$'}}}]\n")
    (decision,) = rules.decide(Envelope("imap", account="a", folder="\udc80x"), mail(), at=0.0)
    assert decision.action == "drop"


def test_words_of_a_trace_never_quote_the_mail(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "inboxes:\n  s:\n    address: s@d.example\n    room: {for: ann}\n"
        "    rules: [{when: {subject: '*salary*', from: {regex: 'kim'}, header: {X-A: '*'}}}]\n",
    )
    letter = mail(subject="My salary is 1234", headers=(("x-a", "private words"),))
    (decision,) = rules.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), letter, at=0.0)
    assert decision.trace.rule == "s#1"
    assert decision.trace.words.endswith(
        "rule 's#1' of inbox s: subject is *salary* and from is /kim/ and header X-A is *"
    )


@pytest.mark.parametrize(
    ("when", "letter", "taken"),
    [
        ("{subject: 'hello'}", mail(subject="HELLO"), True),
        ("{subject: 'hello'}", mail(subject="hello world"), False),
        ("{subject: '[list] *'}", mail(subject="[List] news"), True),
        ("{subject: 'a?c'}", mail(subject="abc"), True),
        ("{subject: 'a.c'}", mail(subject="abc"), False),
        ("{subject: {regex: 'hel+o'}}", mail(subject="oh hello"), True),
        ("{subject: {regex: 'hel+o'}}", mail(subject="HELLO"), False),
        ("{subject: [x, {regex: 'y$'}]}", mail(subject="why"), True),
        ("{subject: Straße}", mail(subject="STRASSE"), True),
        ("{from: 'KIM@c.example'}", mail(), True),
        ("{from: '*@c.example', kind: bulk}", mail(), False),
        ("{to: x@y.example}", mail(to=(Address("X", "y.example", "name"),)), True),
        ("{cc: x@y.example}", mail(to=(Address("x", "y.example"),)), False),
        ("{recipient: s+vip@d.example}", mail(), True),
        ("{list: 'l.example'}", mail(list=ListInfo("l.example")), True),
        ("{list: '*'}", mail(), False),
        ("{spam: false}", mail(), True),
        ("{spam: true}", mail(headers=(("x-spam-status", "Yes, score=9"),)), True),
        ("{header: {X-Prio: [high, urgent]}}", mail(headers=(("X-PRIO", "Urgent"),)), True),
        ("{header: {X-Prio: high, X-B: '*'}}", mail(headers=(("X-Prio", "high"),)), False),
        ("{account: ann}", mail(), False),
    ],
)
def test_conditions(tmp_path: Path, when: str, letter: Mail, taken: bool) -> None:
    rules = book(
        tmp_path,
        f"inboxes:\n  s:\n    address: s@d.example\n    room: {{for: ann}}\n    rules: [{{name: r, when: {when}}}]\n",
        Facts(),
    )
    (decision,) = rules.decide(Envelope("smtp", rcpt_tos=("s+vip@d.example",)), letter, at=0.0)
    assert (decision.trace.rule == "r") is taken


def test_a_mail_with_two_authors_meets_no_from_rule(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "inboxes:\n  s:\n    address: s@d.example\n    room: {for: ann}\n"
        "    rules: [{name: r, when: {from: '*@big.example'}}]\n",
    )
    both = tuple(filter(None, (parse_spec("evil@c.example"), parse_spec("boss@big.example"))))
    (decision,) = rules.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), Mail("c", 1, from_=both), at=0.0)
    assert decision.trace.rule == ""


def test_a_regex_made_to_backtrack_takes_linear_time(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        "inboxes:\n  s:\n    address: s@d.example\n    room: {for: ann}\n"
        "    rules: [{when: {subject: {regex: '(a+)+$'}}}, {when: {subject: '*a*a*a*a*a*a*a*a*b'}}]\n",
    )
    letter = mail(subject="a" * 20_000 + "!")
    started = time.process_time()
    rules.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), letter, at=0.0)
    # A backtracking engine needs longer than the age of the universe: the bound only has to be finite.
    assert time.process_time() - started < 30


def test_the_digest_names_the_text_of_the_rules(tmp_path: Path) -> None:
    first = book(tmp_path, LISTS).digest
    assert book(tmp_path, LISTS).digest == first
    assert book(tmp_path, LISTS + "# a word\n").digest != first
