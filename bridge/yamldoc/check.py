"""Holds a document against a pydantic model and turns every violation into a problem with its place.

Never echoes a value: a settings file may hold a secret where it does not belong.
"""

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bridge.yamldoc.document import MOST_PROBLEMS, Document, Value
from bridge.yamldoc.problem import Path, Problem, closest, in_order

M = TypeVar("M", bound=BaseModel)

_WORDS = {
    "missing": ("is missing", "add it"),
    "string_type": ("must be a text", "write one text"),
    "dict_type": ("must be a mapping", "write keys and values"),
    "model_type": ("must be a mapping", "write keys and values"),
    "model_attributes_type": ("must be a mapping", "write keys and values"),
    "list_type": ("must be a list", "write [a, b] or one '- ' a line"),
    "tuple_type": ("must be a list", "write [a, b] or one '- ' a line"),
    "too_short": ("is empty", "write at least one"),
    "int_parsing": ("must be a whole number", ""),
    "int_type": ("must be a whole number", ""),
}


def check(
    document: Document,
    model: type[M],
    *,
    hints: Mapping[str, str] | None = None,
    context: Mapping[str, object] | None = None,
) -> tuple[M | None, list[Problem]]:
    """The document as `model`, or None with every problem.

    `hints`: cures for keys that people write though the model has none of them. `context` reaches the validators.
    """
    try:
        return model.model_validate(document.value, context=context), []
    except ValidationError as error:
        # Several branches of a validator may complain of one node; one line a place and complaint is enough.
        details = error.errors(include_url=False)
        told = details[:MOST_PROBLEMS]
        found = [_problem(document, model, each, hints or {}) for each in told if not _follows(each, told)]
        if len(details) > MOST_PROBLEMS:
            last = _path(document.value, details[MOST_PROBLEMS]["loc"], missing=False)
            found.append(document.problem(last, "has more problems, which are not told yet", "mend the others first"))
        return None, in_order(dict.fromkeys(found))


def _follows(detail: ErrorDetails, others: Sequence[ErrorDetails]) -> bool:
    """Whether a list only seems empty, because what stands in it is wrong and was told of; or whether of a word or a
    mapping the one was meant that was written, and the complaint is of the other.
    """
    location = detail["loc"]
    if detail["type"] == "too_short":
        return any(_below(other, location) for other in others)
    beside = [other for other in others if other is not detail and _below(other, location[:-1])]
    if _is_choice(detail):
        return not isinstance(detail["input"], str) and bool(beside)
    return detail["type"] == "model_type" and isinstance(detail["input"], str) and any(map(_is_choice, beside))


def _below(detail: ErrorDetails, location: tuple[int | str, ...]) -> bool:
    return len(detail["loc"]) > len(location) and detail["loc"][: len(location)] == location


def _is_choice(detail: ErrorDetails) -> bool:
    """Whether it is of a word that may stand where a mapping may: the last part of its location is then a label."""
    return detail["type"] == "literal_error" and str(detail["loc"][-1]).startswith("literal[")


def _problem(document: Document, model: type[BaseModel], detail: ErrorDetails, hints: Mapping[str, str]) -> Problem:
    path = _path(document.value, detail["loc"], missing=detail["type"] == "missing")
    context = detail.get("ctx", {})
    if detail["type"] == "extra_forbidden":
        key = str(path[-1]) if path else ""
        known = sorted(_keys(model, path[:-1]))
        cure = hints.get(key) or closest(key, known)
        if detail["input"] is None and key not in hints and not cure.startswith("did you"):
            cure = "if it belongs to the text before the comma, quote that text"  # {reject: Too large, sorry}
        return document.problem(path, "this key is unknown", cure, key=True)
    if detail["type"] == "literal_error":
        words = str(context.get("expected", "")).replace(" or ", ", ").replace("'", "").split(", ")
        given = detail["input"] if isinstance(detail["input"], str) else ""
        said = ", ".join(words) if len(words) == 1 else "one of " + ", ".join(words)
        if _is_choice(detail):
            return document.problem(
                path, f"must be {said}, or a mapping", _only_suggestion(given, words) or _shape(model, path)
            )
        return document.problem(path, f"must be {said}", _only_suggestion(given, words))
    if detail["type"] == "greater_than_equal":
        return document.problem(path, f"must be at least {context['ge']}")
    if detail["type"] == "complaint":
        return document.problem(path, str(context["what"]), str(context["cure"]))
    what, cure = _WORDS.get(detail["type"], ("", ""))
    if what == "must be a mapping":
        cure = _shape(model, path)
    return document.problem(path, what or detail["msg"].removeprefix("Value error, "), cure)


def _shape(model: type[BaseModel], path: Path) -> str:
    """How to write the mapping that belongs at `path`, with the first of its keys."""
    keys = sorted(_keys(model, path))
    known = ", ".join(keys[:12]) + (", …" if len(keys) > 12 else "")
    return f"write keys and values; the keys are {known}" if known else "write keys and values"


def _only_suggestion(word: str, known: list[str]) -> str:
    cure = closest(word, known)
    return cure if cure.startswith("did you") else ""


def _path(value: Value, location: tuple[int | str, ...], *, missing: bool) -> Path:
    """The part of pydantic's location that exists in the document: labels of unions and validators are left out."""
    path: list[str | int] = []
    for index, part in enumerate(location):
        match value, part:
            case dict(), str() if part in value:
                value = value[part]
            case list(), int() if part < len(value):
                value = value[part]
            case _ if not (missing and index == len(location) - 1):
                continue
        path.append(part)
    return tuple(path)


def _keys(model: type[BaseModel], path: Path) -> set[str]:
    """The keys that the models at `path` know."""
    here: list[Any] = [model]
    for part in path:
        here = [inner for annotation in here for inner in _step(annotation, part)]
    return {field.alias or name for m in _models(here) for name, field in m.model_fields.items()}


def _models(annotations: list[Any]) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        for flat in _flat(annotation):
            if isinstance(flat, type) and issubclass(flat, BaseModel):
                yield flat
            elif get_origin(flat) is tuple:  # one where a list is allowed
                yield from _models([get_args(flat)[0]])


def _flat(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _flat(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for inner in get_args(annotation):
            yield from _flat(inner)
    else:
        yield annotation
        if origin in (tuple, list):  # one element may be written without its list
            yield from _flat(get_args(annotation)[0])


def _step(annotation: Any, part: str | int) -> Iterator[Any]:
    for flat in _flat(annotation):
        origin = get_origin(flat)
        if isinstance(flat, type) and issubclass(flat, BaseModel):
            for name, field in flat.model_fields.items():
                if part == (field.alias or name):
                    yield field.annotation
        elif origin is tuple and isinstance(part, str):  # one where a list is allowed
            yield from _step(get_args(flat)[0], part)
        elif origin is dict and isinstance(part, str):
            yield get_args(flat)[1]
        elif origin in (tuple, list) and isinstance(part, int):
            yield get_args(flat)[0]
