"""From landed objects to bronze: the model as a run builds it, beside a plain read and append of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

from bench.lakehouse import dbt, hashes, lake, orders
from bench.lakehouse.raw_zone import RawZone
from bench.lakehouse.stack import Stack
from lakehouse import build, spark
from metastore_sync.settings import Settings

NAME = "bench_bulk"
PARTS = ("spark",)
#: Times Spark's plain read and append.
BAR = 1.3
_TABLE = f"bronze.brz_{NAME}"
_PLAIN = f"bronze.plain_{NAME}"
_VIEW = f"{NAME}_lines"
_MILLION = 1e6
#: What `spark.read.json` infers from record lines, for the reader that is told.
_DDL = (
    "headers array<array<string>>, key string, offset bigint, partition bigint, `timestamp` bigint,"
    " timestamp_type string, topic string, value string"
)


@dataclass(frozen=True, slots=True)
class Timed:
    """Wall clock and CPU seconds, by program, of one load; `statement` is the write's own part of it."""

    seconds: float
    cpu: dict[str, float]
    statement: float

    @property
    def cpu_seconds(self) -> float:
        """Of all programs together."""
        return sum(self.cpu.values())


@dataclass(frozen=True, slots=True)
class Round:
    """
    The same objects three times, one right after the other.

    Attributes:
        plain: `insert into … select * from json.<paths>`: `read.json(paths)`, then `writeTo(t).append()`.
        told: The same, its reader told the schema, so that it reads once.
        ours: The bronze model: from dbt's first statement for it to its last. `invocation` is all of dbt.
    """

    plain: Timed
    told: Timed
    ours: Timed
    invocation: float


def measure(stack: Stack, records: int, rounds: int) -> dict[str, Any]:
    """
    Return the medians of several rounds and the rounds themselves.

    Raises:
        VerdictError: A table does not hold exactly what landed.
    """
    settings = stack.settings
    raw = RawZone(settings, NAME)
    raw.land(islice(orders.bulk(records), records))
    lake.declare(settings, NAME, ("brz_NAME",))
    lake.admit(settings, NAME, records)
    with spark.session(settings) as opened:
        found = [_round(stack, opened, raw) for _ in range(rounds + 1)][1:]
    return {
        "records": raw.records,
        "objects": len(raw.keys),
        "line_bytes": raw.line_bytes,
        "rounds": [_document(one) for one in found],
        "medians": _medians(found, raw.records),
    }


def _round(stack: Stack, opened: spark.Session, raw: RawZone) -> Round:
    paths = f"s3a://{stack.settings.raw_bucket}/{{{','.join(raw.keys)}}}"
    for table in (_TABLE, _PLAIN):
        lake.drop(opened, table)
    opened.rows(f"create table {_PLAIN} ({_DDL}) using iceberg")
    view = f"create or replace temporary view {_VIEW} ({_DDL}) using json options (path '{paths}')"
    opened.rows(view)
    plain = _append(stack, opened, raw, f"json.`{paths}`")
    told = _append(stack, opened, raw, _VIEW)
    ours, invocation = _ours(stack, opened, raw)
    return Round(plain, told, ours, invocation)


def _append(stack: Stack, opened: spark.Session, raw: RawZone, source: str) -> Timed:
    opened.rows(f"delete from {_PLAIN}")  # noqa: S608  a name of the bench's own
    sql = f"insert into {_PLAIN} by name select * from {source}"  # noqa: S608
    timed = _timed(stack, lambda: opened.rows(sql))
    found = hashes.held(opened, _PLAIN, "partition, offset, key, value")
    hashes.require_equal(_PLAIN, (raw.records, raw.digest), found)
    return timed


def _ours(stack: Stack, opened: spark.Session, raw: RawZone) -> tuple[Timed, float]:
    listener, nodes = dbt.Listener(), list[float]()
    settings: Settings = stack.settings

    def act() -> None:
        done = build.build(settings, f"brz_{NAME}", on_event=listener)
        nodes.extend(node.seconds for node in done.nodes)

    whole = _timed(stack, act)
    written = sum(one.seconds for one in listener.statements if one.sql.startswith("insert into"))
    opened.rows(f"refresh table {_TABLE}")
    found = hashes.held(opened, _TABLE, "kafka_partition, kafka_offset, kafka_key, value")
    hashes.require_equal(_TABLE, (raw.records, raw.digest), found)
    return Timed(sum(nodes), whole.cpu, written), whole.seconds


def _timed(stack: Stack, act: Callable[[], object]) -> Timed:
    before, own, began = stack.cpu_seconds(), time.process_time(), time.perf_counter()
    act()
    seconds, after = time.perf_counter() - began, stack.cpu_seconds()
    spent = {name: after[name] - used for name, used in before.items() if name in after}
    return Timed(seconds, {**spent, "dbt": time.process_time() - own}, seconds)


def _medians(found: list[Round], records: int) -> dict[str, float]:
    return {
        "ratio": median(one.ours.seconds / one.plain.seconds for one in found),
        "ratio_statement": median(one.ours.statement / one.plain.seconds for one in found),
        "ratio_told": median(one.ours.seconds / one.told.seconds for one in found),
        "ratio_invocation": median(one.invocation / one.plain.seconds for one in found),
        **{
            f"{name}_{what}": value
            for name in ("plain", "told", "ours")
            for what, value in _rates([getattr(one, name) for one in found], records).items()
        },
        "invocation_seconds": median(one.invocation for one in found),
        "ours_statement_seconds": median(one.ours.statement for one in found),
    }


def _rates(found: list[Timed], records: int) -> dict[str, float]:
    return {
        "seconds": median(one.seconds for one in found),
        "records_per_second": median(records / one.seconds for one in found),
        "cpu_seconds_per_million": median(one.cpu_seconds / records * _MILLION for one in found),
    }


def _document(one: Round) -> dict[str, Any]:
    timed = {
        name: {"seconds": t.seconds, "statement": t.statement, "cpu": t.cpu}
        for name, t in (("plain", one.plain), ("told", one.told), ("ours", one.ours))
    }
    return {**timed, "invocation": one.invocation}


def lines(found: dict[str, Any]) -> list[str]:
    """Return what was found as a Markdown table."""
    seen = found["medians"]
    rows = {
        "plain": ("`spark.read.json`, `append`", 1.0),
        "told": ("the same, schema given", seen["told_seconds"] / seen["plain_seconds"]),
        "ours": (f"bronze model (bar {BAR})", seen["ratio"]),
    }
    shown = [
        f"| {name} | {seen[f'{key}_seconds']:.2f} | {seen[f'{key}_records_per_second']:,.0f}"
        f" | {seen[f'{key}_cpu_seconds_per_million']:.1f} | {ratio:.2f} |"
        for key, (name, ratio) in rows.items()
    ]
    parts = (
        ("its write alone", seen["ours_statement_seconds"], seen["ratio_statement"]),
        ("all of dbt's invocation", seen["invocation_seconds"], seen["ratio_invocation"]),
    )
    size = f"{found['line_bytes'] / _MILLION:.0f} MB of lines"
    return [
        f"{found['records']:,} records, {found['objects']} objects, {size}",
        "",
        "| load | seconds | records/s | CPU s per million | times plain |",
        "| --- | --- | --- | --- | --- |",
        *shown,
        *(f"| {name} | {spent:.2f} | | | {ratio:.2f} |" for name, spent, ratio in parts),
    ]
