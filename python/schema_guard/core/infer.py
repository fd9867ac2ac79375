"""Inference as a monoid: any order, any split, any number of processes give one result."""

from __future__ import annotations

from collections.abc import Iterable

from schema_guard.core.fold import fold
from schema_guard.core.kinds import Position
from schema_guard.core.node import Node
from schema_guard.core.observe import observe
from schema_guard.core.state import Row, flatten, restore

#: Where positions start when values have none of their own.
NOWHERE = Position("", 0, 0)


class Inference:
    """
    All that was observed about a set of values; memory grows with distinct paths, not with values.

    Keys that are data are no paths (`node.MAP_KEYS`).

    The empty inference is the identity, `merge` the operation. Adding in rising order of position
    is fast; any other order is right too, at the cost of a merge per step back. Picklable at any
    depth.

    Attributes:
        records: How many values were added.
    """

    __slots__ = ("_high", "_rising", "_settled", "records")

    def __init__(self) -> None:
        self.records = 0
        self._settled = Node()
        self._rising = Node()
        self._high: Position | None = None

    def add(self, value: object, position: Position) -> None:
        """
        Add one parsed value, found at `position`.

        Integers are `int`, other numbers `Number` (exact), or `float` where the caller has made
        sure that the float's shortest spelling is the number in the text.

        Raises:
            TypeError: The value holds something that is not JSON.
        """
        if self._high is not None and position <= self._high:
            self._settle()
        self._high = position
        self.records += 1
        observe(self._rising, value, position)

    def take(self, tree: Node, records: int) -> None:
        """Add a tree that `columns.observe_columns` made of so many records; it is not used after."""
        fold(self._settled, tree)
        self.records += records

    def merge(self, other: Inference) -> Inference:
        """Fold `other` into this one and return this one; `other` stays as it is."""
        theirs = other.root
        fold(self.root, theirs)
        self.records += other.records
        return self

    @property
    def root(self) -> Node:
        """The tree of everything added so far."""
        self._settle()
        return self._settled

    def _settle(self) -> None:
        if self._high is None:
            return
        fold(self._settled, self._rising)
        self._rising, self._high = Node(), None

    def __getstate__(self) -> tuple[int, list[Row]]:
        """Return records and tree as flat rows: nesting never meets pickle's recursion limit."""
        return self.records, flatten(self.root)

    def __setstate__(self, state: tuple[int, list[Row]]) -> None:
        """Take back what `__getstate__` gave."""
        self.records, rows = state
        self._settled, self._rising, self._high = restore(rows), Node(), None

    def __eq__(self, other: object) -> bool:
        """Return whether both observed the same, to the last count and position."""
        return isinstance(other, Inference) and self.__getstate__() == other.__getstate__()

    __hash__ = None  # type: ignore[assignment]


def infer(values: Iterable[object], start: Position = NOWHERE) -> Inference:
    """Return the inference of values whose offsets count up from `start`."""
    inference = Inference()
    for offset, value in enumerate(values, start.offset):
        inference.add(value, Position(start.topic_id, start.partition, offset))
    return inference


def merge(one: Inference, other: Inference) -> Inference:
    """Return what both observed together; neither changes."""
    return Inference().merge(one).merge(other)
