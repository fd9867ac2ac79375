"""Which columns tables have after some versions, and whether a version's records go into them as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce

from schema_guard.core.datatype import Array, Struct, Type, Unknown
from schema_guard.core.ddl import spark_type
from schema_guard.core.kinds import child, elements
from schema_guard.core.promotion import accepts
from schema_guard.core.schema import Schema


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A column that would have to become what its table cannot make of it; types are Spark DDL."""

    pointer: str
    held: str
    wanted: str


def held(versions: Iterable[Schema]) -> Schema:
    """
    Return what the tables hold after versions whose batches were loaded: columns are never taken away.

    Args:
        versions: Newest first; where two have a column, the newer one's type holds.
    """
    return reduce(lambda newer, older: Schema(_over(newer.root, older.root).fields), versions, Schema())


def obstacles(tables: Schema, wanted: Schema, targets: Collection[str]) -> list[Obstacle]:
    """
    Return what keeps tables from taking records of a version, by pointer; empty when nothing does.

    A column that the version lacks stays, and one that the tables lack is added: neither is an obstacle.

    Raises:
        ValueError: There is no such target.
    """
    return sorted(_obstacles("", tables.root, wanted.root, targets), key=lambda found: found.pointer)


def _over(newer: Struct, older: Struct) -> Struct:
    known = {field.name for field in newer.fields}
    kept = []
    for field in newer.fields:
        before = older.field(field.name)
        kept.append(replace(field, type=_grown(field.type, before.type)) if before else field)
    return Struct((*kept, *(field for field in older.fields if field.name not in known)))


def _grown(newer: Type, older: Type) -> Type:
    match newer, older:
        case Struct(), Struct():
            return _over(newer, older)
        case Array(new), Array(old):
            return Array(_grown(new, old))
        case Unknown(), _:
            return older
        case _:
            return newer


def _obstacles(pointer: str, table: Type, wanted: Type, targets: Collection[str]) -> Iterator[Obstacle]:
    match table, wanted:
        case (Unknown(), _) | (_, Unknown()):
            return
        case Struct(), Struct(fields):
            for field in fields:
                if below := table.field(field.name):
                    yield from _obstacles(child(pointer, field.name), below.type, field.type, targets)
        case Array(element), Array(new):
            yield from _obstacles(elements(pointer), element, new, targets)
        case _:
            has, needs = spark_type(table), spark_type(wanted)
            if has != needs and not all(accepts(target, table, wanted) for target in targets):
                yield Obstacle(pointer, has, needs)
