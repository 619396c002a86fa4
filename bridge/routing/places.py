"""Where scopes and rules stand in the rule files: from their names, or from their conditions, to the path as written.

It looks into documents and decides nothing.
"""

from bridge.routing.documents import RuleDoc
from bridge.routing.files import Rules
from bridge.routing.tree import Node
from bridge.yamldoc import Path


def box_path(name: str) -> Path:
    """Where a scope was written: "inbox:support" is inboxes.support."""
    kind, _, rest = name.partition(":")
    return ({"inbox": "inboxes", "list": "lists"}.get(kind, kind), *((rest,) if rest else ()))


def rule_path(conditions: Node) -> Path:
    """Where a rule was written, from its conditions: people read it as before.1 or inboxes.support.rules.1."""
    return conditions.path[: 2 if conditions.path[0] == "before" else 4]


def of_rule(path: Path) -> bool:
    """Whether it stands in a rule, not in an inbox, a list or the defaults."""
    return path[0] == "before" or "rules" in path[2:3]


def written_rule(rules: Rules, scope: str, wanted: str) -> tuple[RuleDoc, Path] | None:
    """The rule of that id in a scope, as it was written; ids are told apart within a scope."""
    kind, _, name = scope.partition(":")
    own = rules.lists[name].rules if kind == "list" else rules.inboxes[name].rules if kind == "inbox" else ()
    for stem, docs, path in (("before", tuple(rules.before), ("before",)), (name, own, (*box_path(scope), "rules"))):
        for index, doc in enumerate(docs):
            if (doc.name or f"{stem}#{index + 1}") == wanted:
                return doc, (*path, index)
    return None


def place_of(rules: Rules, scope: str, rule: str) -> Path:
    """The path of a scope's rule, or of the scope itself."""
    written = written_rule(rules, scope, rule) if rule else None
    return written[1] if written is not None else box_path(scope)


def rule_at(rules: Rules, path: Path) -> RuleDoc:
    """The rule that was written at a path of `rule_path`."""
    match path:
        case ("before", int(index)):
            return rules.before[index]
        case ("inboxes", str(name), _, int(index)):
            return rules.inboxes[name].rules[index]
        case (_, str(name), _, int(index)):
            return rules.lists[name].rules[index]
        case _:
            raise AssertionError(path)
