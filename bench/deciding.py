"""What a decision costs, by the number of rules: with the index, and with each rule asked in turn."""

import gc
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.scale import Scale
from bench.table import Row
from bridge.core.addresses import Address
from bridge.core.mail import Envelope, ListInfo, Mail
from bridge.routing import CompiledRulebook, Facts, compile_rules

AIM = 50.0
"""Microseconds of CPU for a decision among 100 rules."""

CHECKED = 1_000
AIM_CHECK = 300.0
"""Milliseconds of CPU for checking so many rules."""

HEAD = "domain: d\npeople: {ann: Ann}\ninboxes:\n  s:\n    address: s@d\n    room: {for: ann}\n    rules:\n"


def indexable(number: int) -> str:
    """Addresses, domains and lists in turn, some with a second condition."""
    when = (
        f"from: k{number}@c{number}.example",
        f"from: '*@c{number}.example'",
        f"list: l{number}.example",
        f"{{any: [{{to: t{number}@x.example}}, {{cc: t{number}@x.example}}], subject: '*offer*'}}",
    )[number % 4]
    return when if when.startswith("{") else f"{{{when}}}"


def searching(number: int) -> str:
    """Globs and regexes on the subject: nothing an index could use."""
    return f"{{subject: '*word{number}*'}}" if number % 2 else f"{{subject: {{regex: 'tick(et)? {number}:'}}}}"


def book(place: Path, when: Callable[[int], str], count: int) -> CompiledRulebook:
    """A rulebook of one inbox with `count` rules."""
    place.mkdir(exist_ok=True)
    rules = "".join(f"      - {{name: r{n}, when: {when(n)}, notify: none}}\n" for n in range(count))
    (place / "a.yaml").write_text(HEAD + rules)
    compiled = compile_rules(place, facts=Facts())
    assert compiled.rulebook is not None, compiled.problems[:3]
    return compiled.rulebook


def mails(count: int, chance: random.Random) -> list[Mail]:
    """Half of them meet some rule, wherever it stands; half meet none."""
    made: list[Mail] = []
    for number in range(200):
        n = chance.randrange(count) if number % 2 else 10**6 + number
        words = f"Re: an offer, tick {n}: and word{n} for you and your colleagues"
        made.append(
            Mail(
                "c",
                1,
                from_=(Address(f"k{n}", f"c{n}.example", "Kim"),),
                to=(Address("s", "d"), Address(f"t{n}", "x.example")),
                cc=(Address("x", "y.example"),),
                subject=words,
                list=ListInfo(f"l{n}.example") if number % 8 < 2 else None,
            )
        )
    return made


def cost(rules: CompiledRulebook, letters: list[Mail], rounds: int) -> float:
    """Microseconds of CPU for a decision: the median of `rounds` passes."""
    envelope = Envelope("smtp", rcpt_tos=("s@d",))
    passes: list[float] = []
    for _ in range(rounds + 1):
        began = time.process_time()
        for letter in letters:
            rules.decide(envelope, letter, at=0.0)
        passes.append((time.process_time() - began) / len(letters) * 1e6)
    return statistics.median(passes[1:])


def unindexed(rules: CompiledRulebook) -> CompiledRulebook:
    """The same rules, each of which is asked."""
    plain = {name: replace(ruled, indexes=()) for name, ruled in rules.scopes.items()}
    doors = {
        key: replace(door, inboxes=tuple((match, plain[ruled.base.name]) for match, ruled in door.inboxes))
        for key, door in rules.addresses.items()
    }
    return replace(rules, scopes=plain, addresses=doors)


def checked(place: Path, kind: str, rounds: int) -> Row:
    """The work of `rules check`: read, check, compile and review, beyond the start of the interpreter."""
    passes: list[float] = []
    for _ in range(rounds + 1):
        gc.collect()
        gc.disable()  # as the command does
        began = time.process_time()
        compile_rules(place, facts=Facts())
        passes.append((time.process_time() - began) * 1000)
        gc.enable()
    return Row("h", f"rules check of {CHECKED} rules: {kind}", "ms", statistics.median(passes[1:]), aim=AIM_CHECK)


async def decided(place: Path, scale: Scale) -> list[Row]:
    """The curve to 5,000 rules, and `rules check`."""
    rows: list[Row] = []
    for kind, when in (("address, domain, list", indexable), ("glob or regex on the subject", searching)):
        for count in (10, 100, 1_000, 5_000):
            rules = book(place / f"{when.__name__}{count}", when, count)
            letters = mails(count, random.Random(7))  # the same mails each time
            ours, peer = cost(rules, letters, scale.pairs), cost(unindexed(rules), letters, scale.pairs)
            aim = AIM if count == 100 else None
            if count == CHECKED:
                rows.append(checked(place / f"{when.__name__}{count}", kind, scale.pairs))
            what, note = (
                f"decision among {count} rules: {kind}",
                f"{ours / peer:.2g} of the peer: each rule asked in turn",
            )
            rows.append(Row("h", what, "µs", ours, peer, aim=aim, note=note))
    return rows
