"""When each layer last changed: from Iceberg's catalog and its metadata files, without Spark."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import psycopg

from lakehouse import manifest_slice, mart_order
from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings, stack_environment
from tidegate.stack.health import s3_client

LAYERS = ("bronze", "silver", "gold")
#: Where Iceberg's JDBC catalog is; written by `tidegate up`, beside the settings.
VARIABLE = "TIDEGATE_LAKE_DSN"
#: The catalog's own table; one row per Iceberg table.
_TABLES = """
select table_namespace, table_name, metadata_location
from iceberg_tables
where table_namespace = any(%s) and (iceberg_type is null or iceberg_type = 'TABLE')
"""
_AT_ONCE = 8

Tables = dict[str, dict[str, datetime]]


def changed(settings: Settings) -> Tables:
    """
    Return, per layer, table → time of its newest commit of data; compactions are not data.

    Raises:
        BrokenError: No catalog is named.
        psycopg.Error, BotoCoreError, ClientError: The catalog or the store is away.
    """
    dsn = os.environ.get(VARIABLE) or stack_environment(settings.home).get(VARIABLE)
    if not dsn:
        raise BrokenError(f"no catalog is named by {VARIABLE}")
    with psycopg.connect(dsn, connect_timeout=3, autocommit=True) as conn:
        rows = conn.execute(_TABLES, (list(LAYERS),)).fetchall()
    client = s3_client(settings)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        times = pool.map(lambda row: _committed_at(client, row[2]), rows)
        found: Tables = {layer: {} for layer in LAYERS}
        for (layer, table, _), at in zip(rows, times, strict=True):
            if at is not None:
                found[layer][table] = at
    return found


def layers_of(settings: Settings, name: str, tables: Tables) -> dict[str, datetime]:
    """Return layer → time of the newest commit among the tables a dataset's records reach."""
    wanted: dict[str, Iterable[str]] = {
        "bronze": [f"brz_{name}"],
        "silver": [f"slv_{name}"],
        "gold": _gold(settings, name),
    }
    found = {
        layer: [tables[layer][table] for table in names if table in tables[layer]]
        for layer, names in wanted.items()
    }
    return {layer: max(times) for layer, times in found.items() if times}


def _gold(settings: Settings, name: str) -> set[str]:
    """Return the models of the dataset's own slice, and of every mart area that reads it."""
    try:
        own = manifest_slice.read(settings, name)
        heads = mart_order.heads(settings)
    except BrokenError:
        return set()  # before its first deployment a dataset has no gold
    readers = set(mart_order.readers(heads, {name}))
    marts = [head for head in heads if head.name in readers]
    return {model for head in (own, *marts) for model in head.models}


def _committed_at(client: Any, location: str) -> datetime | None:
    return _of_location(_Client(client), location)


class _Client:
    """An S3 client that a cache may hold: which client it was does not change what a file says."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Client)


@lru_cache(maxsize=2048)
def _of_location(client: _Client, location: str) -> datetime | None:
    """Return the time of the newest snapshot that changed data; a metadata file never changes."""
    bucket, _, key = location.partition("://")[2].partition("/")
    body = client.client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return newest_change(json.loads(body))


def newest_change(metadata: Mapping[str, Any]) -> datetime | None:
    """
    Return when the main branch's data last changed, by the table's metadata (Iceberg spec, "Table Metadata").

    >>> newest_change({"snapshots": []}) is None
    True
    """
    by_id = {snapshot["snapshot-id"]: snapshot for snapshot in metadata.get("snapshots", ())}
    snapshot = by_id.get(metadata.get("current-snapshot-id"))
    while snapshot and snapshot.get("summary", {}).get("operation") == "replace":
        snapshot = by_id.get(snapshot.get("parent-snapshot-id"))
    return datetime.fromtimestamp(snapshot["timestamp-ms"] / 1000, UTC) if snapshot else None
