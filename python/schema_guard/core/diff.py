"""Every difference between the ACTIVE version and a batch, with its evidence, not judged yet."""

from __future__ import annotations

from collections.abc import Collection

from schema_guard.core.compare import Comparison, Difference
from schema_guard.core.infer import Inference
from schema_guard.core.keys import key_differences
from schema_guard.core.schema import Schema, finalise

__all__ = ["Difference", "diff"]


def diff(
    active: Schema | None,
    observed: Inference,
    *,
    pk_fields: Collection[str],
    following: Schema | None = None,
) -> list[Difference]:
    """
    Return the differences of a batch, ordered by pointer and code.

    Args:
        active: The ACTIVE version; None before the first, when only what is wrong in itself is
            a difference.
        observed: The inference of the batch's records, poison left out.
        pk_fields: Names of top-level fields that identify a row; their absence and nulls have
            codes of their own.
        following: `finalise` of both, where somebody asked it before.
    """
    if not observed.records:
        return []
    comparison = Comparison(observed.records)
    if active is None:
        comparison.new_struct("", observed.root)
    else:
        new = (following or finalise(observed, active)).root
        comparison.struct("", active.root, new, observed.root, keys=frozenset(pk_fields))
    comparison.found += key_differences(active, observed, pk_fields)
    return sorted(comparison.found, key=lambda found: (found.pointer, found.code))
