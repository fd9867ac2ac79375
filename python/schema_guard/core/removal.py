"""When an absent field counts as removed: by evidence over batches, or at once where a dataset says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import assert_never

from schema_guard.core.compare import Difference
from schema_guard.core.finding import Code
from schema_guard.core.presence import Ledger, Presence


class Removal(StrEnum):
    """How much absence a dataset takes for a removal; spelled as in dataset files."""

    #: Only what chance does not explain, over several batches.
    EVIDENCE = "evidence"
    #: The first batch that lacks the field whole.
    FIRST_ABSENCE = "first_absence"


def with_removals(
    differences: Iterable[Difference], ledger: Ledger, rule: Removal
) -> Iterator[Difference]:
    """
    Yield the differences, with FIELD_REMOVED in the place of FIELD_ABSENT where a field is gone.

    Args:
        differences: What `diff` found in a batch.
        ledger: Presence with that batch counted in; a field that it does not know was given up before.
        rule: The dataset's.
    """
    for difference in differences:
        known = ledger.get(difference.pointer)
        if difference.code is Code.FIELD_ABSENT and known and _is_removed(known, rule):
            shown = replace(difference.evidence, basis=_basis(known))
            yield replace(difference, code=Code.FIELD_REMOVED, evidence=shown)
        else:
            yield difference


def _is_removed(known: Presence, rule: Removal) -> bool:
    match rule:
        case Removal.EVIDENCE:
            return known.is_gone
        case Removal.FIRST_ABSENCE:
            return known.missed > 0
        case _:
            assert_never(rule)


def _basis(known: Presence) -> str:
    batches = f"{known.missed_batches} batch{'es' if known.missed_batches > 1 else ''}"
    return (
        f"in {known.seen / known.parents:.2%} of {known.parents:,} objects until then, in none of "
        f"{known.missed:,} of {batches} since; by chance: {known.chance:.1g}"
    )
