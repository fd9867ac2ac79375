"""
What people declare about columns, made into the next version: declared beats observed.

Operations apply in order and together or not at all; each becomes a finding that blocks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from schema_guard.core.classify import Criteria, classify
from schema_guard.core.compare import Difference
from schema_guard.core.datatype import Array, Conflict, Field, String, Struct, Type, Unknown, kinds_of
from schema_guard.core.ddl import spark_type
from schema_guard.core.finding import Code, Evidence, Finding, Severity
from schema_guard.core.kinds import ANY_ELEMENT, Kind, child, names
from schema_guard.core.operation import AddColumn, DropColumn, Operation, RenameColumn, WidenColumn
from schema_guard.core.promotion import promotion
from schema_guard.core.schema import Schema
from schema_guard.core.tables import obstacles

_BASIS = "declared"
_OF_KEYS = frozenset({Code.KEY_TYPE_CHANGED, Code.PARTITION_TYPE_CHANGED})
EMPTY = Schema()


class ImpossibleError(ValueError):
    """An operation that the schema at its turn does not allow; `number` counts from 1."""

    def __init__(self, number: int, fact: str) -> None:
        self.number = number
        super().__init__(f"operation {number}: {fact}")


@dataclass(frozen=True, slots=True)
class Declared:
    """
    What operations make of a version.

    Attributes:
        schema: Of the next version.
        findings: One per operation, in their order.
        dropped: Pointers that are kept out from now on.
        renamed: Old pointer → the new field's.
    """

    schema: Schema
    findings: tuple[Finding, ...] = ()
    dropped: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)


class _WrongError(ValueError):
    """What is wrong with one operation."""


def declare(
    schema: Schema,
    operations: Iterable[Operation],
    criteria: Criteria,
    *,
    named: Collection[str] = (),
    tables: Schema = EMPTY,
) -> Declared:
    """
    Return the version that operations make of another one.

    Args:
        schema: The ACTIVE version's.
        operations: In order.
        criteria: The dataset's; its policy does not count.
        named: Top-level fields that the dataset's declaration names; they cannot go.
        tables: What the tables hold (`tables.held`); what they cannot become in place needs a rebuild.

    Raises:
        ImpossibleError: The first operation that the schema at its turn does not allow.
    """
    made = Declared(schema)
    for number, operation in enumerate(operations, 1):
        try:
            made = _after(made, operation, criteria, named)
        except _WrongError as wrong:
            raise ImpossibleError(number, str(wrong)) from wrong
    in_the_way = [found.pointer for found in obstacles(tables, made.schema, criteria.targets)]
    loaded = bool(tables.fields)
    settled = (_settled(shown, in_the_way, criteria, is_loaded=loaded) for shown in made.findings)
    return replace(made, findings=tuple(settled))


def _settled(shown: Finding, in_the_way: list[str], criteria: Criteria, *, is_loaded: bool) -> Finding:
    """Return a finding that says whether the tables must be rebuilt, and how."""
    rebuild = is_loaded and shown.code in _OF_KEYS
    rebuild = rebuild or any(f"{pointer}/".startswith(f"{shown.pointer}/") for pointer in in_the_way)
    model = criteria.table.rpartition(".")[2]
    accept = f"dbt run --full-refresh --select {model}" if rebuild else shown.accept
    return replace(shown, rebuild=rebuild, accept=accept)


def _after(made: Declared, operation: Operation, criteria: Criteria, named: Collection[str]) -> Declared:
    pointer = operation.pointer
    match operation:
        case AddColumn(_, new):
            schema = _added(made.schema, pointer, new)
            shown = _difference(Code.FIELD_ADDED, pointer, None, new)
        case DropColumn():
            _check_unnamed(pointer, named, "dropped")
            old = _type_at(made.schema, pointer)
            schema = _edited(made.schema, pointer, lambda fields, at: fields[:at] + fields[at + 1 :])
            shown = _difference(Code.FIELD_REMOVED, pointer, old, None)
            made = replace(made, dropped=made.dropped | {pointer})
        case WidenColumn(_, new):
            old = _type_at(made.schema, pointer)
            wide = _wider(pointer, old, new)
            schema = _edited(made.schema, pointer, lambda fields, at: _typed(fields, at, wide))
            shown = _difference(Code.TYPE_WIDENED, pointer, old, wide)
        case RenameColumn(_, name):
            _check_unnamed(pointer, named, "renamed")
            old = _type_at(made.schema, pointer)
            to = child(pointer.rpartition("/")[0], name)
            schema = _added(_edited(made.schema, pointer, _absent), to, old)
            shown = replace(_difference(Code.FIELD_RENAMED, to, old, old), was=pointer)
            made = replace(made, renamed={**made.renamed, pointer: to})
        case _:
            assert_never(operation)
    return replace(made, schema=schema, findings=(*made.findings, _finding(shown, criteria)))


def _difference(code: Code, pointer: str, old: Type | None, new: Type | None) -> Difference:
    return Difference(code, pointer, old, new, Evidence(0, 0.0, basis=_BASIS))


def _finding(shown: Difference, criteria: Criteria) -> Finding:
    """Return the finding with the words of an observed one, and a severity that blocks nothing."""
    judged = classify([shown], replace(criteria, policy={shown.code.value: "allow"}), initial=False)
    return replace(judged.findings[0], severity=Severity.NON_BREAKING)


def _check_unnamed(pointer: str, named: Collection[str], what: str) -> None:
    first = names(pointer)[:1]
    if first and first[0] in named:
        raise _WrongError(f"{pointer} cannot be {what}: the dataset's declaration names {first[0]}")


def _wider(pointer: str, old: Type, new: Type) -> Type:
    """Return the type that holds both; text holds anything, as its JSON."""
    was, wanted = spark_type(old), spark_type(new)
    if was == wanted:
        raise _WrongError(f"{pointer} is {was} already")
    if isinstance(old, Unknown) or promotion(old, new) is not None:
        return new
    if isinstance(new, String):
        return Conflict(kinds_of(old) | {Kind.STRING})
    raise _WrongError(f"{pointer}: {was} → {wanted} does not hold every {was}")


_Edit = Callable[[tuple[Field, ...], int], tuple[Field, ...]]


def _absent(fields: tuple[Field, ...], at: int) -> tuple[Field, ...]:
    return (*fields[:at], replace(fields[at], nullable=True), *fields[at + 1 :])


def _typed(fields: tuple[Field, ...], at: int, new: Type) -> tuple[Field, ...]:
    return (*fields[:at], replace(fields[at], type=new), *fields[at + 1 :])


def _type_at(schema: Schema, pointer: str) -> Type:
    found: list[Type] = []

    def look(fields: tuple[Field, ...], at: int) -> tuple[Field, ...]:
        found.append(fields[at].type)
        return fields

    _edited(schema, pointer, look)
    return found[0]


def _edited(schema: Schema, pointer: str, edit: _Edit) -> Schema:
    """Return the schema with an edit of one of its fields."""

    def at_field(fields: tuple[Field, ...], name: str) -> tuple[Field, ...]:
        places = [at for at, known in enumerate(fields) if known.name == name]
        if not places:
            raise _WrongError(f"there is no {pointer}; its object has {_list(fields)}")
        return edit(fields, places[0])

    return _within(schema, pointer, at_field)


def _added(schema: Schema, pointer: str, new: Type) -> Schema:
    """Return the schema with one more field, which records may lack."""

    def at_end(fields: tuple[Field, ...], name: str) -> tuple[Field, ...]:
        for known in fields:
            if known.name == name:
                raise _WrongError(f"{pointer} is there already, as {spark_type(known.type)}")
            if known.name.lower() == name.lower():
                raise _WrongError(f"{pointer} differs from {known.name} only in case: tables know one column")
        return (*fields, Field(name, new, nullable=True))

    return _within(schema, pointer, at_end)


def _within(
    schema: Schema, pointer: str, edit: Callable[[tuple[Field, ...], str], tuple[Field, ...]]
) -> Schema:
    *parents, name = names(pointer)

    def inside(given: Type, path: list[str]) -> Type:
        match given:
            case Struct(fields) if not path:
                return Struct(edit(fields, name))
            case Struct(fields) if any(known.name == path[0] for known in fields):
                below = (
                    replace(known, type=inside(known.type, path[1:])) if known.name == path[0] else known
                    for known in fields
                )
                return Struct(tuple(below))
            case Array(element) if path and path[0] == ANY_ELEMENT:
                return Array(inside(element, path[1:]))
            case _:
                raise _WrongError(f"there is no object that holds {pointer}")

    edited = inside(schema.root, parents)
    assert isinstance(edited, Struct)  # noqa: S101 - a record is one, and no edit changes that
    return Schema(edited.fields)


def _list(fields: tuple[Field, ...]) -> str:
    return ", ".join(sorted(known.name for known in fields)) or "no field"
