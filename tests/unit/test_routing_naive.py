"""The compiled rulebook decides like a naive reading of the same rules, for any rules and any mail.

The naive reader below works on the plain document: no sets, no indexes, no precomputed scopes.
"""

import fnmatch
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.mail import Envelope, ListInfo, Mail
from bridge.routing import Facts, compile_rules

PEOPLE = ["ann", "bob", "cleo"]
KINDS = ["personal", "list", "bulk", "auto-reply", "bounce"]
SENDERS = ["kim@a.example", "KIM@A.example", "lee@b.example", "x@sub.a.example"]
PATTERNS = ["kim@a.example", "*@a.example", "*@*.example", "lee@?.example", "*b*@*"]
SUBJECTS = ["", "Hello", "CRIT disk", "hello world"]

names = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True)
when = st.fixed_dictionaries(
    {},
    optional={
        "from": st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2),
        "subject": st.sampled_from(["hello", "*", "crit*", "Hello*"]),
        "kind": st.lists(st.sampled_from(KINDS), min_size=1, max_size=3),
        "list": st.sampled_from(["l1.example", "*.example", "other"]),
    },
).filter(bool)
room = st.fixed_dictionaries({}, optional={"per": st.sampled_from(["conversation", "correspondent"]), "for": names})
send = st.one_of(
    st.just("none"),
    st.fixed_dictionaries({}, optional={"who": names, "to": st.sampled_from(["sender", "all"]), "hold": st.just("1m")}),
)
options = {"room": room, "send": send, "notify": st.sampled_from(["all", "none"])}
rule = st.fixed_dictionaries(
    {"when": when, "do": st.sampled_from(["bridge", "drop", "quarantine", "triage"])}, optional=options
)
based = st.fixed_dictionaries({"room": st.fixed_dictionaries({"for": names})}, optional={"send": send})
book = st.fixed_dictionaries(
    {
        "defaults": st.fixed_dictionaries({}, optional=options),
        "before": st.lists(rule, max_size=2),
        "inboxes": st.dictionaries(
            st.sampled_from(["s", "t", "u"]), st.tuples(based, st.lists(rule, max_size=3)), max_size=3
        ),
    }
)
mails = st.builds(
    lambda sender, subject, kind, listed: Mail(
        "c",
        1,
        from_=(Address(*sender.split("@")),),
        subject=subject,
        kind=kind,
        list=ListInfo(listed) if listed else None,
    ),
    st.sampled_from(SENDERS),
    st.sampled_from(SUBJECTS),
    st.sampled_from(KINDS),
    st.sampled_from(["", "l1.example", "l2.example"]),
)


def holds(condition: dict[str, Any], mail: Mail) -> bool:
    seen = {
        "from": mail.from_[0].spec.lower(),
        "subject": mail.subject.lower(),
        "kind": mail.kind,
        "list": mail.list.id if mail.list else None,
    }
    for key, wanted in condition.items():
        value = seen[key]
        patterns = [wanted] if isinstance(wanted, str) else wanted
        if value is None or not any(fnmatch.fnmatchcase(value, pattern.lower()) for pattern in patterns):
            return False
    return True


def laid(layers: list[dict[str, Any]]) -> tuple[list[str], str, list[str], str, str]:
    """Members, per, who, to, notify after laying each layer over the one before."""
    members: list[str] = []
    per, who, to, notify = "conversation", [], "sender", "all"
    for layer in layers:
        members = layer.get("room", {}).get("for", members)
        per = layer.get("room", {}).get("per", per)
        said = layer.get("send", {})
        who = [] if said == "none" else said.get("who", who)
        to = to if said == "none" else said.get("to", to)
        notify = layer.get("notify", notify)
    return sorted(f"@{m}:d" for m in members), per, sorted(f"@{w}:d" for w in who), to, notify


def naive(rules: dict[str, Any], inbox: str, mail: Mail) -> tuple[str, str, object]:
    own = rules["inboxes"][inbox]
    for candidate in [*rules["before"], *own["rules"]]:
        if holds(candidate["when"], mail):
            if candidate["do"] == "triage":
                return "unmatched", "triage", None
            return f"inbox:{inbox}", candidate["do"], laid([rules["defaults"], own, candidate])
    return f"inbox:{inbox}", "bridge", laid([rules["defaults"], own])


def unmatched(rules: dict[str, Any], mail: Mail) -> tuple[str, str, object]:
    taken = next((candidate["do"] for candidate in rules["before"] if holds(candidate["when"], mail)), "triage")
    return "unmatched", "triage" if taken == "bridge" else taken, None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=book, mail=mails, plus=st.sampled_from(["", "+x"]))
def test_compiled_decides_like_naive(tmp_path: Path, rules: dict[str, Any], mail: Mail, plus: str) -> None:
    rules["inboxes"] = {
        name: {"address": f"{name}@d", "rules": own, **base} for name, (base, own) in rules["inboxes"].items()
    }
    text = yaml.safe_dump({"domain": "d", "people": {name: name for name in PEOPLE}, **rules})
    (tmp_path / "a.yaml").write_text(text)
    compiled = compile_rules(tmp_path, facts=Facts(admins=("@ann:d",)))
    assert compiled.rulebook is not None, [str(problem) for problem in compiled.problems]
    addressed = tuple(f"{name}{plus}@D" for name in rules["inboxes"])
    decisions = compiled.rulebook.decide(Envelope("smtp", rcpt_tos=addressed), mail, at=0.0)
    found = {}
    for decision in decisions:
        scope = decision.scope
        sending = scope.sending
        view = (
            list(scope.room.members),
            scope.room.per,
            [user for user, _ in sending.identities] if sending else [],
            sending.to if sending else None,
            scope.notify.mode,
        )
        found[(scope.name, decision.action, decision.trace.rule)] = view
        now = compiled.rulebook.scope(scope.name, scope.rule)
        assert now == scope
    expected = [naive(rules, name, mail) for name in rules["inboxes"]] or [unmatched(rules, mail)]
    assert {(name, action) for name, action, _ in expected} == {key[:2] for key in found}
    for name, action, view in expected:
        if isinstance(view, tuple):
            (got,) = [value for key, value in found.items() if key[:2] == (name, action)]
            assert (*got[:3], got[3] or view[3], got[4]) == view


def test_a_thousand_rules_compile_and_decide(tmp_path: Path) -> None:
    rules = "".join(f"      - {{name: r{n}, when: {{from: 'x{n}@c.example'}}, notify: none}}\n" for n in range(1000))
    (tmp_path / "a.yaml").write_text(
        "domain: d\npeople: {ann: Ann}\ninboxes:\n  s:\n    address: s@d\n    room: {for: ann}\n    rules:\n" + rules
    )
    compiled = compile_rules(tmp_path, facts=Facts())
    assert compiled.rulebook is not None
    letter = Mail("c", 1, from_=(Address("x999", "c.example"),))
    (decision,) = compiled.rulebook.decide(Envelope("smtp", rcpt_tos=("s@d",)), letter, at=0.0)
    assert decision.trace.rule == "r999"
