"""
The scan's fast path: many records at once, field by field, with C-speed builtins over whole columns.

It makes the very tree that `observe` makes record by record; a property test holds it to that. What it
cannot judge as a whole (a doubtful key, a number of extreme size) makes it give up before anything is
kept, and the caller reads those records one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, compress
from typing import Any, TypeAlias

from schema_guard.core.datatype import Format
from schema_guard.core.formats import LEADS, PATTERNS, UUID_LENGTH, format_of
from schema_guard.core.kinds import Position
from schema_guard.core.node import Node
from schema_guard.core.number import EXACT_DOUBLE, INT64_MAX, INT64_MIN, digits_and_scale, survives_as_double
from schema_guard.core.poison import MAX_DEPTH, MAX_DIGITS, PoisonError, check_keys
from schema_guard.core.shape import shape
from schema_guard.core.spelled import Spelled
from schema_guard.core.tally import Arrays, Decimals, Integers, Tally, noted

Places: TypeAlias = Callable[[], Sequence[Position]]

#: Integers from here on may have more digits than a decimal(38,0) holds.
_LARGE: int = 10 ** (MAX_DIGITS - 1)
#: An exponent hides digits; one of three digits may be beyond a double's range.
_EXPONENT, _EXTREME = re.compile(r"[eE]"), re.compile(r"[eE][+-]?\d{3}")
#: So many characters may be more digits than every double gives back.
_LONG_NUMBER = re.compile(r"[^ ]{17}")
#: A column whose values repeat so often is told by its distinct values.
_REPEATED = 4
_FRACTION = re.compile(r"\.(\d*[1-9])")
_WHOLE = re.compile(r"(?:^| )-?0*([1-9]\d*)")


class DoubtfulError(Exception):
    """These records can only be judged one by one; nothing of them was kept."""


def observe_columns(records: Sequence[dict[str, Any]], positions: Sequence[Position], keys: int) -> Node:
    """
    Return the tree of records at rising positions.

    Args:
        records: As the fast parser reads them: fractions as `Spelled`.
        positions: One per record, in rising order.
        keys: How many keys the records' texts spell: more than objects hold means that one was said twice.

    Raises:
        DoubtfulError: A record may be poison, or holds what only the exact parser can tell.
    """
    walk = _Walk()
    root = Node()
    try:
        walk.objects(root, records, lambda: positions, 1)
    except PoisonError as poison:
        raise DoubtfulError from poison
    if walk.keys != keys:
        raise DoubtfulError
    return root


class _Walk:
    """One walk over columns; counts the keys it meets."""

    def __init__(self) -> None:
        self.keys = 0

    def column(self, node: Node, values: Sequence[Any], places: Places, depth: int) -> None:
        """Add a column of values of any kinds."""
        kinds = set(map(type, values))
        if len(kinds) == 1:
            self._of_kind(kinds.pop(), node, values, places, depth)
            return
        where = places()
        for kind in kinds:
            chosen = [type(value) is kind for value in values]
            self._of_kind(kind, node, list(compress(values, chosen)), _chosen(where, chosen), depth)

    def _of_kind(
        self, kind: type, node: Node, values: Sequence[Any], places: Places, depth: int
    ) -> None:
        scalar = _SCALARS.get(kind)
        if scalar is not None:
            scalar(node, values, places())
        elif kind is dict:
            self.objects(node, values, places, depth)
        elif kind is list:
            self._arrays(node, values, places, depth)
        else:
            raise DoubtfulError

    def objects(
        self, node: Node, values: Sequence[dict[str, Any]], places: Places, depth: int
    ) -> None:
        """Add a column of objects, each field of theirs as a column of its own."""
        if depth > MAX_DEPTH:
            raise DoubtfulError
        where = places()
        node.objects = Tally(where[0], where[-1], shape(values[0]), len(values))
        shapes = set(map(tuple, values))
        for keys in shapes:
            check_keys(keys)
        if len(shapes) == 1:
            (names,) = shapes
            self.keys += len(names) * len(values)
            node.always = set(names)
            columns = zip(*map(dict.values, values), strict=True)
            for name, column in zip(names, columns, strict=True):
                child = node.children[name] = Node()
                self.column(child, column, places, depth + 1)
            return
        self._ragged(node, values, places, depth)

    def _ragged(
        self, node: Node, values: Sequence[dict[str, Any]], places: Places, depth: int
    ) -> None:
        """Add objects whose keys differ."""
        columns: dict[str, list[Any]] = {}
        for value in values:
            for name, member in value.items():
                known = columns.get(name)
                if known is None:
                    columns[name] = [member]
                else:
                    known.append(member)
        where = places()
        for name, column in columns.items():
            self.keys += len(column)
            child = node.children[name] = Node()
            if len(column) == len(values):
                node.always.add(name)
                self.column(child, column, places, depth + 1)
                continue
            child.absent = next(
                place for value, place in zip(values, where, strict=True) if name not in value
            )
            self.column(child, column, _those_with(name, values, where), depth + 1)

    def _arrays(self, node: Node, values: Sequence[list[Any]], places: Places, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise DoubtfulError
        where = places()
        lengths = list(map(len, values))
        node.arrays = Arrays(
            where[0], where[-1], shape(values[0]), len(values), min(lengths), max(lengths)
        )
        flat = list(chain.from_iterable(values))
        if flat:
            node.element = Node()
            repeated = [place for place, length in zip(where, lengths, strict=True) for _ in range(length)]
            self.column(node.element, flat, lambda: repeated, depth + 1)


def _chosen(where: Sequence[Position], chosen: Sequence[bool]) -> Places:
    return lambda: list(compress(where, chosen))


def _those_with(name: str, values: Sequence[dict[str, Any]], where: Sequence[Position]) -> Places:
    found: list[Position] = []

    def places() -> Sequence[Position]:
        if not found:
            found.extend(place for value, place in zip(values, where, strict=True) if name in value)
        return found

    return places


def _nulls(node: Node, values: Sequence[None], where: Sequence[Position]) -> None:
    node.nulls = Tally(where[0], where[-1], "null", len(values))


def _booleans(node: Node, values: Sequence[bool], where: Sequence[Position]) -> None:
    node.booleans = Tally(where[0], where[-1], "boolean", len(values))


def _integers(node: Node, values: Sequence[int], where: Sequence[Position]) -> None:
    low, high = min(values), max(values)
    if not -_LARGE < low <= high < _LARGE:
        raise DoubtfulError
    tally = Integers(where[0], where[-1], shape(values[0]), len(values), low, high)
    if not -EXACT_DOUBLE <= low <= high <= EXACT_DOUBLE:
        for number, place in zip(values, where, strict=True):
            if not -EXACT_DOUBLE <= number <= EXACT_DOUBLE:
                tally.inexact = noted(tally.inexact, place, shape(number))
                if not INT64_MIN <= number <= INT64_MAX:
                    tally.wide = noted(tally.wide, place, shape(number))
    node.integers = tally


def _decimals(node: Node, values: Sequence[Spelled], where: Sequence[Position]) -> None:
    text = " ".join(values)
    tally = Decimals(where[0], where[-1], shape(values[0].number), len(values))
    if _EXPONENT.search(text):
        if _EXTREME.search(text):
            raise DoubtfulError
        needed = [digits_and_scale(value.number) for value in values]
        tally.digits, tally.scale = (max(column) for column in zip(*needed, strict=True))
    else:
        tally.digits = max(map(len, _WHOLE.findall(text)), default=0)
        tally.scale = max(map(len, _FRACTION.findall(text)), default=0)
    if _LONG_NUMBER.search(text):
        for value, place in zip(values, where, strict=True):
            if not survives_as_double(value.number):
                tally.lossy = noted(tally.lossy, place, shape(value.number))
    node.decimals = tally


def _strings(node: Node, values: Sequence[str], where: Sequence[Position]) -> None:
    written = _one_format(values)
    if written is not None:
        node.strings[written] = Tally(where[0], where[-1], shape(values[0]), len(values))
        return
    for value, place in zip(values, where, strict=True):
        is_special = value[:1] in LEADS or len(value) == UUID_LENGTH
        found = format_of(value) if is_special else Format.TEXT
        tally = node.strings.get(found)
        if tally is None:
            tally = node.strings[found] = Tally(place, place, shape(value))
        tally.count += 1
        tally.last = place


def _one_format(values: Sequence[str]) -> Format | None:
    """Return the format of all strings, told by one look at their column; None when it takes more."""
    leads = {value[:1] for value in values}
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


_SCALARS: Mapping[type, Callable[[Node, Any, Sequence[Position]], None]] = {
    str: _strings,
    int: _integers,
    Spelled: _decimals,
    bool: _booleans,
    type(None): _nulls,
}
