"""Compiles the conditions of a rule, as they were written, to the tree that `tree` evaluates."""

from collections.abc import Iterator

from bridge.routing import address_conditions, authentication, contents, windows
from bridge.routing.ground import Ground
from bridge.routing.tree import All, Either, Hit, Leaf, Node, Not
from bridge.routing.when_doc import WhenDoc
from bridge.yamldoc import Path


def compile_when(when: WhenDoc | None, path: Path, ground: Ground) -> Node:
    """The conditions as a tree, in the order written; what cannot be compiled is complained of."""
    if when is None:
        return All((), path)
    if not when.written:
        ground.complain(path, "has no condition", "name one, or leave out `when` to take everything")
    nodes = tuple(node for name in when.written for node in _condition(when, name, path, ground) if node is not None)
    return nodes[0] if len(nodes) == 1 else All(nodes, path)


def _condition(when: WhenDoc, name: str, path: Path, ground: Ground) -> Iterator[Node | None]:
    key = type(when).model_fields[name].alias or name
    here = (*path, key)
    match key:
        case "from" | "to" | "cc" | "to-or-cc" | "recipient" | "sender":
            yield address_conditions.addressed(key, getattr(when, name), here, ground)
        case "list" if when.list is not None:
            yield address_conditions.listed(when.list, here, ground)
        case "correspondent" if when.correspondent is not None:
            yield address_conditions.correspondent(when.correspondent, here, ground)
        case "conversation" if when.conversation is not None:
            yield _conversation(when.conversation, here)
        case "subject" | "account" | "folder":
            yield contents.text(key, contents.TEXTS[key], getattr(when, name), here, ground)
        case "header":
            for field, wanted in (when.header or {}).items():
                yield contents.header(field, wanted, (*here, field), ground)
        case "body" if when.body is not None:
            yield contents.body(when.body, here, ground)
        case "size" if when.size is not None:
            yield contents.size(when.size, here)
        case "attachment" if when.attachment is not None:
            yield contents.attachment(when.attachment, here, ground)
        case "kind" if when.kind is not None:
            yield contents.kind(when.kind, here)
        case "spam" if when.spam is not None:
            yield contents.spam(when.spam, here, ground)
        case "authentication" if when.authentication is not None:
            yield from authentication.authentication(when.authentication, here, ground)
        case "time" if when.time is not None:
            yield windows.time(when.time, here, ground.clock, ground.complain)
        case "all" if when.all is not None:
            yield All(_several(when.all, here, ground), here)
        case "any" if when.any is not None:
            yield Either(_several(when.any, here, ground), here)
        case "not" if when.not_ is not None:
            yield Not(compile_when(when.not_, here, ground), here)


def _several(whens: tuple[WhenDoc, ...], path: Path, ground: Ground) -> tuple[Node, ...]:
    return tuple(compile_when(when, (*path, index), ground) for index, when in enumerate(whens))


def _conversation(wanted: tuple[str, ...], path: Path) -> Leaf:
    """A conversation that staff answered exists too."""
    hits = {word: Hit(f"conversation is {word}") for word in wanted}
    if "existing" in hits:
        hits.setdefault("answered", hits["existing"])
    return Leaf("conversation", " or ".join(wanted), path, lambda case: hits.get(case.standing.conversation), asks=True)
