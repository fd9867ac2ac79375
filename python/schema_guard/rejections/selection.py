"""Which rejected records are meant, and which of them can be replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import aiosql

from schema_guard import replay_errors
from schema_guard.edges.registry import Connection

#: The statements of `sql/rejections.sql` as functions.
QUERIES: Any = aiosql.from_path(Path(__file__).parents[1] / "sql" / "rejections.sql", "psycopg")
#: Records of one replay batch; a longer selection becomes several.
MOST_RECORDS = 10_000
RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A filter over a dataset's rejected records; None means any."""

    batch_id: int | None = None
    error_type: str | None = None
    stage: str | None = None
    topic_id: str | None = None
    partition: int | None = None
    offset: int | None = None

    @property
    def is_one(self) -> bool:
        """Whether it names one record by its identity."""
        return None not in (self.topic_id, self.partition, self.offset)

    @property
    def place(self) -> str:
        """The identity in words."""
        return f"topic id {self.topic_id}, partition {self.partition}, offset {self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """
    One rejected record that nobody replayed.

    Attributes:
        batch_id: The batch that rejected it; None for a dead letter.
        data_key: The stored object that holds its line.
    """

    batch_id: int | None
    topic_id: str
    partition: int
    offset: int
    stage: str
    error_type: str
    data_key: str
    generation: int

    @property
    def place(self) -> str:
        """The identity in words."""
        return f"topic id {self.topic_id}, partition {self.partition}, offset {self.offset}"

    @property
    def identity(self) -> tuple[str, int, int]:
        """Topic id, partition, offset."""
        return (self.topic_id, self.partition, self.offset)

    @property
    def is_in_bronze(self) -> bool:
        """Whether bronze holds the record: then its replay is for silver alone."""
        return self.stage == RULE


@dataclass(frozen=True, slots=True)
class Left:
    """A rejected record that was not replayed though it was wanted, and why."""

    rejection: Rejection
    why: str

    def to_json(self) -> dict[str, Any]:
        """Return what a person needs to find the record, as plain JSON values."""
        one = self.rejection
        place = {"topic_id": one.topic_id, "partition": one.partition, "offset": one.offset}
        return {"batch_id": one.batch_id, **place, "stage": one.stage, "why": self.why}


class Place(NamedTuple):
    """Where a page of rejected records ended; the next one begins behind it."""

    after_batch: int = -1
    after_topic: str = ""
    after_partition: int = -1
    after_offset: int = -1
    after_stage: str = ""

    @classmethod
    def of(cls, rejection: Rejection) -> Place:
        """Return the place of a rejection; dead letters come before the first batch."""
        return cls(rejection.batch_id or 0, *rejection.identity, rejection.stage)


FIRST = Place()


def open_rejections(
    conn: Connection, name: str, wanted: Wanted, upto: int, after: Place = FIRST
) -> list[Rejection]:
    """Return a page of those that batches up to `upto` rejected, oldest first, `MOST_RECORDS` at most."""
    rows = QUERIES.open_rejections(
        conn, dataset=name, upto=upto, page=MOST_RECORDS, **after._asdict(), **asdict(wanted)
    )
    return [Rejection(**row) for row in rows]


def batches_of(rejections: Sequence[Rejection]) -> list[list[Rejection]]:
    """
    Return what can be judged together: each record once, those that bronze holds apart from the others.

    Two rejections of one record, such as of a dead letter that came back, are replayed one after the other.
    """
    seen: Counter[tuple[str, int, int]] = Counter()
    found: dict[tuple[int, bool], list[Rejection]] = {}
    for rejection in rejections:
        turn = seen[rejection.identity]
        seen[rejection.identity] += 1
        found.setdefault((turn, rejection.is_in_bronze), []).append(rejection)
    return [found[key] for key in sorted(found)]


def why_not(conn: Connection, name: str, wanted: Wanted) -> Exception | None:
    """Return why a record named by its identity is not open; None for a filter that matches nothing."""
    if not wanted.is_one:
        return None
    place = {"topic_id": wanted.topic_id, "partition": wanted.partition, "offset": wanted.offset}
    rows: Sequence[Any] = list(QUERIES.rejections_at(conn, dataset=name, **place))
    if not rows:
        return replay_errors.not_rejected(name, wanted.place)
    newest = rows[0]
    if newest["replay_batch"] is not None:
        return replay_errors.replayed_before(
            name, wanted.place, newest["replay_batch"], newest["replayed_by"]
        )
    why = "its object was lost, its batch waits for a decision, or the filter leaves it out"
    if newest["error_type"] == "TOO_LARGE":
        why = "its line is longer than any reader takes"
    return replay_errors.cannot(name, wanted.place, why)
