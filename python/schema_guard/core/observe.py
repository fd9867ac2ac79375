"""
The walk over one value: the scan's inner loop, one short function per kind, no stack but a list.

Objects whose keys are data (`Node.keys_are_data`) are counted, and not looked into.

Positions only rise within a tree (`infer.py` sees to it), so the newest is the last, uncompared.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from schema_guard.core.datatype import Format
from schema_guard.core.formats import LEADS, UUID_LENGTH, format_of
from schema_guard.core.kinds import Position
from schema_guard.core.node import MAP_KEYS, Node
from schema_guard.core.number import (
    EXACT_DOUBLE,
    INT64_MAX,
    INT64_MIN,
    digits_and_scale,
    survives_as_double,
)
from schema_guard.core.shape import shape
from schema_guard.core.tally import Arrays, Decimals, Integers, Tally, noted

Todo: TypeAlias = list[tuple[Node, Any]]


def observe(root: Node, value: object, position: Position) -> None:
    """
    Add one JSON value to a tree.

    Raises:
        TypeError: The value holds something that is not JSON.
    """
    todo: Todo = [(root, value)]
    while todo:
        node, part = todo.pop()
        kind = type(part)
        if kind is dict:
            _object(node, part, position, todo, is_record=node is root)
        elif kind is list:
            _array(node, part, position, todo)
        elif kind in _SCALARS:
            _SCALARS[kind](node, part, position)
        else:
            raise TypeError(f"not a JSON value: {kind.__name__}")


def _object(
    node: Node, members: dict[str, Any], position: Position, todo: Todo, *, is_record: bool
) -> None:
    tally = node.objects
    if tally is None:
        tally = node.objects = Tally(position, position, shape(members))
    before = tally.last
    tally.count += 1
    tally.last = position
    if node.keys_are_data or (len(members) > MAP_KEYS and not is_record):
        node.drop_keys()
        return
    children, scalars = node.children, _SCALARS
    for name, member in members.items():
        child = children.get(name)
        if child is None:
            child = children[name] = Node(absent=(tally.first, before) if tally.count > 1 else None)
        note = scalars.get(type(member))
        if note is None:
            todo.append((child, member))
        else:
            note(child, member, position)
    if len(members) != len(children):
        for name in children.keys() - members.keys():
            child = children[name]
            child.absent = (child.absent[0] if child.absent else position, position)
    if len(children) > MAP_KEYS and not is_record:
        # What was put on the list is still looked at; nobody sees where it goes.
        node.drop_keys()


def _array(node: Node, members: list[Any], position: Position, todo: Todo) -> None:
    length = len(members)
    tally = node.arrays
    if tally is None:
        sample = shape(members)
        tally = node.arrays = Arrays(position, position, sample, 0, length, length)
    tally.count += 1
    tally.last = position
    if length > tally.longest:
        tally.longest = length
    elif length < tally.shortest:
        tally.shortest = length
    if members:
        element = node.element
        if element is None:
            element = node.element = Node()
        todo.extend((element, member) for member in reversed(members))


def _null(node: Node, _: None, position: Position) -> None:
    node.nulls = noted(node.nulls, position, "null")


def _boolean(node: Node, _: object, position: Position) -> None:
    node.booleans = noted(node.booleans, position, "boolean")


def _string(node: Node, text: str, position: Position) -> None:
    is_special = text[:1] in LEADS or len(text) == UUID_LENGTH
    written = format_of(text) if is_special else Format.TEXT
    tally = node.strings.get(written)
    if tally is None:
        tally = node.strings[written] = Tally(position, position, shape(text))
    tally.count += 1
    tally.last = position


def _integer(node: Node, number: int, position: Position) -> None:
    tally = node.integers
    if tally is None:
        sample = shape(number)
        tally = node.integers = Integers(position, position, sample, 0, number, number)
    tally.count += 1
    tally.last = position
    if number > tally.high:
        tally.high = number
    elif number < tally.low:
        tally.low = number
    if not -EXACT_DOUBLE <= number <= EXACT_DOUBLE:
        tally.inexact = noted(tally.inexact, position, shape(number))
        if not INT64_MIN <= number <= INT64_MAX:
            tally.wide = noted(tally.wide, position, shape(number))


def _decimal(node: Node, number: float | Decimal, position: Position) -> None:
    tally = node.decimals
    if tally is None:
        tally = node.decimals = Decimals(position, position, shape(number))
    tally.count += 1
    tally.last = position
    digits, scale = digits_and_scale(number)
    if digits > tally.digits or scale > tally.scale:
        tally.digits, tally.scale = max(digits, tally.digits), max(scale, tally.scale)
    if isinstance(number, Decimal) and not survives_as_double(number):
        tally.lossy = noted(tally.lossy, position, shape(number))


_SCALARS: dict[type, Callable[[Node, Any, Position], None]] = {
    str: _string,
    int: _integer,
    float: _decimal,
    Decimal: _decimal,
    bool: _boolean,
    type(None): _null,
}
