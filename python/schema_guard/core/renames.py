"""Which new fields may be old ones under another name; a hint for people, never a decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from schema_guard.core.compare import Difference
from schema_guard.core.datatype import NUMERIC, Type
from schema_guard.core.finding import Code
from schema_guard.core.likeness import Likeness, best
from schema_guard.core.presence import Ledger, Presence


class Pair(NamedTuple):
    """A field that vanished and one that appeared beside it, as JSON pointers."""

    old: str
    new: str


def candidates(differences: Sequence[Difference], records: int, ledger: Ledger) -> list[Pair]:
    """
    Return the pairs worth a look at their values.

    A pair has one parent, types that hold the same values, and no record with both: the old field is
    absent from the whole batch and from no batch before, or was in every record before and lacks just
    where the new one is.

    Args:
        differences: What `diff` found in a batch.
        records: Records of the batch.
        ledger: Presence with the batch counted in.
    """
    added = [d for d in differences if d.code is Code.FIELD_ADDED]
    missing = {d.pointer for d in differences if d.code is Code.FIELD_ABSENT}
    absent = {
        d.pointer: d
        for d in differences
        if d.code is Code.FIELD_ABSENT and _just_left(ledger.get(d.pointer))
    }
    lacking = {d.pointer: d for d in differences if d.code is Code.NULLABLE and d.pointer not in missing}
    pairs = [
        Pair(old.pointer, new.pointer)
        for new in added
        for old in [*absent.values(), *(d for d in lacking.values() if _fill(d, new, records))]
        if _parent(old.pointer) == _parent(new.pointer) and _same(old.old, new.new)
    ]
    return sorted(pairs)


def with_renames(
    differences: Iterable[Difference], likenesses: Mapping[Pair, Likeness], *, keep_added: bool = False
) -> Iterator[Difference]:
    """
    Yield the differences, with FIELD_RENAMED in the place of FIELD_ADDED where values speak for it.

    With `keep_added` both are told: for a dataset that ignores the hint the field is new all the same.
    """
    known = list(differences)
    old_types = {d.pointer: d.old for d in known}
    for difference in known:
        found = None
        if difference.code is Code.FIELD_ADDED:
            about = (pair for pair in likenesses if pair.new == difference.pointer)
            found = best((pair.old, likenesses[pair]) for pair in about)
        if found is None or keep_added:
            yield difference
        if found is None:
            continue
        was, like = found
        shown = replace(difference.evidence, basis=f"was {was}: {like}")
        yield replace(
            difference, code=Code.FIELD_RENAMED, old=old_types.get(was), was=was, evidence=shown
        )


def _just_left(known: Presence | None) -> bool:
    return known is not None and known.missed_batches == 1


def _fill(lacking: Difference, new: Difference, records: int) -> bool:
    """Return whether the new field is in just as many records as lack the old one."""
    return 0 < lacking.evidence.count == new.evidence.count < records


def _parent(pointer: str) -> str:
    return pointer.rpartition("/")[0]


def _same(old: Type | None, new: Type | None) -> bool:
    if old is None or new is None:
        return False
    both_numbers = isinstance(old, NUMERIC) and isinstance(new, NUMERIC)
    return both_numbers or type(old) is type(new)
