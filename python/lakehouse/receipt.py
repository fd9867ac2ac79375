"""Receipts: proof per batch that no record was lost or doubled on its way to silver."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from lakehouse import proof_source, rule_rejects, spark
from lakehouse.proof import Receipt
from lakehouse.proof_bronze import landed_to_bronze
from lakehouse.proof_silver import bronze_to_silver
from lakehouse.receipt_queries import QUERIES
from lakehouse.spark_sql import statement
from metastore_sync import registry
from metastore_sync.errors import BrokenError, VerdictError
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings

#: Batches proven by one statement; bounds the statement's length, not the run.
_AT_ONCE = 50


def receipt(settings: Settings, name: str) -> list[Receipt]:
    """
    Prove every batch that silver has applied and that lacks a green receipt.

    Both lines of each are stored, green or red.

    Raises:
        VerdictError: The terms of a batch do not add up; the message names the ranges.
        BrokenError: The registry or Spark is away, or silver says of no batch that it was applied.
    """
    with registry.connect(settings) as conn:
        dataset = registry.dataset(conn, name).dataset
        newest = QUERIES.newest_admitted(conn, dataset=name)
        # Asked first: a session of Spark takes longer than a run that finds nothing new should.
        if newest is None or not list(QUERIES.unproven(conn, dataset=name, upto=newest)):
            return []
        with spark.session(settings) as lake:
            tables = lake.tables("silver")
            upto = applied(lake, name, tables)
            if rule_rejects.table_of(name) in tables:
                rule_rejects.take(conn, lake, name, upto)
            rows = list(QUERIES.unproven(conn, dataset=name, upto=upto))
            made = [
                line
                for chunk in _chunks(rows)
                for line in _prove(settings, conn, lake, dataset=dataset, batches=chunk, upto=upto)
            ]
    red = [line for line in made if not line.is_green]
    if red:
        raise _red(red)
    return made


def applied(lake: spark.Session, name: str, tables: Container[str]) -> int:
    """
    Return the newest batch that the dataset's silver table carries; `tables` are those of silver.

    Raises:
        BrokenError: The table does not exist, or none of its commits names a batch.
    """
    table = f"slv_{name}"
    found: list[dict[str, Any]] = []
    if table in tables:
        found = lake.rows(statement("applied_batch", table=f"silver.{table}"))
    if not found or found[0]["batch_id"] is None:
        raise BrokenError(
            f"{name}: silver.{table} carries no batch, though batches are admitted",
            where="snapshot property tidegate_batch of the table's commits",
            not_done="No receipt was made: nothing is proven.",
            next_command=f"tidegate run {name}",
        )
    return int(found[0]["batch_id"])


def _prove(
    settings: Settings,
    conn: psycopg.Connection[DictRow],
    lake: spark.Session,
    *,
    dataset: Dataset,
    batches: list[DictRow],
    upto: int,
) -> list[Receipt]:
    ids = [int(row["batch_id"]) for row in batches]
    landed = list(QUERIES.landed(conn, dataset=dataset.name, batches=ids))
    columns = QUERIES.columns_of(conn, dataset=dataset.name, batch_id=upto)["columns"]
    ruled = {
        int(row["batch_id"]): int(row["records"])
        for row in QUERIES.rule_rejected(conn, dataset=dataset.name, batches=ids)
    }
    source = proof_source.source(settings, conn, dataset.name, ids)
    made = landed_to_bronze(lake, dataset.name, batches, landed, source)
    made += bronze_to_silver(lake, dataset, columns, ids, ruled, source=source)
    with conn.transaction():
        for line in made:
            _store(conn, line)
    return made


def _store(conn: psycopg.Connection[DictRow], made: Receipt) -> None:
    QUERIES.put(
        conn,
        dataset=made.dataset,
        batch_id=made.batch_id,
        line=made.line.value,
        is_green=made.is_green,
        terms=Jsonb(made.terms),
        mismatches=Jsonb([mismatch.to_json() for mismatch in made.mismatches]),
    )


def _chunks(rows: list[DictRow]) -> Iterator[list[DictRow]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


def _red(red: list[Receipt]) -> VerdictError:
    lines = [
        f"batch {made.batch_id} {made.line.value}: {mismatch}" for made in red for mismatch in made.mismatches
    ]
    name = red[0].dataset
    batches = sorted({made.batch_id for made in red})
    told = ", ".join(str(batch) for batch in batches)
    return VerdictError(
        f"{name}: the receipt of batch {told} is red: records were lost or doubled",
        where="\n".join(lines),
        not_done="Marts were not told of this build; the receipts are stored as red.",
        next_command=f"tidegate status {name}",
    )
