"""The ten operations: what arrives, what it arrives at, and how each contender writes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Base(StrEnum):
    """The table before an operation: all lines, or about every second one."""

    WHOLE = "whole"
    HALF = "half"


class Form(StrEnum):
    """How Tidegate writes; each is a model in `models/`, a table per base, and one statement."""

    UPSERT = "upsert"
    MERGE = "merge"
    REPLACE = "replace"
    BATCHES = "batches"
    APPEND = "append"


class Write(StrEnum):
    """What a rival does; each is a statement in `sql/duckdb/` and a branch of `delta.py`."""

    UPSERT = "upsert"
    DELETE = "delete"
    SYNC = "sync"
    EXPRESSION = "expression"
    APPEND = "append"
    OVERWRITE = "overwrite"


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One operation.

    Attributes:
        name: Its word; `sql/increments/<name>.sql` makes what arrives.
        title: What it is called in the report.
        base: The table that it meets.
        forms: How Tidegate does it; the first is what its users would take.
        write: How a rival does it.
        computed: Whether the model computes two columns of what arrives.
    """

    name: str
    title: str
    base: Base
    forms: tuple[Form, ...]
    write: Write
    computed: bool = False


_KEYED = (Form.UPSERT, Form.MERGE)

#: In the order of the scorecard that they are taken from.
OPERATIONS: tuple[Operation, ...] = (
    Operation("mixed", "mixed upsert, 1 %", Base.WHOLE, _KEYED, Write.UPSERT),
    Operation("insert", "insert only, 5 %", Base.WHOLE, _KEYED, Write.UPSERT),
    Operation("update", "update only, 5 %", Base.WHOLE, _KEYED, Write.UPSERT),
    Operation("idempotent", "the same again, 5 %", Base.WHOLE, _KEYED, Write.UPSERT),
    Operation("cdc", "delete, update, insert, 6 %", Base.HALF, (Form.UPSERT,), Write.DELETE),
    Operation("sync", "full sync, half stays", Base.HALF, (Form.REPLACE,), Write.SYNC),
    Operation(
        "expression",
        "update by expressions, 5 %",
        Base.HALF,
        (Form.MERGE,),
        Write.EXPRESSION,
        computed=True,
    ),
    Operation("append", "append, 5 %", Base.WHOLE, (Form.BATCHES,), Write.APPEND),
    Operation("safeappend", "append that two may do, 5 %", Base.WHOLE, (Form.APPEND,), Write.APPEND),
    Operation("overwrite", "overwrite by 5 %", Base.WHOLE, (Form.REPLACE,), Write.OVERWRITE),
)
