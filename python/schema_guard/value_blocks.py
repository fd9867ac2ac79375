"""Reads and infers many values at once; each that cannot become a row comes back as its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from schema_guard import values
from schema_guard.core.columns import DoubtfulError, observe_columns
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import Position
from schema_guard.core.poison import PoisonError

#: A block is closed before it exceeds either: records, and characters of their texts.
MOST_RECORDS, MOST_CHARACTERS = 1_000, 4 << 20

#: A value's fields, fractions as `Spelled` or `Number`; or why it can never become a row.
Outcome: TypeAlias = dict[str, Any] | PoisonError


def infer_block(
    inference: Inference, texts: Sequence[str], positions: Sequence[Position]
) -> list[Outcome]:
    """
    Add the values of some texts to an inference and return what became of each, in order.

    Args:
        inference: Gets the values that can become rows.
        texts: One JSON text each.
        positions: One per text, in rising order.
    """
    found: list[Outcome | None] = [values.spelled(text) for text in texts]
    read = [number for number, value in enumerate(found) if value is not None]
    if read:
        fields: list[Any] = [found[number] for number in read]
        keys = sum([values.keys_in(texts[number]) for number in read])
        try:
            tree = observe_columns(fields, [positions[number] for number in read], keys)
        except DoubtfulError:
            found = [None] * len(texts)
        else:
            inference.take(tree, len(read))
    return [
        _exactly(inference, texts[number], positions[number]) if value is None else value
        for number, value in enumerate(found)
    ]


def _exactly(inference: Inference, text: str, position: Position) -> Outcome:
    try:
        value = values.read(text)
    except PoisonError as poison:
        return poison
    inference.add(value, position)
    return value
