"""
Reads and infers many values at once; each that cannot become a row comes back as its reason.

Three ways, each for what the one before could not tell: all texts in one go, text by text, and by the
exact parser. The first two look at whole columns; what they doubt is halved until it is few.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from schema_guard import molds, values
from schema_guard.core.columns import DoubtfulError, Mold, observe_columns
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import Position
from schema_guard.core.outline import Outline
from schema_guard.core.poison import PoisonError
from schema_guard.molds import Reader

#: A block is closed when it reaches either: records, and bytes of their texts.
MOST_RECORDS, MOST_BYTES = 5_000, 1 << 21
#: So few records are read one by one when one of them is in doubt.
_FEW = 16


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where the records of a block stand: in one partition, at rising offsets."""

    topic_id: str
    partition: int
    offsets: Sequence[int]

    def at(self, offset: int) -> Position:
        """Return the position of an offset."""
        return Position(self.topic_id, self.partition, offset)


@dataclass(slots=True)
class Outcome:
    """
    What became of a block.

    Attributes:
        values: Per text its fields, fractions as `Spelled` or `Number`; None where it was rejected.
        rejected: By number of the text, why it can never become a row.
    """

    values: list[dict[str, Any] | None]
    rejected: dict[int, PoisonError] = field(default_factory=dict)


def infer_lines(
    inference: Inference,
    text: bytes,
    lines: Sequence[bytes],
    stretch: Stretch,
    expected: Outline = None,
) -> bool:
    """
    Add the values of lines to an inference; return False, nothing added, when they need `infer_texts`.

    Args:
        inference: Gets the values.
        text: One JSON text per line, with or without the last line's end.
        lines: Each line alone, without its end; at least one.
        stretch: Where each line stands.
        expected: What the records may look like; it changes nothing but the time this takes.
    """
    readers = [reader for reader in (molds.reader(expected), molds.ANY) if reader]
    with _no_collections():
        return any(_at_once(inference, text, lines, stretch, reader) for reader in readers)


def infer_texts(inference: Inference, texts: Sequence[bytes], stretch: Stretch) -> Outcome:
    """
    Add the values of some texts to an inference and return what became of each.

    Args:
        inference: Gets the values that can become rows.
        texts: One JSON text each.
        stretch: Where each text stands.
    """
    with _no_collections():
        found = _at_once(inference, b"\n".join(texts), texts, stretch, molds.ANY)
        return Outcome(list(found)) if found else _apart(inference, texts, stretch)


def _at_once(
    inference: Inference, text: bytes, texts: Sequence[bytes], stretch: Stretch, reader: Reader
) -> list[Any] | None:
    found = values.spelled_lines(text, texts, reader)
    return found if found and _take(inference, found, (text,), stretch, reader.molds) else None


def _apart(inference: Inference, texts: Sequence[bytes], stretch: Stretch) -> Outcome:
    outcome = Outcome([values.spelled(text) for text in texts])
    exactly = [number for number, value in enumerate(outcome.values) if value is None]
    todo = [[number for number, value in enumerate(outcome.values) if value is not None]]
    while todo:
        some = todo.pop()
        fields: list[Any] = [outcome.values[number] for number in some]
        where = Stretch(stretch.topic_id, stretch.partition, [stretch.offsets[number] for number in some])
        if not some or _take(inference, fields, [texts[number] for number in some], where, {}):
            continue
        if len(some) <= _FEW:
            exactly += some
        else:
            half = len(some) // 2
            todo += (some[half:], some[:half])
    for number in sorted(exactly):
        try:
            value = outcome.values[number] = values.read(texts[number])
        except PoisonError as poison:
            outcome.values[number], outcome.rejected[number] = None, poison
        else:
            inference.add(value, stretch.at(stretch.offsets[number]))
    return outcome


def _take(
    inference: Inference,
    records: Sequence[Any],
    texts: Collection[bytes],
    stretch: Stretch,
    shapes: Mapping[type, Mold],
) -> bool:
    """Add the records and return True; False when some must be looked at on their own."""
    try:
        tree, colons = observe_columns(records, stretch.offsets, stretch.at, shapes)
    except DoubtfulError:
        return False
    if not values.is_each_said_once(colons, texts):
        return False
    inference.take(tree, len(records))
    return True


@contextmanager
def _no_collections() -> Iterator[None]:
    """Keep the cyclic collector from going through thousands of records, which hold no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
