"""Rules that stood in force for long and took nothing, by what the journal keeps. It judges no rule by its words.

A rule counts only when it asked the same at the beginning of that time: what was written yesterday may still come true.
"""

from bridge.app.enacted import compile_texts
from bridge.config import Settings
from bridge.routing import Compiled, CompiledRulebook
from bridge.routing.book import Ruled
from bridge.routing.places import rule_path
from bridge.routing.tree import words
from bridge.store import matched, rulebooks
from bridge.yamldoc import Problem

DAY = 86_400.0


def unused(settings: Settings, compiled: Compiled, days: int, now: float) -> tuple[Problem, ...]:
    """A warning for each rule that took nothing in the last `days`; none when the journal does not reach back so far.

    Raises Permanent, Transient.
    """
    since = now - days * DAY
    if compiled.rulebook is None or not (then := _in_force(settings, compiled, since)):
        return ()
    old = {(name, rule.id): words(rule.conditions) for name, ruled in _scopes(then).items() for rule in ruled.rules}
    asked: dict[matched.RuleKey, Problem] = {}
    for name, ruled in _scopes(compiled.rulebook).items():
        for rule in ruled.rules:
            if old.get((name, rule.id)) == words(rule.conditions):
                what = f"rule {rule.id!r} took nothing in the last {days} days"
                asked[rule.id, rule.file] = compiled.written.problem(rule_path(rule.conditions), what)
    idle = matched.idle(settings.state, asked.keys(), since) if asked else frozenset()
    return tuple(problem for key, problem in asked.items() if key in idle)


def _in_force(settings: Settings, compiled: Compiled, at: float) -> CompiledRulebook | None:
    """The rulebook in force at a moment; None when nobody knows."""
    assert compiled.rulebook is not None
    entry = next((each for each in rulebooks.history(settings.state) if each.at <= at), None)
    if entry is None or entry.digest == compiled.rulebook.digest:
        return compiled.rulebook if entry else None
    texts = rulebooks.texts(settings.state, entry.digest)
    return compile_texts(settings, texts).rulebook if texts is not None else None


def _scopes(book: CompiledRulebook) -> dict[str, Ruled]:
    return {**book.scopes, "unmatched": book.unmatched}
