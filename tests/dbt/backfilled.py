"""A dataset built by the target `prod`, as a DAG builds it, and a shop's orders to fill it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse import backfill as backfills
from lakehouse import backfill_state as states
from lakehouse import build
from lakehouse.backfill import Step
from metastore_sync.settings import Settings

OLD = {"id": "string", "v": "int", "at": "string"}
#: The version approved later: it parses a field that the first one did not know.
NEW = {**OLD, "note": "string"}
UPSERT = {"mode": "upsert", "pk_fields": ["id"], "order_by": ["at"], "event_time": "at"}
APPEND = {"mode": "append", "event_id": ["id"], "event_time": "at"}
#: 10:00 to 11:00.
WINDOW = states.window("2026-11-20T10:00", "2026-11-20T11:00")
NOTES = "select id, v, note, schema_version from {slv} order by id, kafka_offset"
MORE = {
    "slv_NAME_again": "{{ config(materialized='incremental', incremental_strategy='upsert') }}"
    " select * from {{ upsert('NAME') }}",
    "slv_NAME_current": "{{ config(materialized='view') }} select * from {{ ref('slv_NAME') }}",
    "agg_NAME": "{{ config(materialized='table') }}"
    " select count_if(schema_version = 2) as notes from {{ ref('slv_NAME') }}",
}


FORGET = (
    """
    delete from registry.backfill_table
    where backfill in (select id from registry.backfill where dataset = %(name)s)
    """,
    "delete from registry.backfill where dataset = %(name)s",
    "delete from registry.lease where dataset = %(name)s",
    "delete from registry.receipt where dataset = %(name)s",
)


@dataclass
class Dataset:
    """A dataset built by `prod`, as a DAG builds it."""

    lake: Any
    settings: Settings
    folder: Path

    @property
    def name(self) -> str:
        return str(self.lake.name)

    def model(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text.replace("NAME", self.name), encoding="utf-8")

    def admit(self, *records: Any, columns: dict[str, str], **more: Any) -> None:
        """Admit a batch; its version is the ACTIVE one from now on."""
        self.lake.admit(*records, columns=columns, **more)
        self.activate(columns)

    def activate(self, columns: dict[str, str]) -> None:
        version = self.lake._version(columns)
        for status, sign in (("SUPERSEDED", "<>"), ("ACTIVE", "=")):
            self.lake.registry.execute(
                f"update registry.schema_version set status = %s where dataset = %s and version {sign} %s",  # noqa: S608
                [status, self.name, version],
            )
        self.lake.registry.commit()

    def live(self) -> None:
        build.build(self.settings, self.name)

    def backfill(
        self, window: states.Window = WINDOW, at: Callable[[Step], None] = lambda _: None
    ) -> states.Backfill:
        return backfills.backfill(
            self.settings,
            self.name,
            window,
            actor="tests",
            on_step=lambda step, _: at(step) if step else None,
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.lake.rows(sql.replace("{agg}", f"gold.agg_{self.name}")))

    def facts(self, sql: str, **words: Any) -> list[tuple[Any, ...]]:
        found = self.lake.registry.execute(sql, {"name": self.name, **words}).fetchall()
        self.lake.registry.commit()
        return list(found)

    def forget(self) -> None:
        self.rows("drop view if exists {slv}_current")
        self.rows("drop table if exists {slv}_again")
        self.rows("drop table if exists {agg}")
        for query in FORGET:
            self.lake.registry.execute(query, {"name": self.name})
        self.lake.registry.commit()


Make = Callable[..., Dataset]
Record = Callable[..., Any]


def order(key: str, clock: str, v: int = 1) -> dict[str, Any]:
    return {"id": key, "v": v, "at": f"2026-11-20T{clock}:00Z", "note": f"n{v}"}


def orders(make: Make, record: Record) -> Dataset:
    """Keys a and b inside the window, c behind it; parsed before `note` was known, which is ACTIVE now."""
    dataset = make(**UPSERT)
    dataset.admit(
        record(order("a", "10:00"), offset=0),
        record(order("b", "10:30"), offset=1),
        record(order("c", "11:00"), offset=2),
        columns=OLD,
    )
    for name, text in MORE.items():
        dataset.model(f"{name.replace('NAME', dataset.name)}.sql", text)
    dataset.live()
    dataset.activate(NEW)
    return dataset
