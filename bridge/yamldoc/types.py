"""The types that settings and rules share: durations, sizes, flags and numbers, read from text by one notation each."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetJsonSchemaHandler, field_validator
from pydantic_core import CoreSchema, PydanticCustomError

from bridge.yamldoc.problem import closest

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(s|min|m|h|d|w|y)\Z")
_SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_536_000.0}
_SIZE = re.compile(r"(\d{1,9})\s*(B|kB|KB|MB|GB)\Z")
_BYTES = {"B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3}


def complaint(what: str, cure: str = "") -> PydanticCustomError:
    """For validators: what is wrong and how to mend it. Neither may quote a value that can be a secret."""
    return PydanticCustomError("complaint", "{what}", {"what": what, "cure": cure})


class Doc(BaseModel):
    """A mapping of a document: frozen, and an unknown key is a problem."""

    # defer_build: a model that stands in others is built as part of them, and those nobody uses are not built.
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=False, hide_input_in_errors=True, defer_build=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _given(cls, value: Any) -> Any:
        # `is: #alerts` reads as an empty value and a comment: never let that pass as "not said".
        if value is None:
            raise complaint("has no value", 'write one, or remove the key; quote a text that starts with "#"')
        return value


def _duration(value: Any) -> float:
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        raise complaint("is no duration", 'write a number and a unit: "15s", "10m", "2h", "14d", "1w", "2y"')
    return float(match[1]) * _SECONDS[match[2]]


def _size(value: Any) -> int:
    match = _SIZE.match(value) if isinstance(value, str) else None
    if match is None:
        raise complaint("is no size", 'write a number and a unit: "500kB", "25MB"')
    return int(match[1]) * _BYTES[match[2]]


_SPELLINGS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def _flag(value: Any) -> bool:
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    meant = _SPELLINGS.get(value.lower(), value.lower()) if isinstance(value, str) else ""
    raise complaint("must be true or false", f"write {meant}" if meant in ("true", "false") else "")


def suggested(value: Any, words: Iterable[str]) -> str:
    """A cure for a misspelt word; empty when none is near. It quotes the known word alone."""
    cure = closest(value, words) if isinstance(value, str) else ""
    return cure if cure.startswith("did you") else ""


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    raise complaint("must be a whole number", "")


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise complaint("must be a text", "write one text")
    return value.strip()


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class _OneOrMany:
    """Says in the JSON Schema what a person may write; the type variable of `Many` is not bound where it is made."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        listed = handler(schema)
        return {"anyOf": [listed.get("items", {}), listed]}


T = TypeVar("T")

Duration = Annotated[float, BeforeValidator(_duration, json_schema_input_type=str)]
"""Seconds, written "15s", "10m", "2h", "14d", "1w", "2y"."""

Size = Annotated[int, BeforeValidator(_size, json_schema_input_type=str)]
"""Octets, written "500kB", "25MB"."""

Flag = Annotated[bool, BeforeValidator(_flag, json_schema_input_type=bool)]
"""true or false, and no other word."""

Count = Annotated[int, BeforeValidator(_count, json_schema_input_type=int)]
"""A whole number from 0 on."""

Word = Annotated[str, BeforeValidator(_word)]
"""A text that is not empty."""

Many = Annotated[tuple[T, ...], BeforeValidator(_many), _OneOrMany()]
"""One or several: a scalar where a list is allowed."""
