"""The changes of columns that people declare, one class each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from schema_guard.core.datatype import Type


@dataclass(frozen=True, slots=True)
class AddColumn:
    """A field that is going to arrive; `pointer` is a JSON pointer, as in findings."""

    pointer: str
    type: Type


@dataclass(frozen=True, slots=True)
class DropColumn:
    """A field that is not to be read any more, whoever still sends it."""

    pointer: str


@dataclass(frozen=True, slots=True)
class WidenColumn:
    """A field that is going to hold more than its type does now."""

    pointer: str
    type: Type


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """A field that arrives as `name` from now on; the old column stays beside the new one."""

    pointer: str
    name: str


Operation: TypeAlias = AddColumn | DropColumn | WidenColumn | RenameColumn
