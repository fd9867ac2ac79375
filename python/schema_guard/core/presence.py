"""
How often each field was there, batch after batch: what tells a removed field from an absent one.

A ledger holds one entry per JSON pointer. It advances with each admitted batch and never looks back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from schema_guard.core.datatype import Array, Struct, Type
from schema_guard.core.kinds import Kind, child, elements
from schema_guard.core.node import Node
from schema_guard.core.schema import Schema

#: Absence is a removal only over so many batches ...
FEWEST_BATCHES = 3
#: ... and when chance explains it less often than this: the design's `(1 - p)^n < 1e-6`.
LARGEST_CHANCE = 1e-6


class Presence(NamedTuple):
    """
    One field's record of being there; a named tuple, because each batch makes one per field.

    Attributes:
        seen: Objects that had the field, null included, up to the last batch that had it.
        parents: Objects that could have had it in those batches.
        missed: Objects since then, none of which has it.
        missed_batches: Batches since then.
    """

    seen: int
    parents: int
    missed: int = 0
    missed_batches: int = 0

    @property
    def rate(self) -> float:
        """Expected share of objects that have it; by Laplace's rule few objects prove little."""
        return (self.seen + 1) / (self.parents + 2)

    @property
    def chance(self) -> float:
        """
        How likely a field of this rate is missing as often as it was, 0 to 1.

        >>> Presence(seen=98, parents=98, missed=3).chance
        1e-06
        """
        return float(f"{math.exp(self.missed * math.log1p(-self.rate)):.3g}")

    @property
    def is_gone(self) -> bool:
        """Whether chance and a short look are ruled out."""
        return self.missed_batches >= FEWEST_BATCHES and self.chance < LARGEST_CHANCE

    def after(self, present: int, parents: int) -> Presence:
        """Return the record with one more batch; a field that is back takes its absence into its rate."""
        if not parents:
            return self
        if not present:
            return Presence(self.seen, self.parents, self.missed + parents, self.missed_batches + 1)
        return Presence(self.seen + present, self.parents + self.missed + parents)


#: JSON pointer → presence; `*` stands for any element of an array.
Ledger: TypeAlias = Mapping[str, Presence]


def advance(ledger: Ledger, schema: Schema, root: Node) -> Ledger:
    """
    Return the ledger with one more batch.

    Args:
        ledger: As it was before.
        schema: The version the batch makes: whose fields are counted.
        root: The tree of the batch's records.
    """
    counted = dict(ledger)
    for pointer, present, parents in _fields("", schema.root, root):
        known = counted.get(pointer)
        if known is not None:
            counted[pointer] = known.after(present, parents)
        elif present:
            counted[pointer] = Presence(present, parents)
    return counted


def without(ledger: Ledger, gone: frozenset[str]) -> Ledger:
    """Return the ledger without fields whose removal was accepted: they are news if they return."""
    return {pointer: known for pointer, known in ledger.items() if pointer not in gone}


def forgiven(ledger: Ledger, pointers: frozenset[str]) -> Ledger:
    """Return the ledger with some absences forgotten: removal was refused, evidence begins anew."""
    return {
        pointer: Presence(known.seen, known.parents) if pointer in pointers else known
        for pointer, known in ledger.items()
    }


def to_document(ledger: Ledger) -> dict[str, list[int]]:
    """Return a ledger as plain JSON values."""
    return {p: [k.seen, k.parents, k.missed, k.missed_batches] for p, k in sorted(ledger.items())}


def from_document(document: Mapping[str, Any]) -> Ledger:
    """Return the ledger of a document that `to_document` made."""
    return {pointer: Presence(*counts) for pointer, counts in document.items()}


def _fields(pointer: str, given: Type, node: Node) -> Iterator[tuple[str, int, int]]:
    """Yield pointer, objects with the field, and objects of its parent, for each field of a type."""
    match given:
        case Struct(fields):
            parents = node.count(Kind.OBJECT)
            for known in fields:
                below = node.children.get(known.name)
                at = child(pointer, known.name)
                if below is None:
                    yield at, 0, parents
                    continue
                yield at, parents if below.absent is None else below.present, parents
                if isinstance(known.type, Struct | Array):
                    yield from _fields(at, known.type, below)
        case Array(element) if node.element is not None:
            yield from _fields(elements(pointer), element, node.element)
        case _:
            return
