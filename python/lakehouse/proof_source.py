"""The records that silver is made from, as SQL: bronze's, and those that were replayed for silver alone."""

from __future__ import annotations

import psycopg
from psycopg.rows import DictRow

from lakehouse.receipt_queries import QUERIES
from lakehouse.spark_sql import numbers, statement
from metastore_sync.settings import Settings
from schema_guard.edges.s3 import Store


def source(settings: Settings, conn: psycopg.Connection[DictRow], name: str, batches: list[int]) -> str:
    """Return the records of some batches: bronze itself, unless one of them replays what a rule rejected."""
    replayed = [row["data_key"] for row in QUERIES.silver_objects(conn, dataset=name, batches=batches)]
    # Spark refuses a path that is not there; here its records are missed when they are counted.
    keys = [key for key in replayed if Store(settings).has(key)]
    if not keys:
        return f"bronze.brz_{name}"
    root = f"s3a://{settings.raw_bucket}/"
    path = root + (f"{{{','.join(keys)}}}" if len(keys) > 1 else keys[0])
    words = {"dataset": name, "bronze": f"bronze.brz_{name}", "batches": numbers(batches)}
    return "(" + statement("silver_source", path=path, root_length=len(root), **words) + ")"


def rule_rejected(name: str, batches: list[int]) -> str:
    """Return the records of some batches that a rule rejected; of none, rows that never are."""
    if not batches:
        return "(select 0L as batch_id, '' as topic_id, 0 as partition, 0L as `offset` where false)"
    return (
        "(select batch_id, topic_id, partition, `offset` from meta.admitted.rule_rejected"  # noqa: S608
        f" where dataset = '{name}' and batch_id in ({numbers(batches)}))"
    )
