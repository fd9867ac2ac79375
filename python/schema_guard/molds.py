"""
Readers of JSON lines: one for any records, and those made for records of an expected outline.

An object that was expected becomes an instance of a class made for its keys, which is quicker to make, to
cut into columns and to free than a dictionary. A reader that meets what its outline does not have fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import GenericAlias
from typing import Any

import msgspec
from msgspec.structs import astuple

from schema_guard.core.columns import Mold
from schema_guard.core.outline import Items, Keys, Outline
from schema_guard.core.poison import PoisonError, check_keys

#: Outlines come and go while a file is read; few are in use at once.
_KEPT = 16


@dataclass(frozen=True, slots=True)
class Reader:
    """
    Reads lines of one JSON value each; fractions as `Spelled`.

    Attributes:
        decode_lines: Text → its values; raises `MsgspecError`, `RecursionError` or `UnicodeError`.
        record: The type of a value that is a record.
        molds: The other types that objects are read as.
    """

    decode_lines: Callable[[bytes], list[Any]]
    record: type = dict
    molds: Mapping[type, Mold] = field(default_factory=dict)


#: Reads records of any kind.
ANY = Reader(msgspec.json.Decoder(float_hook=str.encode).decode_lines)


@lru_cache(_KEPT)
def reader(expected: Outline) -> Reader | None:
    """Return a reader of records that look as expected; None when nothing can be gained."""
    molds: dict[type, Mold] = {}
    record = _type_of(expected, molds) if isinstance(expected, Keys) else Any
    if record is Any:
        return None
    decoder = msgspec.json.Decoder(record, float_hook=str.encode)
    return Reader(decoder.decode_lines, record, molds)


def _type_of(expected: Outline, molds: dict[type, Mold]) -> Any:
    """Return the type to read values as; the classes made for it are added to the molds."""
    match expected:
        case Keys(below) if _can_be_attributes(names := tuple(name for name, _ in below)):
            attributes = [f"_{place}" for place in range(len(names))]
            types = [_or_null(_type_of(inner, molds)) for _, inner in below]
            made = msgspec.defstruct(
                "Mold",
                [(at, kind, msgspec.UNSET) for at, kind in zip(attributes, types, strict=True)],
                rename=dict(zip(attributes, names, strict=True)),
                forbid_unknown_fields=True,
                gc=False,
            )
            molds[made] = Mold(names, _cut, msgspec.UnsetType)
            return made
        case Items(of):
            return GenericAlias(list, _or_null(_type_of(of, molds)))
        case _:
            return Any


def _or_null(kind: Any) -> Any:
    return kind if kind is Any else kind | None


def _can_be_attributes(names: tuple[str, ...]) -> bool:
    """Return whether one object may have all these keys, none of them spelled with an escape."""
    try:
        check_keys(names)
    except PoisonError:
        return False
    return all(msgspec.json.encode(name) == f'"{name}"'.encode() for name in names)


def _cut(objects: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return zip(*map(astuple, objects), strict=True)
