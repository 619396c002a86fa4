"""Values of the core as JSON text in rows, and back, through pydantic.

Fields that have their default are left out, so that rows stay short and old rows still load when a field is added.
Never meets a peer's JSON: only what the journal itself wrote.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar, cast, get_args

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from bridge.core.decision import Trace
from bridge.core.effects import Effect, Receipt
from bridge.core.mail import Envelope, Letter

T = TypeVar("T")
_EFFECTS: dict[str, type] = {kind.__dataclass_fields__["kind"].default: kind for kind in get_args(Effect)}


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _dump(shape: Any, value: Any) -> str:
    adapter = _adapter(shape)
    try:
        return adapter.serializer.to_json(value, exclude_defaults=True).decode()
    except (PydanticSerializationError, UnicodeEncodeError):
        # A lone surrogate would stop the row for ever; readers promise there is none, so losing it is the lesser evil.
        plain = adapter.dump_python(value, exclude_defaults=True)
        return _adapter(Any).dump_json(_without_surrogates(plain)).decode()


def _without_surrogates(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {key: _without_surrogates(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_surrogates(item) for item in value]
        case _:
            return value


def clean(text: str) -> str:
    """Text that a row can hold: lone surrogates become question marks."""
    return text.encode(errors="replace").decode()


def dump_effect(effect: Effect) -> str:
    """An effect without its kind, which has its own column."""
    return _dump(type(effect), effect)


def load_effect(kind: str, text: str) -> Effect:
    """The effect of a row."""
    return cast(Effect, _adapter(_EFFECTS[kind]).validator.validate_json(text))


def dump_letter(letter: Letter) -> str:
    """A letter."""
    return _dump(Letter, letter)


def load_letter(text: str) -> Letter:
    """A letter of a row."""
    return cast(Letter, _adapter(Letter).validator.validate_json(text))


def dump_envelope(envelope: Envelope | None) -> str:
    """An envelope; None is empty."""
    return _dump(Envelope, envelope) if envelope is not None else ""


def load_envelope(text: str) -> Envelope | None:
    """The envelope of a row."""
    return cast(Envelope, _adapter(Envelope).validator.validate_json(text)) if text else None


def dump_traces(traces: Sequence[Trace]) -> str:
    """The reasons of a plan."""
    return _dump(tuple[Trace, ...], tuple(traces))


def load_traces(text: str) -> tuple[Trace, ...]:
    """The reasons of a row."""
    return cast(tuple[Trace, ...], _adapter(tuple[Trace, ...]).validator.validate_json(text)) if text else ()


def dump_receipt(receipt: Receipt) -> str:
    """A receipt; one that says nothing is empty."""
    return _dump(Receipt, receipt) if receipt != _NOTHING else ""


def load_receipt(text: str) -> Receipt:
    """The receipt, or progress, of a row."""
    return cast(Receipt, _adapter(Receipt).validator.validate_json(text)) if text else _NOTHING


_NOTHING = Receipt()
