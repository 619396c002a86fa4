"""People, addresses and domains are gathered in groups once, and mean the same in every condition."""

from pathlib import Path

import pytest

from bridge.core.addresses import Address
from bridge.core.decision import Standing
from bridge.core.mail import Envelope, Mail
from bridge.routing import Compiled, Facts, compile_rules
from bridge.routing.tree import Needs, leaves

START = """\
domain: d.example
people: {ann: Ann Berg, bob: {mail: b.iwu@other.example}, cleo: Cleo}
groups:
  desk: [ann, bob]
  big: bigclient.example
  vips: [desk, big, kim@c.example, "*@boss.example", "sales-*@shop.example", "*.group.example"]
"""
INBOX = """\
inboxes:
  s:
    address: s@d.example
    room: {{for: ann}}
    rules: [{{name: r, when: {when}}}]
"""


def compiled(directory: Path, text: str, start: str = START) -> Compiled:
    (directory / "a.yaml").write_text(start + text)
    return compile_rules(directory, facts=Facts())


def problems(directory: Path, text: str, start: str = START) -> list[str]:
    return [str(problem).removeprefix(f"{directory}/") for problem in compiled(directory, text, start).problems]


def letter(sender: str, **more: object) -> Mail:
    local, _, domain = sender.rpartition("@")
    return Mail("c", 1, from_=(Address(local, domain),), **more)


def taken(directory: Path, when: str, mail: Mail, standing: Standing | None = None, start: str = START) -> str | None:
    """The words of why the rule is taken, or None."""
    found = compiled(directory, INBOX.format(when=when), start)
    assert found.rulebook is not None, [str(problem) for problem in found.problems]
    envelope = Envelope("smtp", mail_from="bounce@c.example", rcpt_tos=("s@d.example",))
    standings = {"inbox:s": standing} if standing else {}
    (decision,) = found.rulebook.decide(envelope, mail, at=0.0, standings=standings)
    return decision.trace.words.partition("inbox s: ")[2] if decision.trace.rule else None


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ("ann@d.example", "from is vips"),
        ("B.Iwu@other.example", "from is vips"),
        ("cleo@d.example", None),
        ("anybody@bigclient.example", "from is vips"),
        ("anybody@sub.bigclient.example", None),
        ("anybody@notbigclient.example", None),
        ("kim@c.example", "from is vips"),
        ("KIM@c.example", "from is vips"),
        ("lee@c.example", None),
        ("x@boss.example", "from is vips"),
        ("sales-7@shop.example", "from is vips"),
        ("info@shop.example", None),
        ("x@one.group.example", "from is vips"),
        ("x@group.example", None),
    ],
)
def test_a_group_stands_for_everyone_in_it(tmp_path: Path, sender: str, why: str | None) -> None:
    assert taken(tmp_path, "{from: vips}", letter(sender)) == why


def test_a_person_stands_for_their_address_in_every_address_condition(tmp_path: Path) -> None:
    assert taken(tmp_path, "{from: bob}", letter("b.iwu@other.example")) == "from is bob"
    assert taken(tmp_path, "{to: [kim@x.example, bob]}", letter("a@b", to=(Address("b.iwu", "other.example"),)))
    assert taken(tmp_path, "{cc: desk}", letter("a@b", cc=(Address("ann", "d.example"),))) == "cc is desk"
    assert taken(tmp_path, "{from: bob}", letter("bob@d.example")) is None


def test_groups_can_be_indexed_by_address_and_domain(tmp_path: Path) -> None:
    found = compiled(tmp_path, INBOX.format(when="{from: [desk, big, '*@boss.example']}"))
    assert found.rulebook is not None
    (leaf,) = leaves(found.rulebook.scopes["inbox:s"].rules[0].conditions)
    exact = frozenset({"ann@d.example", "b.iwu@other.example"})
    assert leaf.needs == Needs("from", exact, frozenset({"bigclient.example", "boss.example"}))
    assert leaf.patterns == "desk or big or *@boss.example"


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("room: {for: big}", "a.yaml:9:17: inboxes.s.room.for"),
        ("room: {for: ann}\n    send: {who: [ann, vips]}", "a.yaml:10:17: inboxes.s.send.who"),
        ("room: {for: ann}\n    notify: {mention: big}", "a.yaml:10:23: inboxes.s.notify.mention"),
    ],
)
def test_addresses_can_neither_be_members_nor_send_nor_be_mentioned(tmp_path: Path, place: str, where: str) -> None:
    (found,) = problems(tmp_path, f"inboxes:\n  s:\n    {place}\n    address: s@d.example\n")
    name = "vips" if "vips" in place else "big"
    assert found == (
        f"{where}: the group {name!r} holds addresses, and only people can be named here: "
        "name people, or make a group of the people alone"
    )


@pytest.mark.parametrize(
    ("when", "what"),
    [
        ("{from: vps}", "'vps' is no address, person or group, and never matches: did you mean 'vips'?"),
        (
            "{to: nobody}",
            "'nobody' is no address, person or group, and never matches: write a whole address or \"*@nobody\"",
        ),
        (
            "{cc: '@x.example'}",
            "'@x.example' is no address and never matches: write a whole address or \"*@x.example\"",
        ),
        ("{recipient: 'a b@x'}", "'a b@x' is no address and never matches: write a whole address: local@domain"),
        (
            "{correspondent: vip}",
            "'vip' is neither known, first-contact nor a group: did you mean 'vips'?",
        ),
        (
            "{correspondent: unknown}",
            "'unknown' is neither known, first-contact nor a group: did you mean 'known'?",
        ),
    ],
)
def test_a_name_nobody_has_is_a_problem_in_a_condition(tmp_path: Path, when: str, what: str) -> None:
    (found,) = problems(tmp_path, INBOX.format(when=when))
    assert found.split(": ", 2)[2] == what


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("{a: [ann, bbo]}", "3:19: groups.a.2: nobody is called 'bbo' in people or groups: did you mean 'bob'?"),
        (
            "{a: ['@x.example']}",
            "3:13: groups.a: '@x.example' is no mail address: "
            "write local@domain, *@domain, or a domain; quote what begins with @ or *",
        ),
        (
            "{a: 'two words.example'}",
            "3:13: groups.a: nobody is called 'two words.example' in people or groups: known are a, ann, bob",
        ),
        ("{known: ann}", "3:17: groups.known: 'known' is a word of `correspondent`: give the group another name"),
        ("{ann: bob}", "3:15: groups.ann: 'ann' is a person already: give the group another name"),
    ],
)
def test_a_member_that_is_nothing_is_a_problem(tmp_path: Path, groups: str, expected: str) -> None:
    start = f"people: {{ann: , bob: }}\ndomain: d\ngroups: {groups}\n"
    assert problems(tmp_path, "", start) == [f"a.yaml:{expected}"]


def test_a_misspelt_person_with_a_dot_is_not_taken_for_a_domain(tmp_path: Path) -> None:
    start = "domain: d.example\npeople: {ann.berg: Ann}\ngroups: {a: [ann.brg]}\n"
    (found,) = problems(tmp_path, "", start)
    assert found.endswith("nobody is called 'ann.brg' in people or groups: did you mean 'ann.berg'?")


NEW, OLD, ANSWERED = Standing(), Standing("existing", known=True), Standing("answered", known=True)


@pytest.mark.parametrize(
    ("when", "standing", "why"),
    [
        ("{conversation: new}", NEW, "conversation is new"),
        ("{conversation: new}", OLD, None),
        ("{conversation: existing}", OLD, "conversation is existing"),
        ("{conversation: existing}", ANSWERED, "conversation is existing"),
        ("{conversation: answered}", OLD, None),
        ("{conversation: [new, answered]}", ANSWERED, "conversation is answered"),
        ("{correspondent: known}", OLD, "correspondent is known"),
        ("{correspondent: known}", NEW, None),
        ("{correspondent: first-contact}", NEW, "correspondent is first-contact"),
        ("{correspondent: first-contact}", OLD, None),
        ("{correspondent: [first-contact, vips]}", OLD, "correspondent is vips"),
        ("{correspondent: vips}", NEW, "correspondent is vips"),
        ("{correspondent: desk}", NEW, None),
    ],
)
def test_what_the_journal_knows_of_a_mail_can_be_asked(
    tmp_path: Path, when: str, standing: Standing, why: str | None
) -> None:
    assert taken(tmp_path, when, letter("kim@c.example"), standing) == why


def test_the_journal_is_asked_only_for_scopes_whose_rules_want_to_know(tmp_path: Path) -> None:
    text = (
        "inboxes:\n"
        "  plain: {address: p@d.example, room: {for: ann}, rules: [{when: {correspondent: vips}}]}\n"
        "  deep:\n    address: q@d.example\n    room: {for: ann}\n"
        "    rules: [{when: {any: [{kind: bulk}, {not: {conversation: new}}]}}]\n"
    )
    found = compiled(tmp_path, text)
    assert found.rulebook is not None
    both = Envelope("smtp", rcpt_tos=("p@d.example", "q+x@d.example"))
    assert found.rulebook.asks(both, letter("a@b")) == ("inbox:deep",)
    assert found.rulebook.asks(Envelope("smtp", rcpt_tos=("p@d.example",)), letter("a@b")) == ()


BEYOND = """\
domain: d.example
people: {ann: Ann, bob: Bob, cleo: Cleo}
groups:
  desk: ann
  big: straße.example
  vips: [big, kim@bücher.example, "*@*.köln.example", "*@ü*.example"]
"""


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ("kim@bücher.example", "from is vips"),
        ("KIM@xn--bcher-kva.example", "from is vips"),
        ("kim@BÜCHER.example", "from is vips"),
        ("kim@bu\u0308cher.example", "from is vips"),
        ("x@straße.example", "from is vips"),
        ("x@xn--strae-oqa.example", "from is vips"),
        # another domain, though its letters fold to the same
        ("x@strasse.example", None),
        ("x@one.xn--kln-sna.example", "from is vips"),
        ("x@one.köln.example", "from is vips"),
        ("x@\ud800.example", None),
    ],
)
def test_a_domain_beyond_ascii_is_the_one_of_the_dns(tmp_path: Path, sender: str, why: str | None) -> None:
    assert taken(tmp_path, "{from: vips}", letter(sender), start=BEYOND) == why


def test_a_domain_that_only_folds_to_one_in_a_rule_does_not_meet_it(tmp_path: Path) -> None:
    assert taken(tmp_path, "{from: '*@strasse.example'}", letter("x@strasse.example"))
    assert taken(tmp_path, "{from: '*@strasse.example'}", letter("x@straße.example")) is None
