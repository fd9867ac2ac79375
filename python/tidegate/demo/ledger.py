"""What Kafka acknowledged, as the producer saw it: the one witness that the checks trust."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_TABLE = """
create table if not exists acked (
    topic text not null, topic_id text not null, partition integer not null, "offset" integer not null,
    timestamp integer not null, key text not null, fact text not null, hash integer not null,
    is_admissible integer not null,
    primary key (topic, topic_id, partition, "offset")
) without rowid
"""


@dataclass(frozen=True, slots=True)
class Acked:
    """One acknowledged record; `hash` is its content hash (docs/contracts/content-hash.md)."""

    topic: str
    topic_id: str
    partition: int
    offset: int
    timestamp: int
    key: str
    fact: str
    hash: int
    is_admissible: bool


class Ledger:
    """The ledger of one `TIDEGATE_HOME`; it outlives the run, so a repeated demo checks its whole past."""

    def __init__(self, home: Path) -> None:
        folder = home / "demo"
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "ledger.sqlite"
        with closing(sqlite3.connect(self._path)) as database:
            database.execute(_TABLE)

    def add(self, records: Iterable[Acked]) -> None:
        """Keep acknowledged records; the same identity twice is a broken broker and raises."""
        rows = ((*_row(record),) for record in records)
        with closing(sqlite3.connect(self._path)) as database, database:
            database.executemany("insert into acked values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def records(self, topic: str) -> Iterator[Acked]:
        """Yield every acknowledged record of a topic in (partition, offset) order."""
        query = 'select * from acked where topic = ? order by topic_id, partition, "offset"'
        with closing(sqlite3.connect(self._path)) as database:
            database.row_factory = sqlite3.Row
            for row in database.execute(query, (topic,)):
                yield Acked(**dict(row) | {"is_admissible": bool(row["is_admissible"])})


def _row(record: Acked) -> tuple[str | int, ...]:
    return (
        record.topic, record.topic_id, record.partition, record.offset, record.timestamp,
        record.key, record.fact, record.hash, int(record.is_admissible),
    )  # fmt: skip
