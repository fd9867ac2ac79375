"""What a bronze table tells of the batches it was built from: its rows and its commits, by one query each."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse import spark
from lakehouse.spark_sql import statement
from metastore_sync import object_store
from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings
from schema_guard.loaded import Loaded, LoadedRange

#: Where Iceberg keeps a table's metadata, below the lake's bucket.
_WAREHOUSE = "warehouse"


def read(settings: Settings, lake: spark.Session, name: str) -> Loaded:
    """
    Return what `bronze.brz_<name>` holds; nothing when the dataset was never built.

    Raises:
        BrokenError: Spark is away, or the lake's catalog has lost a table whose files are there.
    """
    table = f"brz_{name}"
    if not lake.has_table("bronze", table):
        check_never_built(settings, table)
        return Loaded(upto=0, ranges=())
    bronze = f"bronze.{table}"
    applied = lake.rows(statement("applied_batch", table=bronze))
    ranges = tuple(_range(row) for row in lake.rows(statement("bronze_batches", bronze=bronze)))
    newest = max((r.batch_id for r in ranges), default=0)
    return Loaded(upto=max(newest, int(applied[0]["batch_id"] or 0)), ranges=ranges)


def _range(row: dict[str, object]) -> LoadedRange:
    renamed = {"kafka_partition": "partition", "row_count": "rows"}
    return LoadedRange(**{renamed.get(name, name): value for name, value in row.items()})  # type: ignore[arg-type]


def check_never_built(settings: Settings, table: str) -> None:
    """
    Return when the lake's bucket holds no metadata of a table that the catalog does not know.

    Raises:
        BrokenError: It does: the catalog is lost, and the table's history is not empty.
    """
    newest = _newest_metadata(settings, table)
    if newest is None:
        return
    call = f"call lake.system.register_table('bronze.{table}', '{newest}')"
    raise BrokenError(
        f"bronze.{table}: the lake's catalog is lost too: it knows no such table, and its files are there",
        where=f"{newest}\nif the table was dropped on purpose, remove its folder",
        not_done="Nothing was rebuilt: without bronze nobody knows which records are loaded.",
        next_command=f'tidegate sql "{call}", then the same for silver and gold, then rebuild',
    )


def _newest_metadata(settings: Settings, table: str) -> str | None:
    """Return the address of the table's newest metadata file; none when it has none."""
    folder = f"{_WAREHOUSE}/bronze/{table}/metadata/"
    try:
        pages = object_store.client(settings).get_paginator("list_objects_v2")
        found = [
            (entry["LastModified"], entry["Key"])
            for page in pages.paginate(Bucket=settings.lake_bucket, Prefix=folder)
            for entry in page.get("Contents", ())
            if entry["Key"].endswith(".metadata.json")
        ]
    except (BotoCoreError, ClientError) as error:
        raise BrokenError(
            f"bronze.{table}: the lake's bucket does not answer: {error}",
            where=f"{settings.s3_endpoint or 'AWS S3'}, bucket {settings.lake_bucket}",
            not_done="Nothing was rebuilt.",
            next_command="tidegate doctor",
        ) from error
    return f"s3://{settings.lake_bucket}/{max(found)[1]}" if found else None
