"""One path of the observed tree: everything seen there, kind by kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product

from schema_guard.core.datatype import Format
from schema_guard.core.kinds import Kind, Span
from schema_guard.core.tally import Arrays, Decimals, Integers, Tally, folded

#: Objects below the record with more keys than this are held as JSON text: their keys are data. They are not
#: kept, so that memory has a bound; which objects those are depends on all their keys, never on their order.
MAP_KEYS = 1000

#: The order in which `Node.kinds` looks at what it holds.
_SEEN = (Kind.BOOLEAN, Kind.DECIMAL, Kind.STRING, Kind.ARRAY, Kind.OBJECT)


@dataclass(slots=True, eq=False)
class Node:
    """
    What was seen at one path.

    Attributes:
        absent: The first and the last record whose object lacks this field; None while every one has it.
        strings: One tally per format.
        element: What the arrays here hold.
        children: What the objects here hold, by key.
        keys_are_data: The objects here have more than `MAP_KEYS` keys together; `children` is empty then.
    """

    absent: Span | None = None
    nulls: Tally | None = None
    booleans: Tally | None = None
    integers: Integers | None = None
    decimals: Decimals | None = None
    strings: dict[Format, Tally] = field(default_factory=dict)
    arrays: Arrays | None = None
    objects: Tally | None = None
    element: Node | None = None
    children: dict[str, Node] = field(default_factory=dict)
    keys_are_data: bool = False

    def drop_keys(self) -> None:
        """Forget the keys of the objects here, which are data; that they were objects is still counted."""
        self.children, self.keys_are_data = {}, True

    def tally(self, kind: Kind) -> Tally | None:  # noqa: PLR0911 - one return per case
        """Return the tally of one kind."""
        match kind:
            case Kind.NULL:
                return self.nulls
            case Kind.BOOLEAN:
                return self.booleans
            case Kind.INTEGER:
                return self.integers
            case Kind.DECIMAL:
                return self.decimals
            case Kind.STRING:
                return together(self.strings.values())
            case Kind.ARRAY:
                return self.arrays
            case Kind.OBJECT:
                return self.objects

    def kinds(self) -> frozenset[Kind]:
        """Return the kinds seen here: null left out, numbers of any spelling as `Kind.DECIMAL`."""
        key = (
            self.booleans is not None,
            self.integers is not None or self.decimals is not None,
            bool(self.strings),
            self.arrays is not None,
            self.objects is not None,
        )
        return _KINDS[key]

    def values(self, kinds: Iterable[Kind]) -> Tally | None:
        """Return what was seen of the given kinds, `Kind.DECIMAL` meaning every number."""
        spelled = set(kinds)
        if Kind.DECIMAL in spelled:
            spelled.add(Kind.INTEGER)
        return together(self.tally(kind) for kind in Kind if kind in spelled)

    def count(self, kind: Kind) -> int:
        """Return how many values of one kind were seen."""
        tally = self.tally(kind)
        return tally.count if tally else 0

    @property
    def present(self) -> int:
        """How often the path had a value, null included."""
        # Asked three times per field of a judged batch: no lists on the way.
        count = self.nulls.count if self.nulls else 0
        count += self.booleans.count if self.booleans else 0
        count += self.integers.count if self.integers else 0
        count += self.decimals.count if self.decimals else 0
        count += self.arrays.count if self.arrays else 0
        count += self.objects.count if self.objects else 0
        for tally in self.strings.values():
            count += tally.count
        return count


#: Which kinds were seen -> their set, made once: a schema asks for it at every path.
_KINDS = {
    seen: frozenset(kind for kind, is_seen in zip(_SEEN, seen, strict=True) if is_seen)
    for seen in product((False, True), repeat=len(_SEEN))
}


def together(tallies: Iterable[Tally | None]) -> Tally | None:
    """Return what all the tallies saw, as one of its own."""
    total: Tally | None = None
    for tally in tallies:
        if tally is not None:
            plain = Tally(tally.first, tally.last, tally.sample, tally.count)
            total = folded(total, plain)
    return total
