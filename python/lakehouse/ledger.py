"""What people read about proofs and rejected records: for the command and the service alike."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import aiosql
import psycopg
from psycopg.rows import DictRow

from metastore_sync.errors import UsageError

#: The statements of `sql/ledger.sql` as functions.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "sql" / "ledger.sql", "psycopg")

Connection = psycopg.Connection[DictRow]
#: Before every batch number that can be.
NEWEST = sys.maxsize


class Place(NamedTuple):
    """Where a page of rejected records ended; its text form is the `after` of the next page."""

    batch_id: int = NEWEST
    topic_id: str = ""
    partition: int = 0
    offset: int = 0
    stage: str = ""

    def __str__(self) -> str:
        """Return the five parts with dots between."""
        return ".".join(map(str, self[:]))

    @classmethod
    def parse(cls, text: str) -> Place:
        """
        Return the place of a text that `str` made.

        Raises:
            UsageError: It is not such a text.

        >>> Place.parse("7.0a1b2c3d.0.41.parse").offset
        41
        """
        try:
            batch, topic, partition, offset, stage = text.split(".")
            return cls(int(batch), topic, int(partition), int(offset), stage)
        except ValueError as error:
            raise UsageError(
                f"after: {text!r} is not the `next_after` of a page",
                not_done="No rejected record was read.",
                next_command="leave `after` out to begin with the newest",
            ) from error


def receipts(conn: Connection, name: str, *, before: int = NEWEST, page: int = 50) -> list[dict[str, Any]]:
    """Return the receipt lines of a page of batches, newest batch first."""
    return list(QUERIES.receipts(conn, dataset=name, before=before, page=page))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rejected records are listed; None means any. `status` is `open` or `replayed`."""

    batch_id: int | None = None
    error_type: str | None = None
    stage: str | None = None
    status: str | None = None


ANY = Filter()


def rejected(
    conn: Connection, name: str, wanted: Filter = ANY, *, after: Place | None = None, page: int = 50
) -> list[dict[str, Any]]:
    """Return a page of a dataset's rejected records, newest first, without their payloads."""
    place = after or Place()
    return list(
        QUERIES.rejected(
            conn,
            dataset=name,
            after_batch=place.batch_id,
            after_topic=place.topic_id,
            after_partition=place.partition,
            after_offset=place.offset,
            after_stage=place.stage,
            page=page,
            **asdict(wanted),
        )
    )


def place_of(row: dict[str, Any]) -> Place:
    """Return the place of a rejected record."""
    return Place(row["batch_id"] or 0, row["topic_id"], row["partition"], row["offset"], row["stage"])


def rejected_page(
    conn: Connection, name: str, wanted: Filter = ANY, *, after: str | None = None, page: int = 50
) -> dict[str, Any]:
    """
    Return a page of rejected records with the counts per reason, and where the next page begins.

    Raises:
        UsageError: `after` is not the `next_after` of a page.
    """
    rows = rejected(conn, name, wanted, after=Place.parse(after) if after else None, page=page)
    last = str(place_of(rows[-1])) if len(rows) == page else None
    return {"kinds": rejected_kinds(conn, name, wanted), "rejected": rows, "next_after": last}


def rejected_kinds(conn: Connection, name: str, wanted: Filter = ANY) -> list[dict[str, Any]]:
    """Return how many records were rejected for which reason, most first."""
    return list(QUERIES.rejected_kinds(conn, dataset=name, **asdict(wanted)))
