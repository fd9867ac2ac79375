"""
The scan's fast path: many records at once, field by field, with C-speed builtins over whole columns.

It makes the very tree that `observe` makes record by record; a property test holds it to that. What it
cannot judge as a whole (a doubtful key, a number of extreme size) makes it give up before anything is
kept, and the caller reads those records one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, compress, repeat
from operator import is_
from typing import Any

from schema_guard.core.column_kinds import SCALARS, At, DoubtfulError, strings
from schema_guard.core.node import MAP_KEYS, Node
from schema_guard.core.poison import MAX_DEPTH, PoisonError, check_keys
from schema_guard.core.rows import Chosen, Every, Having, Repeated, Rows
from schema_guard.core.shape import shape
from schema_guard.core.tally import Arrays, Tally

__all__ = ["DoubtfulError", "observe_columns"]


def observe_columns(
    records: Sequence[dict[str, Any]], offsets: Sequence[int], at: At
) -> tuple[Node, int]:
    """
    Return the tree of records at rising positions, and how many colons their JSON must hold.

    Texts with more colons than that, none of them escaped, say some key twice.

    Args:
        records: As the fast parser reads them: fractions as `Spelled`; at least one.
        offsets: One per record, in rising order.
        at: The position that an offset stands for.

    Raises:
        DoubtfulError: A record may be poison, or holds what only the exact parser can tell.
    """
    walk = _Walk(at)
    root = Node()
    try:
        walk.objects(root, records, Every(offsets), 1)
    except PoisonError as poison:
        raise DoubtfulError from poison
    return root, walk.colons


class _Walk:
    """One walk over columns; counts a colon per key it meets, and those in keys and strings."""

    def __init__(self, at: At) -> None:
        self.colons = 0
        self._at = at

    def column(self, node: Node, values: Sequence[Any], rows: Rows, depth: int) -> None:
        """Add a column of values of any kinds."""
        kinds = set(map(type, values))
        if len(kinds) == 1:
            self._of_kind(kinds.pop(), node, values, rows, depth)
            return
        types = list(map(type, values))
        for kind in kinds:
            mask = list(map(is_, types, repeat(kind)))
            self._of_kind(kind, node, list(compress(values, mask)), Chosen(rows, mask), depth)

    def _of_kind(self, kind: type, node: Node, values: Sequence[Any], rows: Rows, depth: int) -> None:
        scalar = SCALARS.get(kind)
        if kind is str:
            self.colons += strings(node, values, rows, self._at)
        elif scalar is not None:
            scalar(node, values, rows, self._at)
        elif kind is dict:
            self.objects(node, values, rows, depth)
        elif kind is list:
            self._arrays(node, values, rows, depth)
        else:
            raise DoubtfulError

    def objects(self, node: Node, values: Sequence[dict[str, Any]], rows: Rows, depth: int) -> None:
        """Add a column of objects, each field of theirs as a column of its own."""
        if depth > MAX_DEPTH:
            raise DoubtfulError
        node.objects = Tally(self._at(rows.first), self._at(rows.last), shape(values[0]), len(values))
        names = list(chain.from_iterable(values))
        members = list(chain.from_iterable(map(dict.values, values)))
        self.colons += len(names)
        order = list(values[0])
        if set(map(len, values)) == {len(order)} and names == order * len(values):
            check_keys(tuple(order))
            self.colons += "".join(order).count(":") * len(values)
            if depth > 1 and len(order) > MAP_KEYS:
                self._keyed_by_data(node, _by_name(names, members), rows, depth)
                return
            for place, name in enumerate(order):
                child = node.children[name] = Node()
                self.column(child, members[place :: len(order)], rows, depth + 1)
            return
        self._ragged(node, values, _by_name(names, members), rows, depth)

    def _keyed_by_data(
        self, node: Node, columns: Mapping[str, list[Any]], rows: Rows, depth: int
    ) -> None:
        """Look at the values below keys that are not kept: they hold colons, and may be poison."""
        node.drop_keys()
        for column in columns.values():
            # Any rows do: what is noted of these values is forgotten at once.
            self.column(Node(), column, Every([rows.first] * len(column)), depth + 1)

    def _ragged(
        self,
        node: Node,
        values: Sequence[dict[str, Any]],
        columns: Mapping[str, list[Any]],
        rows: Rows,
        depth: int,
    ) -> None:
        """Add objects whose keys differ."""
        try:
            check_keys(tuple(columns))
        except PoisonError:  # together they cannot stand side by side, each alone perhaps
            for keys in set(map(tuple, values)):
                check_keys(keys)
        self.colons += sum(name.count(":") * len(column) for name, column in columns.items())
        if depth > 1 and len(columns) > MAP_KEYS:
            self._keyed_by_data(node, columns, rows, depth)
            return
        for name, column in columns.items():
            child = node.children[name] = Node()
            if len(column) == len(values):
                self.column(child, column, rows, depth + 1)
                continue
            having = Having(rows, values, name)
            child.absent = self._at(having.first_without()), self._at(having.last_without())
            self.column(child, column, having, depth + 1)

    def _arrays(self, node: Node, values: Sequence[list[Any]], rows: Rows, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise DoubtfulError
        lengths = list(map(len, values))
        ends = self._at(rows.first), self._at(rows.last)
        node.arrays = Arrays(*ends, shape(values[0]), len(values), min(lengths), max(lengths))
        flat = list(chain.from_iterable(values))
        if flat:
            node.element = Node()
            self.column(node.element, flat, Repeated(rows, lengths), depth + 1)


def _by_name(names: Sequence[str], members: Sequence[Any]) -> Mapping[str, list[Any]]:
    columns: defaultdict[str, list[Any]] = defaultdict(list)
    for name, member in zip(names, members, strict=True):
        columns[name].append(member)
    return columns
