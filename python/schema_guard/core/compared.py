"""A batch laid beside the ACTIVE version: worked out once, asked by all who judge it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from schema_guard.core.compare import Difference
from schema_guard.core.diff import diff
from schema_guard.core.infer import Inference
from schema_guard.core.presence import Ledger, advance
from schema_guard.core.schema import Schema, finalise


@dataclass(frozen=True, slots=True)
class Compared:
    """
    What a batch is to the ACTIVE version.

    Attributes:
        schema: The version that holds both.
        differences: What `diff` found; removals and renames not told apart yet.
        ledger: Presence with the batch counted in.
    """

    schema: Schema
    differences: list[Difference]
    ledger: Ledger


def compare(
    active: Schema | None, observed: Inference, pk_fields: Collection[str], ledger: Ledger
) -> Compared:
    """
    Return what a batch is to the ACTIVE version.

    Args:
        active: None before the first version.
        observed: The inference of the batch's records.
        pk_fields: Names of top-level fields that identify a row.
        ledger: Presence of each field before the batch.
    """
    schema = finalise(observed, active)
    differences = diff(active, observed, pk_fields=pk_fields, following=schema)
    return Compared(schema, differences, advance(ledger, schema, observed.root))
