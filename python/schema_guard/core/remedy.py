"""What it takes to accept a difference: a table of one answer per code, for the silver table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schema_guard.core.compare import Difference
from schema_guard.core.datatype import Array, Struct, Unknown
from schema_guard.core.ddl import quote, spark_type
from schema_guard.core.finding import Code
from schema_guard.core.kinds import ANY_ELEMENT, names


@dataclass(frozen=True, slots=True)
class Remedy:
    """
    How silver takes a difference.

    Attributes:
        accept: DDL, or an expression for the model after `-- model:`; None when nothing is needed.
        rebuild: Whether the table must be rebuilt from bronze.
    """

    accept: str | None = None
    rebuild: bool = False


@dataclass(frozen=True, slots=True)
class _Change:
    """What a table has to take."""

    difference: Difference
    table: str

    @property
    def pointer(self) -> str:
        return self.difference.pointer

    @property
    def text(self) -> str:
        """The field's own text, read from bronze's value."""
        return in_bronze(self.pointer)

    @property
    def name(self) -> str:
        return names(self.pointer)[-1]


def remedy(code: Code, difference: Difference, table: str) -> Remedy:
    """
    Return how a table takes a difference.

    Args:
        code: What the difference counts as on the table's formats.
        difference: What was found.
        table: The silver table, `silver.slv_orders`.
    """
    answer = _ANSWERS.get(code)
    return answer(_Change(difference, table)) if answer else Remedy()


def _add(change: _Change) -> Remedy:
    new = change.difference.new
    if new is None or isinstance(new, Unknown):
        return Remedy()
    return Remedy(f"alter table {change.table} add column {column(change.pointer)} {spark_type(new)}")


def _widen(change: _Change) -> Remedy:
    old, new = change.difference.old, change.difference.new
    if old is None or isinstance(old, Unknown):
        return _add(change)
    if new is None:
        return Remedy()
    return Remedy(f"alter table {change.table} alter column {column(change.pointer)} type {spark_type(new)}")


def _drop(change: _Change) -> Remedy:
    return Remedy(f"alter table {change.table} drop column {column(change.pointer)}")


def _cast(change: _Change) -> Remedy:
    """Keep the column's type and read what fits; the text itself stays in bronze."""
    old = change.difference.old
    if old is None:
        return Remedy()
    words = spark_type(old)
    kept = f"try_cast({change.text} as {words})"
    if isinstance(old, Struct | Array):  # no text can be cast to one
        kept = f"from_json({change.text}, '{_quoted(words)}')"
    return Remedy(f"-- model: {kept} as {quote(change.name)}", rebuild=not isinstance(old, Unknown))


def _exact(change: _Change) -> Remedy:
    return Remedy(f"-- model: cast({change.text} as decimal(38, 18)) as {quote(change.name)}")


def _both(change: _Change) -> Remedy:
    """Two spellings of one name, read apart."""
    return Remedy(f"-- model: {change.text} as {quote(change.name + '_2')}")


def _alias(change: _Change) -> Remedy:
    """Go on under the old name, filled from whichever is there."""
    if change.difference.was is None:
        return Remedy()
    old, new = quote(names(change.difference.was)[-1]), quote(change.name)
    return Remedy(f"-- model: coalesce({new}, {old}) as {old}")


def _rebuild(change: _Change) -> Remedy:
    model = change.table.rpartition(".")[2]
    return Remedy(f"dbt run --full-refresh --select {model}", rebuild=True)


_ANSWERS: Mapping[Code, Callable[[_Change], Remedy]] = MappingProxyType(
    {
        Code.FIELD_ADDED: _add,
        Code.TYPE_WIDENED: _widen,
        Code.FIELD_REMOVED: _drop,
        Code.FIELD_RENAMED: _alias,
        Code.TYPE_CHANGED: _cast,
        Code.MAP_FOLDED: _cast,
        Code.DEPTH_LIMIT: _cast,
        Code.PRECISION_LOSS: _exact,
        Code.CASE_COLLISION: _both,
        Code.KEY_TYPE_CHANGED: _rebuild,
        Code.PARTITION_TYPE_CHANGED: _rebuild,
    }
)


def column(pointer: str) -> str:
    """
    Return a pointer as Spark names a nested column.

    >>> column("/lines/*/sku")
    '`lines`.`element`.`sku`'
    """
    return ".".join(quote("element" if part == ANY_ELEMENT else part) for part in names(pointer))


def in_bronze(pointer: str) -> str:
    r"""
    Return the expression that reads a field's own text from bronze.

    >>> in_bronze("/zip")
    "get_json_object(value, '$[\\'zip\\']')"
    """
    return f"get_json_object(value, '{_json_path(pointer)}')"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _json_path(pointer: str) -> str:
    """Return a pointer as the path that Spark's `get_json_object` reads."""
    steps = ["[*]" if part == ANY_ELEMENT else f"[\\'{_quoted(part)}\\']" for part in names(pointer)]
    return "".join(["$", *steps])
