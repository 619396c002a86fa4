"""Reads a YAML text into plain values with the place of every node.

Scalars stay text (no: Norway, octal or sexagesimal surprise); an empty plain scalar is None. Tags are refused, equal
keys are problems. Bounded, with aliases expanded: 2 MB of text, depth 50, 100,000 nodes; and 100 problems. It never
raises for what the text holds.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path as FilePath

import yaml

from bridge.yamldoc.mending import mended
from bridge.yamldoc.problem import Path, Place, Problem, clipped, dotted
from bridge.yamldoc.source import MAX_BYTES, Refused, read_text

Value = str | None | list["Value"] | dict[str, "Value"]

MAX_DEPTH = 50
MAX_NODES = 100_000

LONGEST_KEY = 200
"""Characters: keys stand in the paths of problems."""

MOST_PROBLEMS = 100
"""Problems of one file that are told: who mends a hundred looks again anyway."""

_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A tree of plain values. `places` and `keys` hold where each node and each mapping's key stands, by path.

    `text`: what was read; `sha256` is of it, in hex. Both are empty when it could not be read.
    """

    file: str
    value: Value
    places: dict[Path, Place]
    keys: dict[Path, Place]
    sha256: str = ""
    text: str = ""

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the node (or its key) stands; of a node that is not there, where its nearest parent stands."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place())

    def problem(self, path: Path, what: str, cure: str = "", *, key: bool = False) -> Problem:
        """A problem at this node (or at its key)."""
        at = self.place(path, key=key)
        return Problem(self.file, at.line, at.column, dotted(path), clipped(what), clipped(cure))


@dataclass(slots=True)
class _Node:
    """A node under construction; `count`, `height` and `size` (characters) include what its aliases expand to."""

    place: Place
    kind: str
    text: str | None = None
    items: list["_Node"] = field(default_factory=list)
    anchor: str | None = None
    count: int = 1
    height: int = 1
    size: int = 0


def load(source: FilePath | str, *, file: str = "") -> tuple[Document, list[Problem]]:
    """Read a file (`Path`) or a text (`str`). `file` names it in problems; by default the path itself.

    What could not be read is left out of the document, with its problem beside it.
    """
    name = file or (str(source) if isinstance(source, FilePath) else "<text>")
    problems: list[Problem] = []
    empty = Document(name, {}, {(): Place()}, {})
    try:
        text = read_text(source)
        root = _compose(text, name, problems)
    except Refused as refused:
        problems.append(Problem(name, refused.place.line, refused.place.column, "", refused.what, refused.cure))
        return empty, problems
    if root is None:
        root = _Node(Place(), "map")
    places: dict[Path, Place] = {}
    keys: dict[Path, Place] = {}
    value = _expand(root, (), places, keys)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Document(name, value, places, keys, digest, text), problems


def _compose(text: str, file: str, problems: list[Problem]) -> _Node | None:
    """Build the tree from the parser's events, without recursion, so that hostile nesting cannot exhaust the stack."""
    stack: list[_Node] = []
    anchors: dict[str, _Node] = {}
    root: _Node | None = None
    for event in _events(text):
        mark = event.start_mark
        at = Place(mark.line + 1, mark.column + 1) if mark else Place()
        if len(problems) >= MOST_PROBLEMS:
            raise Refused(at, "has more problems, which are not told yet", "mend these first")
        if isinstance(event, yaml.DocumentStartEvent) and root is not None:
            raise Refused(at, "holds a second document", "write one document a file")
        if isinstance(event, _ENDS):
            node = stack.pop()
            if node.kind == "map":
                problems.extend(islice(_equal_keys(node, file), MOST_PROBLEMS))
        elif isinstance(event, yaml.NodeEvent):
            opened = _open(event, at, anchors, file, problems)
            if isinstance(event, _STARTS):
                stack.append(opened)
                if len(stack) > MAX_DEPTH:
                    raise Refused(at, f"is nested deeper than {MAX_DEPTH}", "flatten it")
                continue
            node = opened
        else:
            continue
        if node.anchor:
            anchors[node.anchor] = node
        if not stack:
            root = node
            continue
        parent = stack[-1]
        parent.items.append(node)
        parent.count += node.count
        parent.height = max(parent.height, node.height + 1)
        parent.size += node.size
        if parent.size > MAX_BYTES:
            raise Refused(at, f"expands to more than {MAX_BYTES // 1_000_000} MB", "use fewer aliases")
        if parent.count > MAX_NODES or len(stack) + node.height > MAX_DEPTH + 1:
            raise Refused(at, f"expands to more than {MAX_NODES:,} nodes or depth {MAX_DEPTH}", "use fewer aliases")
    return root


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        at, what, cure = mended(error, text)
        raise Refused(at, f"is not YAML: {what}", cure) from None
    except yaml.YAMLError:
        raise Refused(Place(), "is not YAML", "check indentation and quotes") from None


def _open(event: yaml.NodeEvent, at: Place, anchors: dict[str, _Node], file: str, problems: list[Problem]) -> _Node:
    if isinstance(event, yaml.AliasEvent):
        known = anchors.get(event.anchor or "")
        if known is None:
            raise Refused(at, "names an anchor that is not complete before it", "define the anchor earlier")
        return _Node(known.place, known.kind, known.text, known.items, None, known.count, known.height, known.size)
    assert isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent))
    if event.tag is not None:
        what, cure = "carries a tag, and tags are refused", "remove it; quote a text that starts with '!'"
        problems.append(Problem(file, at.line, at.column, "", what, cure))
    if isinstance(event, yaml.ScalarEvent):
        plain = event.style is None or event.style == ""
        text = None if plain and event.value == "" else event.value
        return _Node(at, "text", text, anchor=event.anchor, size=len(event.value))
    kind = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
    return _Node(at, kind, anchor=event.anchor)


def _equal_keys(node: _Node, file: str) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for key in node.items[::2]:
        line, column = key.place.line, key.place.column
        if key.kind != "text" or key.text is None:
            yield Problem(file, line, column, "", "this key is not a plain word", "write a word as the key")
        elif len(key.text) > LONGEST_KEY:
            yield Problem(file, line, column, "", f"this key is longer than {LONGEST_KEY} characters", "shorten it")
        elif key.text in first:
            what = f"the key {key.text!r} is here twice (first in line {first[key.text].line})"
            yield Problem(file, line, column, "", what, "keep one of them")
        else:
            first[key.text] = key.place


def _expand(node: _Node, path: Path, places: dict[Path, Place], keys: dict[Path, Place]) -> Value:
    """Plain values; depth and size were bounded before."""
    places[path] = node.place
    if node.kind == "text":
        return node.text
    if node.kind == "list":
        return [_expand(item, (*path, index), places, keys) for index, item in enumerate(node.items)]
    result: dict[str, Value] = {}
    for key, item in zip(node.items[::2], node.items[1::2], strict=True):
        if key.text is None or len(key.text) > LONGEST_KEY:
            continue
        if key.kind == "text" and key.text not in result:
            keys[(*path, key.text)] = key.place
            result[key.text] = _expand(item, (*path, key.text), places, keys)
    return result
