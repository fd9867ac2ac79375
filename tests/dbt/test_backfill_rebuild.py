"""A backfill of each mode against a rebuild from bronze with the newest schema; what lies outside stays."""

from __future__ import annotations

import os
from typing import Any

import pytest

from lakehouse import backfill_state as states
from tests.dbt.backfilled import APPEND, NEW, OLD, UPSERT, Dataset, Make, Record

pytestmark = pytest.mark.stack
CDC = {
    "mode": "upsert",
    "pk_fields": ["id"],
    "order_by": ["__lsn"],
    "event_time": "at",
    "cdc": {"connection": "shop", "table": "public.customers"},
}
FIELDS: dict[str, dict[str, Any]] = {
    "history": {"mode": "history", "pk_fields": ["id"], "event_time": "at"},
    "upsert": UPSERT,
    "append": APPEND,
    "cdc": CDC,
}
#: Records as (key, time, fields that only the new schema knows; None: a deletion) in batches; the window is
#: 10:00 to 11:00.
BATCHES: list[list[tuple[str, str, dict[str, str] | None]]] = [
    [("a", "10:00", {"note": "n0"}), ("b", "10:30", {}), ("c", "11:00", {"note": "n2"})],
    [("a", "09:00", {"note": "n3"}), ("b", "12:00", {"note": "n4"}), ("d", "10:10", {"note": "n5"})],
    [("d", "10:20", None), ("a", "10:40", {"note": "n7"}), ("a", "10:00", {"note": "n8"})],
]
SOAK = pytest.mark.skipif("TIDEGATE_SOAK" not in os.environ, reason="part of `make soak`")
MODES = ["history", *(pytest.param(mode, marks=SOAK) for mode in FIELDS if mode != "history")]
AGG = (
    "{{ config(materialized='incremental', incremental_strategy='touched_days') }}"
    " select day, count(*) as n, max(schema_version) as v"
    " from {{ touched_days(ref('slv_NAME'), 'day', 'cast(event_time as date)') }} group by day"
)


@pytest.mark.parametrize("mode", MODES)
def test_a_backfill_is_a_rebuild_of_its_window_and_leaves_the_rest(
    mode: str, make: Make, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_DBT_TARGET", "prod")
    dataset = loaded(mode, make, record)
    before = by_offset(dataset)
    dataset.backfill()
    windowed = by_offset(dataset)
    dataset.backfill(states.EVERYTHING)
    everything = by_offset(dataset)
    aggregated = dataset.rows("select * from {agg} order by 1")
    dataset.lake.run("--full-refresh", select="slv agg")
    rebuilt = by_offset(dataset)

    assert everything == rebuilt
    assert dataset.rows("select * from {agg} order by 1") == aggregated
    anew = made_anew(mode, dataset)
    assert anew & set(rebuilt)
    assert set(windowed) == set(rebuilt)
    assert {n: windowed[n] for n in rebuilt if n in anew} == {n: rebuilt[n] for n in rebuilt if n in anew}
    kept = {n for n in rebuilt if n not in anew}
    assert kept
    assert {n: windowed[n] for n in kept} == {n: before[n] for n in kept}
    differs = {n for n in windowed if payload(windowed[n]) != payload(before[n])}
    assert differs == {n for n in anew & set(rebuilt) if rebuilt[n]["note"] is not None}


def loaded(mode: str, make: Make, record: Record) -> Dataset:
    """Three batches of the old schema, one of the new one whose key lies outside the window, all built."""
    dataset = make(**FIELDS[mode])
    dataset.lake.model("agg", AGG)
    more = {"__deleted": "string", "__op": "string", "__lsn": "bigint"} if mode == "cdc" else {}
    for records in [*BATCHES, [("z", "13:00", {"note": "n9"})]]:
        offset = sum(len(one) for one in BATCHES[: dataset.lake.batches])
        made = [
            record(value_of(mode, offset + n, *one), key=one[0], offset=offset + n, at=offset + n)
            for n, one in enumerate(records)
        ]
        known = NEW if dataset.lake.batches == len(BATCHES) else OLD
        dataset.admit(*made, columns={**known, **more})
        if dataset.lake.batches >= len(BATCHES):
            dataset.live()
    return dataset


def value_of(
    mode: str, offset: int, key: str, clock: str, fields: dict[str, str] | None
) -> dict[str, Any] | None:
    if fields is None and mode != "cdc":
        return None
    value = {"id": key, "v": offset, "at": f"2026-11-20T{clock}:00Z", **(fields or {})}
    if mode == "cdc":
        value |= {"__deleted": str(fields is None).lower(), "__op": "u", "__lsn": 100 + offset}
    return value


def by_offset(dataset: Dataset) -> dict[int, dict[str, Any]]:
    """Silver's rows by the offset of the record that each came from."""
    names = [row[0] for row in dataset.rows("describe {slv}") if row[0] and not row[0].startswith("#")]
    rows = [dict(zip(names, row, strict=True)) for row in dataset.rows("select * from {slv}")]
    return {row["kafka_offset"]: row | {"note": row.get("note")} for row in rows}


def payload(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("id", "v", "at", "note"))


def made_anew(mode: str, dataset: Dataset) -> set[int]:
    """Offsets that the window makes anew: its records; of an upsert those of every key that has one in it."""
    told = dataset.rows(
        "select kafka_offset, coalesce(get_json_object(value, '$.id'), kafka_key),"
        " event_time >= timestamp'2026-11-20 10:00' and event_time < timestamp'2026-11-20 11:00' from {brz}"
    )
    keys = {key for _, key, is_inside in told if is_inside}
    if FIELDS[mode]["mode"] == "upsert":
        return {offset for offset, key, _ in told if key in keys}
    return {offset for offset, _, is_inside in told if is_inside}
