"""
Takes what rules kept out of silver into the table of rejected records.

A build notes those records beside its table before it writes the table without them
(`macros/rules/rejected_by_rule.sql`). Here they become rows of the registry, before anything is proven:
whoever dies in between, the next receipt or backfill takes them. What is there already stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import DictRow

from lakehouse import spark
from lakehouse.receipt_queries import QUERIES
from lakehouse.spark_sql import statement
from schema_guard.core.poison import ErrorType
from schema_guard.edges.rejected import MAX_PAYLOAD_BYTES

#: Records of one statement and one transaction.
PAGE = 5_000
_BEFORE_ALL = ("", -1, -1)


def table_of(name: str) -> str:
    """Return where a dataset's builds note what rules rejected; without such rules it does not exist."""
    return f"slv_{name}__rejected"


def take_noted(conn: psycopg.Connection[DictRow], lake: spark.Session, name: str) -> int:
    """
    Take what is noted of every batch that silver has applied; return how many records there were.

    Raises:
        BrokenError: Spark or the registry is away.
    """
    if not {f"slv_{name}", table_of(name)} <= lake.tables("silver"):
        return 0
    [row] = lake.rows(statement("applied_batch", table=f"silver.slv_{name}"))
    return take(conn, lake, name, int(row["batch_id"] or 0))


def take(conn: psycopg.Connection[DictRow], lake: spark.Session, name: str, upto: int) -> int:
    """
    Take every noted record of batches that silver has applied; return how many there were.

    Args:
        conn: To the registry.
        lake: Session that reads `table_of(name)`, which is there.
        name: Dataset.
        upto: The newest batch that silver holds: what is noted of later ones may be judged again.

    Raises:
        BrokenError: Spark or the registry is away; what was taken stays taken.
    """
    table = f"silver.{table_of(name)}"
    counted = lake.rows(statement("noted_batches", noted=table, upto=upto))
    known = {row["batch_id"]: row["records"] for row in QUERIES.rule_rejected_everywhere(conn, dataset=name)}
    lacking = sorted(
        int(row["batch_id"]) for row in counted if int(row["records"]) > known.get(int(row["batch_id"]), 0)
    )
    return sum(_put(conn, name, batch, page) for batch in lacking for page in _pages(lake, table, batch))


def _pages(lake: spark.Session, table: str, batch: int) -> Iterator[list[dict[str, Any]]]:
    topic_id, partition, offset = _BEFORE_ALL
    while rows := lake.rows(
        statement(
            "noted_records",
            noted=table,
            batch_id=batch,
            topic_id=topic_id,
            partition=partition,
            offset=offset,
            most_bytes=MAX_PAYLOAD_BYTES,
            page=PAGE,
        )
    ):
        yield rows
        last = rows[-1]
        topic_id, partition, offset = last["topic_id"], last["kafka_partition"], last["kafka_offset"]


def _put(conn: psycopg.Connection[DictRow], name: str, batch: int, rows: list[dict[str, Any]]) -> int:
    with conn.transaction():
        QUERIES.put_rule_rejected(conn, [_row(name, batch, row) for row in rows])
    return len(rows)


def _row(name: str, batch: int, noted: dict[str, Any]) -> dict[str, Any]:
    payload: str | None = noted["payload"]
    return {
        "dataset": name,
        "batch_id": batch,
        "topic_id": noted["topic_id"],
        "partition": noted["kafka_partition"],
        "offset": noted["kafka_offset"],
        "error_type": ErrorType.RULE_BROKEN.value,
        "error_message": f"breaks {noted['rules']}",
        "payload": None if payload is None else payload.encode(),
    }
