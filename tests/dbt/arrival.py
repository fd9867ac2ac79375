"""Stories of one key in every order of arrival: each order is a key of its own inside the same batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

BATCHES = 3
CASES = Path(__file__).parents[1] / "cases" / "arrival" / "orders.yml"


@dataclass(frozen=True)
class Story:
    """What happens to a key (the case file says how an event is written) and how its tables end."""

    name: str
    events: list[list[Any]]
    upsert: list[Any]
    history: list[list[Any]]
    repeats: list[int]
    why: str = ""


@dataclass(frozen=True)
class Told:
    """A story under a key of its own; `batches` says which batch brings each event."""

    key: str
    story: Story
    batches: tuple[int, ...]
    lanes: tuple[int, ...]
    first_offset: int


def stories() -> list[Story]:
    """Return the stories of the case file."""
    cases = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    return [Story(name=name, **case) for name, case in cases.items()]


def every_order() -> Iterator[Told]:
    """Tell each story in every way to spread its events over the batches, through one partition and many."""
    offset = 0
    for story in stories():
        count = len(story.events)
        for batches in product(range(BATCHES), repeat=count):
            for lanes in ((0,) * count, tuple(range(count))):
                name = f"{story.name}-{''.join(map(str, batches))}-{'each' if any(lanes) else 'one'}"
                yield Told(name, story, batches, lanes, offset)
                offset += count


def moment(minute: int | None) -> str | None:
    """Return the minute after ten as text."""
    return None if minute is None else f"2026-11-20T10:{minute:02d}:00Z"


def batches_of(told: list[Told], record: Callable[..., Any]) -> list[list[Any]]:
    """Return the records of each batch; offsets are those that Kafka gave in the order of the stories."""
    batches: list[list[Any]] = [[] for _ in range(BATCHES)]
    for one in told:
        for place, (v, minute, kafka_minute, event) in enumerate(one.story.events):
            value = None if v is None else {"id": one.key, "v": v, "at": moment(minute), "e": event}
            at = 60 * (kafka_minute - 120)
            stands = {"offset": one.first_offset + place, "partition": one.lanes[place], "at": at}
            batches[one.batches[place]].append(record(value, key=one.key, **stands))
    return batches
