"""The monoid's operation on observed trees: iterative, so depth costs no stack."""

from __future__ import annotations

import sys

from schema_guard.core.kinds import joined
from schema_guard.core.node import MAP_KEYS, Node
from schema_guard.core.tally import folded


def fold(into: Node, other: Node) -> None:
    """Add all that `other` saw to `into`; `other` stays as it is and shares nothing with it."""
    todo = [(into, other)]
    while todo:
        mine, theirs = todo.pop()
        mine.absent = joined(mine.absent, theirs.absent)
        if theirs.element is not None:
            if mine.element is None:
                mine.element = Node()
            todo.append((mine.element, theirs.element))
        if theirs.objects is not None:
            # The record itself is never a map: its keys are columns, however many.
            _pair_children(mine, theirs, todo, most=sys.maxsize if mine is into else MAP_KEYS)
        _fold_tallies(mine, theirs)  # last: pairing reads the counts from before


def _fold_tallies(mine: Node, theirs: Node) -> None:
    mine.nulls = folded(mine.nulls, theirs.nulls)
    mine.booleans = folded(mine.booleans, theirs.booleans)
    mine.integers = folded(mine.integers, theirs.integers)
    mine.decimals = folded(mine.decimals, theirs.decimals)
    mine.arrays = folded(mine.arrays, theirs.arrays)
    mine.objects = folded(mine.objects, theirs.objects)
    for written, tally in theirs.strings.items():
        mine.strings[written] = folded(mine.strings.get(written), tally) or tally


def _pair_children(mine: Node, theirs: Node, todo: list[tuple[Node, Node]], *, most: int) -> None:
    """Line up the keys of both sides; a key one side never saw was absent from all its objects."""
    if theirs.objects is None:
        return
    if mine.keys_are_data or theirs.keys_are_data or _has_more_keys(mine, theirs, most):
        mine.drop_keys()
        return
    for name in mine.children.keys() - theirs.children.keys():
        child = mine.children[name]
        child.absent = joined(child.absent, theirs.objects.span)
    for name, child in theirs.children.items():
        own = mine.children.get(name)
        if own is None:
            own = mine.children[name] = Node(absent=mine.objects.span if mine.objects else None)
        todo.append((own, child))


def _has_more_keys(mine: Node, theirs: Node, most: int) -> bool:
    if len(mine.children) + len(theirs.children) <= most:
        return False
    return len(mine.children.keys() | theirs.children.keys()) > most
