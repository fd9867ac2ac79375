"""What a run costs when nothing is new: by hand, by `tidegate run`, and by a request to the warm service."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from bench.lakehouse import dbt, hashes, lake, orders
from bench.lakehouse.raw_zone import RawZone
from bench.lakehouse.stack import Stack
from lakehouse import deploy, spark
from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings
from tidegate.cli import warm_run

NAME = "orders"
PARTS = ("spark", "service")
#: Seconds: `dbt run` over `dbt ls`, of it Spark, and `tidegate run` in all.
OVER_LS_BAR, SPARK_BAR, WARM_BAR = 4.0, 2.0, 4.0
_TABLES = ("bronze.brz_orders", "silver.slv_orders", "gold.agg_orders_daily")
_SNAPSHOTS = "select count(*) as n, coalesce(max(snapshot_id), 0) as h from {}.snapshots"


@dataclass(frozen=True, slots=True)
class Round:
    """
    One round, in seconds of wall clock.

    Attributes:
        listed: `dbt ls --select orders`.
        ran: `dbt run --select orders`; `in_spark` of these at least one statement was under way.
        statements: How many statements that were.
        command: `tidegate run orders`, its own start included.
        request: `POST /runs`, until its last line.
    """

    listed: float
    ran: float
    in_spark: float
    statements: int
    command: float
    request: float

    @property
    def over_ls(self) -> float:
        """What running took beyond listing."""
        return self.ran - self.listed


def measure(stack: Stack, records: int, rounds: int) -> dict[str, Any]:
    """
    Return the medians of several rounds and the rounds themselves.

    Raises:
        VerdictError: A run without new records changed a table, or the tables lack some.
    """
    settings = stack.settings
    raw = RawZone(settings, NAME)
    raw.land(islice(orders.bulk(records), records))
    lake.declare(settings, NAME)
    deploy.deploy(settings)
    logs = settings.home / "dbt" / "by_hand"
    _request(settings)
    dbt.command(settings, ["run", "--select", NAME], logs)
    before = _state(settings, raw)
    found = [_round(stack, settings, logs) for _ in range(rounds + 1)][1:]
    if (after := _state(settings, raw)) != before:
        for table, was in before.items():
            hashes.require_equal(f"{table} after runs without new records", was, after[table])
    values = {name: median(getattr(one, name) for one in found) for name in (*Round.__slots__, "over_ls")}
    return {"records": records, "medians": values, "rounds": [_told(one) for one in found]}


def _round(stack: Stack, settings: Settings, logs: Path) -> Round:
    listed = dbt.command(settings, ["ls", "--quiet", "--select", NAME], logs)
    ran = dbt.command(settings, ["run", "--select", NAME], logs)
    words = [str(Path(sys.executable).with_name("tidegate")), "run", NAME]
    began = time.perf_counter()
    done = subprocess.run(
        words, env={**os.environ, **stack.environment}, check=False, capture_output=True, text=True
    )
    command = time.perf_counter() - began
    if done.returncode:
        raise BrokenError("tidegate run orders failed", where=done.stderr[-2000:])
    return Round(listed.seconds, ran.seconds, ran.in_spark, len(ran.statements), command, _request(settings))


def _request(settings: Settings) -> float:
    told: list[str] = []
    began = time.perf_counter()
    results = warm_run.run(settings, [NAME], told.append)
    if not results or any(result.exit_code for result in results):
        raise BrokenError("the service did not run orders", where="\n".join(told))
    return time.perf_counter() - began


def _state(settings: Settings, raw: RawZone) -> dict[str, tuple[int, int]]:
    """Return the number of snapshots and the newest of each table; bronze holds what landed."""
    with spark.session(settings) as opened:
        columns = "kafka_partition, kafka_offset, kafka_key, value"
        found = hashes.held(opened, _TABLES[0], columns)
        hashes.require_equal(_TABLES[0], (raw.records, raw.digest), found)
        rows = {table: opened.rows(_SNAPSHOTS.format(table))[0] for table in _TABLES}
    return {table: (int(row["n"]), int(row["h"])) for table, row in rows.items()}


def _told(one: Round) -> dict[str, float]:
    return {name: round(getattr(one, name), 3) for name in Round.__slots__}


def lines(found: dict[str, Any]) -> list[str]:
    """Return what was found as a Markdown table."""
    seconds = found["medians"]
    sent = f"of it in Spark, {seconds['statements']:.0f} statements"
    return [
        "| nothing new | seconds | bar |",
        "| --- | --- | --- |",
        f"| `dbt ls --select orders` | {seconds['listed']:.2f} | |",
        f"| `dbt run --select orders`, beyond that | {seconds['over_ls']:.2f} | {OVER_LS_BAR:.0f} |",
        f"| {sent} | {seconds['in_spark']:.2f} | {SPARK_BAR:.0f} |",
        f"| `tidegate run orders` | {seconds['command']:.2f} | {WARM_BAR:.0f} |",
        f"| `POST /runs` | {seconds['request']:.2f} | {WARM_BAR:.0f} |",
    ]
