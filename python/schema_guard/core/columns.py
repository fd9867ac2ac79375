"""
The scan's fast path: many records at once, field by field, with C-speed builtins over whole columns.

It makes the very tree that `observe` makes record by record; a property test holds it to that. What it
cannot judge as a whole (a doubtful key, a number of extreme size) makes it give up before anything is
kept, and the caller reads those records one by one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, compress, repeat
from operator import is_, itemgetter
from typing import Any, TypeAlias

from schema_guard.core.datatype import Format
from schema_guard.core.formats import LEADS, PATTERNS, UUID_LENGTH, format_of
from schema_guard.core.kinds import Position
from schema_guard.core.node import Node
from schema_guard.core.number import EXACT_DOUBLE, INT64_MAX, INT64_MIN, digits_and_scale, survives_as_double
from schema_guard.core.poison import MAX_DEPTH, MAX_DIGITS, PoisonError, check_keys
from schema_guard.core.rows import Chosen, Every, Having, Repeated, Rows
from schema_guard.core.shape import shape
from schema_guard.core.spelled import Spelled
from schema_guard.core.tally import Arrays, Decimals, Integers, Tally

#: Makes the position of an offset: a block lies in one partition.
At: TypeAlias = Callable[[int], Position]

#: Integers from here on may have more digits than a decimal(38,0) holds.
_LARGE: int = 10 ** (MAX_DIGITS - 1)
#: An exponent hides digits; one of three digits may be beyond a double's range.
_EXPONENT, _EXTREME = re.compile(r"[eE]"), re.compile(r"[eE][+-]?\d{3}")
#: A number of no more characters is some double's shortest spelling.
_SURELY_EXACT = 16
#: A column whose values repeat so often is told by its distinct values.
_REPEATED = 4
_lead = itemgetter(slice(0, 1))
_FRACTION = re.compile(r"\.(\d*[1-9])")
_WHOLE = re.compile(r"(?:^| )-?0*([1-9]\d*)")


class DoubtfulError(Exception):
    """These records can only be judged one by one; nothing of them was kept."""


def observe_columns(
    records: Sequence[dict[str, Any]], offsets: Sequence[int], at: At
) -> tuple[Node, int]:
    """
    Return the tree of records at rising positions, and how many keys all their objects hold.

    Texts that spell more keys than that say one of them twice.

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
    return root, walk.keys


class _Walk:
    """One walk over columns; counts the keys it meets."""

    def __init__(self, at: At) -> None:
        self.keys = 0
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
        scalar = _SCALARS.get(kind)
        if scalar is not None:
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
        self.keys += len(names)
        order = list(values[0])
        if set(map(len, values)) == {len(order)} and names == order * len(values):
            check_keys(tuple(order))
            node.always = set(order)
            for place, name in enumerate(order):
                child = node.children[name] = Node()
                self.column(child, members[place :: len(order)], rows, depth + 1)
            return
        self._ragged(node, values, _by_name(names, members), rows, depth)

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
        for name, column in columns.items():
            child = node.children[name] = Node()
            if len(column) == len(values):
                node.always.add(name)
                self.column(child, column, rows, depth + 1)
                continue
            having = Having(rows, values, name)
            child.absent = self._at(having.first_without())
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


def _nulls(node: Node, values: Sequence[None], rows: Rows, at: At) -> None:
    node.nulls = Tally(at(rows.first), at(rows.last), "null", len(values))


def _booleans(node: Node, values: Sequence[bool], rows: Rows, at: At) -> None:
    node.booleans = Tally(at(rows.first), at(rows.last), "boolean", len(values))


def _integers(node: Node, values: Sequence[int], rows: Rows, at: At) -> None:
    low, high = min(values), max(values)
    if not -_LARGE < low <= high < _LARGE:
        raise DoubtfulError
    tally = Integers(at(rows.first), at(rows.last), shape(values[0]), len(values), low, high)
    if not -EXACT_DOUBLE <= low <= high <= EXACT_DOUBLE:
        tally.inexact = _beyond(values, rows, at, -EXACT_DOUBLE, EXACT_DOUBLE)
        if not INT64_MIN <= low <= high <= INT64_MAX:
            tally.wide = _beyond(values, rows, at, INT64_MIN, INT64_MAX)
    node.integers = tally


def _beyond(values: Sequence[int], rows: Rows, at: At, least: int, most: int) -> Tally | None:
    mask = [not least <= number <= most for number in values]
    return _those(mask, values, rows, at)


def _those(mask: Sequence[bool], values: Sequence[int | Spelled], rows: Rows, at: At) -> Tally | None:
    """Return a tally of the values that the mask names, None when there are none."""
    found = list(compress(values, mask))
    if not found:
        return None
    where, first = Chosen(rows, mask), found[0]
    sample = shape(first.number if isinstance(first, Spelled) else first)
    return Tally(at(where.first), at(where.last), sample, len(found))


def _decimals(node: Node, values: Sequence[Spelled], rows: Rows, at: At) -> None:
    text = " ".join(values)
    tally = Decimals(at(rows.first), at(rows.last), shape(values[0].number), len(values))
    if _EXPONENT.search(text):
        if _EXTREME.search(text):
            raise DoubtfulError
        needed = [digits_and_scale(value.number) for value in values]
        tally.digits, tally.scale = (max(column) for column in zip(*needed, strict=True))
    else:
        tally.digits = max(map(len, _WHOLE.findall(text)), default=0)
        tally.scale = max(map(len, _FRACTION.findall(text)), default=0)
    if max(map(len, values)) > _SURELY_EXACT:
        lossy = [not survives_as_double(value.number) for value in values]
        tally.lossy = _those(lossy, values, rows, at)
    node.decimals = tally


def _strings(node: Node, values: Sequence[str], rows: Rows, at: At) -> None:
    written = _one_format(values)
    if written is not None:
        node.strings[written] = Tally(at(rows.first), at(rows.last), shape(values[0]), len(values))
        return
    formats = [
        format_of(value) if value[:1] in LEADS or len(value) == UUID_LENGTH else Format.TEXT
        for value in values
    ]
    found = set(formats)
    for each in found:
        mask = list(map(is_, formats, repeat(each)))
        where, sample = Chosen(rows, mask), shape(values[mask.index(True)])
        node.strings[each] = Tally(at(where.first), at(where.last), sample, sum(mask))


def _one_format(values: Sequence[str]) -> Format | None:
    """Return the format of all strings, told by one look at their column; None when it takes more."""
    leads = set(map(_lead, values))
    if leads.isdisjoint(LEADS):
        return None if UUID_LENGTH in set(map(len, values)) else Format.TEXT
    distinct = set(values)
    if len(distinct) * _REPEATED <= len(values):
        written = set(map(format_of, distinct))
        return written.pop() if len(written) == 1 else None
    first = format_of(values[0])
    pattern = PATTERNS.get(first)
    if pattern is None:
        return None
    text = "\n".join(values)
    is_plain = text.count("\n") == len(values) - 1
    return first if is_plain and pattern.fullmatch(text) else None


_SCALARS: Mapping[type, Callable[[Node, Any, Rows, At], None]] = {
    str: _strings,
    int: _integers,
    Spelled: _decimals,
    bool: _booleans,
    type(None): _nulls,
}
