"""What people read about proofs and rejected records: for the command and the service alike."""

from __future__ import annotations

import sys
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


def rejected(
    conn: Connection,
    name: str,
    *,
    after: Place | None = None,
    batch_id: int | None = None,
    error_type: str | None = None,
    page: int = 50,
) -> list[dict[str, Any]]:
    """Return a page of a dataset's rejected records, newest first, without their payloads."""
    place = after or Place()
    return list(
        QUERIES.rejected(
            conn,
            dataset=name,
            batch_id=batch_id,
            error_type=error_type,
            after_batch=place.batch_id,
            after_topic=place.topic_id,
            after_partition=place.partition,
            after_offset=place.offset,
            after_stage=place.stage,
            page=page,
        )
    )


def place_of(row: dict[str, Any]) -> Place:
    """Return the place of a rejected record."""
    return Place(row["batch_id"], row["topic_id"], row["partition"], row["offset"], row["stage"])


def rejected_kinds(conn: Connection, name: str) -> list[dict[str, Any]]:
    """Return how many records were rejected for which reason, most first."""
    return list(QUERIES.rejected_kinds(conn, dataset=name))
