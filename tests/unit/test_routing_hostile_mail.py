"""Whatever a mail holds, no condition raises, explaining agrees with deciding, and no trace holds a word of it."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.decision import Standing
from bridge.core.mail import Envelope, ListInfo, Mail, Part, Verdict
from bridge.routing import CompiledRulebook, Facts, compile_rules
from bridge.routing.tree import Case, Leaf, Result, explain, meet

RULES = """\
domain: d.example
people: {ann: Ann}
groups: {vips: [v.example, kim@c.example, "*@*.deep.example"]}
zone: Europe/Berlin
times: {night: {hours: 22:00-6:00}}
inboxes:
  s:
    address: s@d.example
    room: {for: ann}
    rules:
      - when:
          any:
            - {from: [vips, "*a*", {regex: "(?P<who>.)@"}], to: ann, cc: "?@x", to-or-cc: "*", recipient: "*b*"}
            - {sender: ["<>", vips], account: "*", folder: {regex: ".+"}, list: ["l.example", "*.x"]}
            - {subject: {regex: "(?P<word>\\\\pL+)"}, body: ["*x*", exact, {regex: "^(?P<line>.*)$"}]}
            - {header: {X-A: "*", X-B: {regex: "."}}, size: {over: 5B}, attachment: {name: "*.?", type: "*/*"}}
            - {attachment: {size: {under: 5MB}, at-most: 3}, spam: true}
            - {kind: [personal, bulk], authentication: {dmarc: pass, dkim: fail, spf: none}, time: night}
            - {conversation: [new, answered], correspondent: [known, vips]}
            - {not: {all: [{spam: false}, {not: {subject: "*"}}]}}
"""


@cache
def book() -> CompiledRulebook:
    with TemporaryDirectory() as folder:
        Path(folder, "a.yaml").write_text(RULES)
        compiled = compile_rules(Path(folder), facts=Facts(authserv=frozenset({"mx"})))
    assert compiled.rulebook is not None, [str(problem) for problem in compiled.problems]
    return compiled.rulebook


texts = st.one_of(
    st.text(st.characters(), max_size=20),  # lone surrogates too
    st.sampled_from(["", "\0", "\r\n", "SECRET words", "ẞ" * 30, "x" * 30_000, "\n" * 500, "(" * 50, "a\\", "\u202e"]),
)
specs = st.builds(Address, texts, texts)
mails = st.builds(
    Mail,
    content=st.just("c"),
    size=st.integers(0, 10**10),
    from_=st.lists(specs, max_size=2).map(tuple),
    to=st.lists(specs, max_size=2).map(tuple),
    cc=st.lists(specs, max_size=2).map(tuple),
    subject=texts,
    kind=st.sampled_from(["personal", "bulk", "receipt", "calendar", "reaction"]),
    list=st.none() | st.builds(ListInfo, texts),
    text=texts,
    attachments=st.lists(
        st.builds(Part, st.integers(0, 9), texts, texts, st.integers(0, 10**9), st.just("h"), st.booleans()), max_size=3
    ).map(tuple),
    headers=st.lists(st.tuples(st.sampled_from(["x-a", "X-B", "X-Spam", "Return-Path"]), texts), max_size=4).map(tuple),
    verdicts=st.lists(
        st.builds(Verdict, st.integers(0, 2), st.sampled_from(["mx", "x"]), st.sampled_from(["spf", "dkim"]), texts),
        max_size=3,
    ).map(tuple),
)
envelopes = st.one_of(
    st.builds(Envelope, st.just("smtp"), texts, st.just(("s@d.example",))),
    st.builds(Envelope, st.just("imap"), rcpt_tos=st.just(("s@d.example",)), account=texts, folder=texts),
)
standings = st.builds(Standing, st.sampled_from(["new", "existing", "answered"]), st.booleans())


def results(result: Result) -> list[Result]:
    return [result, *(found for child in result.below for found in results(child))]


@given(mail=mails, envelope=envelopes, at=st.floats(-1e12, 1e12), standing=standings)
def test_no_mail_makes_a_condition_raise_or_speak(
    mail: Mail, envelope: Envelope, at: float, standing: Standing
) -> None:
    rules = book()
    (rule,) = rules.scopes["inbox:s"].rules
    case = Case(envelope, mail, at, standing)
    told = explain(rule.conditions, case)
    assert told.hit == meet(rule.conditions, case)
    for result in results(told):
        assert result.hit == meet(result.node, case)
        if isinstance(result.node, Leaf) and result.hit is not None:
            said = result.hit.words.removeprefix(f"{result.node.label} is ")
            assert said in (result.node.patterns, *result.node.patterns.split(" or "))
    for decision in rules.decide(envelope, mail, at=at, standings={"inbox:s": standing}):
        assert (decision.trace.rule == "s#1") is (told.hit is not None)
        for name, text in decision.captures:
            assert name in ("who", "word", "line")
            assert text.encode("utf-8") or text == ""
