"""Datasets of the bench's own: registered, admitted by the guard, built by dbt in this process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lakehouse import spark, steps
from metastore_sync import registry
from metastore_sync.errors import BrokenError
from metastore_sync.model import Source, from_document
from metastore_sync.settings import Settings

#: As connect/datasets/orders.yml declares orders.
FIELDS = {
    "mode": "upsert",
    "owner": "bench",
    "pk_fields": ["o_orderkey"],
    "order_by": ["updated_at"],
    "event_time": "updated_at",
}
MODELS = {
    "brz_NAME": "{{ config(materialized='incremental', incremental_strategy='replace_batches',"
    " full_refresh=false) }}\nselect * from {{ landed('NAME') }}\n",
    "slv_NAME": "{{ config(materialized='incremental', incremental_strategy='upsert') }}\n"
    "select * from {{ upsert('NAME') }}\n",
    "slv_NAME_states": "{{ config(materialized='incremental', incremental_strategy='history') }}\n"
    "select * from {{ history('NAME') }}\n",
}


def declare(settings: Settings, name: str, models: Iterable[str] = ()) -> None:
    """Register a dataset of orders; write the named ones of `MODELS` for it."""
    # Models first: the service writes some for a registered dataset that has none.
    for model in models:
        folder = settings.scaffold_folder / name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{model.replace('NAME', name)}.sql"
        path.write_text(MODELS[model].replace("NAME", name), encoding="utf-8")
    with registry.connect(settings) as conn:
        dataset = from_document({"name": name, **FIELDS})
        registry.put_dataset(conn, dataset, source=Source.API, actor="bench")


def admit(settings: Settings, name: str, records: int) -> None:
    """
    Let the guard admit what has landed.

    Raises:
        BrokenError: It admitted another number of records, or rejected one.
    """
    found = steps.guard(settings, name)
    admitted = sum(report.record_count - report.rejected_count for report in found)
    if admitted != records:
        raise BrokenError(
            f"{name}: {records} records landed, {admitted} admitted", next_command="tidegate status"
        )


def drop(lake: spark.Session, table: str) -> None:
    """Remove a table and its files."""
    lake.rows(f"drop table if exists {table} purge")


def one(lake: spark.Session, sql: str) -> Any:
    """Return the one value of a query."""
    [row] = lake.rows(sql)
    return next(iter(row.values()))
