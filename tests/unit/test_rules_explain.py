"""`mailroom rules explain`: the way of a mail, with places; it never says other than what the daemon would decide."""

import json
from pathlib import Path

from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from bridge.cli.main import main
from bridge.core.addresses import parse_spec
from bridge.core.decision import EVERY_STANDING, Standing
from bridge.core.mail import Envelope, Kind, ListInfo, Mail
from bridge.core.plan import Arrival
from bridge.routing import Facts, compile_rules
from bridge.routing.explaining import addressed, explain_mail
from bridge.routing.origins import options
from bridge.routing.tree import words
from bridge.store.journal import Journal
from tests.unit.cli_world import RULES as FIRST_RULES
from tests.unit.cli_world import Installation

RULES = """\
domain: corp.example
zone: Europe/Berlin
people: {ann: Ann Berg, bob: Bob Iwu, dan: Dan Ito}
groups: {desk: [ann, bob], vips: ["*@big.example", boss@small.example]}
defaults:
  send: {hold: 30s}
  room: {history: shared}
before:
  - {name: spam, when: {spam: true}, do: quarantine}
  - {when: {subject: "*lottery*"}, do: triage}
inboxes:
  support:
    address: support@corp.example
    room: {for: desk, name: "Case: {subject}"}
    send: {who: ann, to: all}
    rules:
      - name: noise
        when:
          any:
            - kind: [bulk, auto-reply]
            - not: {from: [vips, kim@customer.example]}
              subject: {regex: "^(?P<word>Sale|Offer)"}
        room: {is: "#noise"}
        do: show
      - {name: first, when: {correspondent: first-contact, conversation: new}, notify: {mention: dan}}
  sales: {address: sales@corp.example, room: {for: dan}, send: none, rules: [{name: all, notify: none}]}
  eva: {account: eva, folders: "Work*", private: true, room: {for: ann}, rules: [{when: {from: vips}, do: triage}]}
lists:
  users: {id: users.example, via: [lists@corp.example, eva], room: {per: list, for: desk}, send: {who: ann}}
unmatched: {room: {is: "#triage", for: dan}, catch-all: caught.example}
"""
MAIL = "From: Kim <kim@customer.example>\r\nTo: support@corp.example, lee@x.example\r\nSubject: Offer of a lifetime\r\n"
AT = "2026-11-23 10:00"


def run(folder: Path, *args: str, mail: str = MAIL, status: int = 0, rules: str = RULES) -> str:
    (folder / "rules.yaml").write_text(rules)
    (folder / "mail.eml").write_text(mail + "\r\nHi\r\n", newline="")
    where = ["--rules", str(folder), "--at", AT]
    done = CliRunner().invoke(main, ["rules", "explain", str(folder / "mail.eml"), *where, *args])
    assert done.exit_code == status, done.output + repr(done.exception)
    return done.output.replace(f"{folder.name}/", "")


def test_every_step_has_its_place_and_every_option_its_origin(tmp_path: Path) -> None:
    head, _, told = run(tmp_path, "--to", "support+7@corp.example").partition("\n\n")
    assert head.startswith("personal mail, came Mon 2026-11-23 10:00 CET; rulebook ")
    assert told.splitlines() == [
        "inbox:support",
        "  addressed: support@corp.example, without +…, is its address",
        "  its conversation is new, its author is unknown",
        "  rules.yaml:9:5: rule 'spam' passes",
        "    ✗ spam is true  (rules.yaml:9:25)",
        "  rules.yaml:10:5: rule 'before#2' passes",
        "    ✗ subject is *lottery*  (rules.yaml:10:13)",
        "  rules.yaml:17:9: rule 'noise' passes",
        "    ✗ any of these  (rules.yaml:19:11)",
        "      ✗ kind is bulk or auto-reply  (rules.yaml:20:15)",
        "      ✗ all of these  (rules.yaml:21:15)",
        "        ✗ not  (rules.yaml:21:15)",
        "          ✓ from is kim@customer.example  (rules.yaml:21:21)",
        "        ✓ subject is /^(?P<word>Sale|Offer)/  (rules.yaml:22:15)",
        "  rules.yaml:25:9: rule 'first' takes it",
        "    ✓ all of these  (rules.yaml:25:23)",
        "      ✓ correspondent is first-contact  (rules.yaml:25:30)",
        "      ✓ conversation is new  (rules.yaml:25:60)",
        "  bridge: rule 'first' (rules.yaml:25)",
        "  room: conversation (new), called 'Case: Offer of a lifetime'",
        "  sees it: ann, bob",
        "  answer by ann: to kim@customer.example, lee@x.example as Ann Berg <support@corp.example>",
        "  options:",
        "    room.for       desk  (inbox rules.yaml:14)",
        '    room.name      "Case: {subject}"  (inbox rules.yaml:14)',
        "    room.history   shared  (defaults rules.yaml:7)",
        "    room.per       conversation  (built-in)",
        "    room.space     true  (built-in)",
        "    room.federate  false  (built-in)",
        "    send.who       ann  (inbox rules.yaml:15)",
        "    send.to        all  (inbox rules.yaml:15)",
        "    send.hold      30s  (defaults rules.yaml:6)",
        "    send.by        reply  (built-in)",
        "    send.quote     below  (built-in)",
        '    send.prefix    "//"  (built-in)',
        "    notify         {mention: dan}  (rule rules.yaml:25)",
    ]


def test_where_conversations_are_taken_it_says_who_may_and_where_the_line_is(tmp_path: Path) -> None:
    room = "{per: conversation, for: [ann, bob], lobby: '#desk', join: on-take}"
    rules = "domain: corp.example\npeople: {ann: , bob: }\ninboxes:\n  s:\n    address: s@corp.example\n"
    rules += (
        f"    room: {room}\n    rules: [{{name: bobs, when: {{subject: '*Offer*', conversation: new}}, assign: bob}}]\n"
    )
    told = run(tmp_path, "--to", "s@corp.example", rules=rules)
    lines = (
        "sees it: ann, bob, on taking it at its line",
        "let in at once: bob",
        "its line: in #desk, seen by all of them",
    )
    assert "".join(f"  {line}\n" for line in lines) in told
    assert "room: conversation (new), called 'Offer of a lifetime'" in told
    told = run(tmp_path, "--to", "s@corp.example", "--conversation", "existing", rules=rules)
    assert "room: conversation\n" in told
    assert "let in at once" not in told
    told = run(tmp_path, "--to", "s@corp.example", rules=rules, mail=MAIL.replace("Offer", "Other"))
    assert "  sees it: ann, bob, on taking it at its line\n  its line: in #desk" in told
    assert "    room.join" in told
    told = run(tmp_path, "--to", "s@corp.example", "--json", rules=rules)
    assert '"invited": [\n    "@bob:corp.example"\n   ]' in told
    told = run(tmp_path, "--to", "s@corp.example", rules=rules.replace("on-take", "at-once"))
    assert "  sees it: ann, bob\n  its line: in #desk, seen by all of them\n" in told


def test_what_a_rule_asks_of_the_journal_is_assumed_as_it_is_said(tmp_path: Path) -> None:
    told = run(tmp_path, "--to", "support@corp.example", "--conversation", "answered")
    assert "its conversation is answered, its author is known" in told
    assert "rule 'first' passes" in told
    assert "bridge: no rule took it (rules.yaml:12)\n  room: conversation\n" in told
    assert "its author is known" in run(tmp_path, "--to", "support@corp.example", "--known")


def test_showing_without_answers_says_what_took_the_right_away(tmp_path: Path) -> None:
    told = run(tmp_path, "--to", "support@corp.example", mail=MAIL.replace("kim@", "x@"))
    assert "bridge: rule 'noise' (rules.yaml:17)\n  room: #noise, called 'Case: Offer of a lifetime'" in told
    assert "  may answer: none\n  captured: word='Offer'\n" in told
    assert "    send            none (do: show)  (rule rules.yaml:24)" in told
    told = run(tmp_path, "--to", "sales@corp.example")
    assert "rule 'all' takes it (it takes everything)" in told
    assert "    send           none  (inbox rules.yaml:26)" in told


GUARDED = """\
domain: corp.example
people: {ann: Ann Berg, bob: Bob Iwu, dan: Dan Ito}
inboxes:
  books:
    address: books@corp.example
    room: {for: [ann, bob, dan]}
    attachments: {allow: "*.pdf"}
    send: {who: [ann, bob], approve: [bob, dan]}
    rules: [{name: large, when: {subject: "*scan*"}, reject: "Too large, please."}]
"""
FILES = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n'
    "Content-Disposition: attachment; filename=a.doc\r\n\r\nabc\r\n--b--"
)


def test_what_is_withheld_who_must_agree_and_the_words_of_a_refusal_are_told(tmp_path: Path) -> None:
    told = run(tmp_path, "--to", "books@corp.example", mail=MAIL + FILES, rules=GUARDED)
    assert "  not shown: a.doc (3 B): " in told
    assert (
        "  answer by ann: to kim@customer.example as Ann Berg <books@corp.example>, once one of bob, dan agrees" in told
    )
    assert "  answer by bob: to kim@customer.example as Bob Iwu <books@corp.example>, once dan agrees" in told
    refused = run(tmp_path, "--to", "books@corp.example", mail=MAIL.replace("Offer", "A scan"), rules=GUARDED)
    assert "  reject: rule 'large' (rules.yaml:9), with 'Too large, please.'" in refused


def test_who_is_addressed_is_said_for_every_way(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_text(MAIL)
    told = run(tmp_path, "--to", "nobody@caught.example", "--to", "x@gone.example")
    assert "addressed: nobody@caught.example is no inbox's, but taken" in told
    assert "addressed: x@gone.example is no inbox's, and would be refused over SMTP" in told
    listed = MAIL + "List-Id: <users.example>\r\n"
    told = run(tmp_path, "--account", "eva", mail=listed)
    assert "list:users\n  addressed: it lay in INBOX of the account eva, its via, and carries its id" in told
    told = run(tmp_path, "--to", "lists@corp.example", mail=listed)
    assert "addressed: lists@corp.example is its via, and the mail carries its id" in told
    told = run(tmp_path, "--account", "eva", "--folder", "Working")
    assert "inbox:eva\n  addressed: it lay in Working of the account eva\n" in told
    assert "    room.history   invited  (built-in)" in told
    told = run(tmp_path, "--account", "eva", "--to", "sales@corp.example")
    assert (
        "lay in INBOX of the account eva, which is no inbox's, and its delivery header says sales@corp.example" in told
    )
    told = run(tmp_path, "--account", "eva")
    assert "unmatched\n  addressed: it leads to no inbox or list" in told


def test_triage_names_the_inbox_that_gave_it_away_and_the_room_that_shows_it(tmp_path: Path) -> None:
    told = run(tmp_path, "--to", "support@corp.example", mail=MAIL.replace("Offer", "lottery"))
    assert "inbox:support\n" in told
    assert "triage: rule 'before#2' (rules.yaml:10), shown by unmatched\n  room: #triage" in told
    told = run(tmp_path, "--account", "eva", "--folder", "Work", mail=MAIL.replace("customer", "big"))
    assert "quarantine: rule 'eva#1'" in told
    assert "room:" not in told


def test_the_json_says_the_same(tmp_path: Path) -> None:
    made = json.loads(run(tmp_path, "--to", "support@corp.example", "--json"))
    (share,) = made["shares"]
    assert (made["kind"], share["scope"], share["action"], share["rule"]) == (
        "personal",
        "inbox:support",
        "bridge",
        "first",
    )
    assert [step["taken"] for step in share["rules"]] == [False, False, False, True]
    assert share["sees"] == ["@ann:corp.example", "@bob:corp.example"]
    (answer,) = share["answers"]
    assert (answer["by"], answer["to"]) == ("@ann:corp.example", ["kim@customer.example", "lee@x.example"])
    assert {"key": "send.hold", "value": "30s", "source": "defaults", "file": "rules.yaml", "line": 6} in share[
        "options"
    ]


def test_what_cannot_be_explained_says_why(tmp_path: Path) -> None:
    assert "say --to ADDRESS" in run(tmp_path, status=1)
    assert "--at is no moment" in run(tmp_path, "--at", "soon", status=2)
    runner = CliRunner()
    assert "name a mail" in runner.invoke(main, ["rules", "explain"]).output
    done = runner.invoke(main, ["rules", "explain", str(tmp_path / "gone.eml"), "--rules", str(tmp_path)])
    assert "gone.eml: cannot be read" in done.output
    (tmp_path / "rules.yaml").write_text("inboxes: {x: {adress: y}}\n")
    done = runner.invoke(main, ["rules", "explain", str(tmp_path / "mail.eml"), "--rules", str(tmp_path)])
    assert "did you mean 'address'?" in done.output
    assert done.exit_code == 1


def test_a_mail_of_the_journal_brings_its_envelope_its_moment_and_what_is_known(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    raw = b"From: kim@customer.example\r\nMessage-ID: <one@customer.example>\r\nSubject: Hello\r\n\r\nHi\r\n"

    async def keep(journal: Journal) -> None:
        envelope = Envelope("smtp", "kim@customer.example", ("support@corp.example",))
        await journal.accept([Arrival("smtp:1", "mail", raw, 1_795_000_000.0, envelope)])

    world.journal(keep)
    rule = "rules: [{name: f, when: {correspondent: first-contact}, notify: none}]"
    world.write_rules(FIRST_RULES.replace("send: none", f"send: none\n    {rule}"))
    for name in ("<one@customer.example>", "one@customer.example", "smtp:1"):
        told = world.says("rules", "explain", "--message-id", name)
        assert told.startswith("personal mail, came Wed 2026-11-18 11:06 UTC")
        assert "addressed: support@corp.example is its address" in told
        assert "its conversation is new, its author is unknown" in told
    assert "knows no mail" in world.says("rules", "explain", "--message-id", "<two@customer.example>", status=1)


SENDERS = ["kim@customer.example", "x@big.example", "boss@small.example", "y@other.example"]
DOORS = ["support@corp.example", "support+1@corp.example", "sales@corp.example", "lists@corp.example", "x@gone.example"]
KINDS: list[Kind] = ["personal", "bulk", "auto-reply", "list"]
mails = st.builds(
    lambda sender, subject, kind, listed, spam: Mail(
        "c",
        1,
        from_=tuple(address for address in [parse_spec(sender)] if address),
        subject=subject,
        kind=kind,
        list=ListInfo(listed) if listed else None,
        headers=(("X-Spam-Flag", "YES"),) if spam else (),
    ),
    st.sampled_from(SENDERS),
    st.sampled_from(["", "Sale", "Offers", "the lottery", "Hello"]),
    st.sampled_from(KINDS),
    st.sampled_from(["", "users.example", "other.example"]),
    st.booleans(),
)
recipients = st.lists(st.sampled_from(DOORS), max_size=4).map(tuple)
envelopes = st.one_of(
    st.builds(lambda to: Envelope("smtp", "s@x.example", to), recipients),
    st.builds(
        lambda to, account, folder: Envelope("imap", "", to, account, folder),
        recipients,
        st.sampled_from(["eva", "other"]),
        st.sampled_from(["INBOX", "Work", "Working"]),
    ),
)
standings = st.dictionaries(st.sampled_from(["inbox:support", "inbox:sales"]), st.sampled_from(EVERY_STANDING))


def test_explain_agrees_with_decide(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULES)
    compiled = compile_rules(tmp_path, facts=Facts())
    book = compiled.rulebook
    assert book is not None, compiled.problems

    @effort(max_examples=300, deadline=None)
    @given(mails, envelopes, standings)
    def check(mail: Mail, envelope: Envelope, known: dict[str, Standing]) -> None:
        decisions = book.decide(envelope, mail, at=0.0, standings=known)
        found = explain_mail(book, compiled.written, envelope, mail, at=0.0, standings=known)
        assert [each.decision for each in found] == list(decisions)
        assert list(addressed(book, envelope, mail)) == [ruled.base.name for ruled in book.addressed(envelope, mail)]
        for each in found:
            taken = [step.rule for step in each.steps if step.taken]
            assert taken == ([each.decision.trace.rule] if each.decision.trace.rule else [])
            assert not any(step.taken for step in each.steps[:-1])
            assert each.why

    check()


def test_every_option_of_every_rule_has_an_origin_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULES)
    compiled = compile_rules(tmp_path, facts=Facts())
    assert compiled.rulebook is not None
    lines = RULES.splitlines()
    for ruled in (*compiled.rulebook.scopes.values(), compiled.rulebook.unmatched):
        for scope in (ruled.base, *(rule.scope for rule in ruled.rules)):
            for option in options(compiled.written, scope):
                if option.source != "built-in":
                    key = option.key.rpartition(".")[2] if "do: show" not in option.value else "do"
                    assert f"{key}:" in lines[option.line - 1], option
                    shown = option.value.strip('"')
                    assert shown == "none (do: show)" or shown in lines[option.line - 1], option
        assert all(words(rule.conditions) for rule in ruled.rules)
