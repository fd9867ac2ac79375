"""Does a run's cost stay what it is while history grows? Many equal batches, maintenance between them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from bench.lakehouse import hashes, lake, oracle, orders
from bench.lakehouse.raw_zone import RawZone
from bench.lakehouse.stack import Stack
from lakehouse import build, deploy, maintain, receipt, spark
from metastore_sync.errors import BrokenError, VerdictError
from metastore_sync.settings import Settings

NAME = "bench_series"
PARTS = ("spark",)
#: Times the median of the first five runs.
BAR = 1.2
#: Runs between two maintenances; what is compared stands at the same place between two of them.
MAINTAIN_EVERY = 10
_COMPARED = 5
#: dbt's node → what is reported.
KINDS = {f"brz_{NAME}": "bronze", f"slv_{NAME}": "upsert", f"slv_{NAME}_states": "history"}


@dataclass(frozen=True, slots=True)
class Run:
    """One run's seconds: the guard, dbt as a whole, and each model of it."""

    guard: float
    dbt: float
    bronze: float
    upsert: float
    history: float


def measure(stack: Stack, size: int, batches: int) -> dict[str, Any]:
    """
    Return every run of the series, and the last five beside the first five behind the warm-up.

    Raises:
        VerdictError: A table does not hold what the records say.
    """
    settings = stack.settings
    raw, series = RawZone(settings, NAME), orders.Series(size)
    truth = oracle.Truth()
    lake.declare(settings, NAME, lake.MODELS)
    deploy.deploy(settings)
    runs, kept_up = [], []
    for number in range(1, batches + 1):
        before = raw.records
        truth.take(raw.land(series.batch()))
        runs.append(_run(settings, raw.records - before))
        if number % MAINTAIN_EVERY == 0:
            kept_up.append(_maintain(settings))
            _say(f"{number} batches, {raw.records:,} records: {runs[-1]}")
    verify(settings, raw, truth)
    first, last = runs[MAINTAIN_EVERY - _COMPARED : MAINTAIN_EVERY], runs[-_COMPARED:]
    return {
        "records": raw.records,
        "batches": batches,
        "keys": len(truth.newest),
        "first": _medians(first),
        "last": _medians(last),
        "ratios": {name: _medians(last)[name] / was for name, was in _medians(first).items()},
        "maintenance_seconds": kept_up,
        "runs": [{name: round(getattr(run, name), 3) for name in Run.__slots__} for run in runs],
    }


def _run(settings: Settings, records: int) -> Run:
    began = perf_counter()
    lake.admit(settings, NAME, records)
    guarded = perf_counter()
    done = build.build(settings, NAME)
    ended = perf_counter()
    nodes = {KINDS[node.name]: node.seconds for node in done.nodes}
    return Run(guarded - began, ended - guarded, **nodes)


def _maintain(settings: Settings) -> float:
    """Prove what was built, then keep up the tables: bronze's proven batches move into days."""
    receipt.receipt(settings, NAME)
    began = perf_counter()
    [done] = maintain.maintain(settings, [NAME], lambda _: None)
    if done.exit_code or done.skipped:
        where = done.error.render() if done.error else "\n".join(done.skipped)
        raise BrokenError("maintenance failed", where=where)
    if not any(table.rewritten for table in done.tables):
        raise VerdictError("maintenance rewrote no file, so the series would show nothing")
    return perf_counter() - began


def _medians(runs: list[Run]) -> dict[str, float]:
    return {name: median(getattr(run, name) for run in runs) for name in Run.__slots__}


def verify(settings: Settings, raw: RawZone, truth: oracle.Truth) -> None:
    """
    Return when all three tables hold what the records say.

    Raises:
        VerdictError: One of them does not.
    """
    silver = f"silver.slv_{NAME}"
    wanted = (
        (f"bronze.brz_{NAME}", oracle.BRONZE, (raw.records, raw.digest)),
        (silver, oracle.UPSERT, truth.upsert()),
        (f"{silver}_states", oracle.HISTORY, truth.history()),
    )
    with spark.session(settings) as opened:
        for table, columns, expected in wanted:
            hashes.require_equal(table, expected, hashes.held(opened, table, columns))


def lines(found: dict[str, Any]) -> list[str]:
    """Return what was found as a Markdown table."""
    rows = [
        f"| {name} | {found['first'][name]:.2f} | {found['last'][name]:.2f} | {ratio:.2f} |"
        for name, ratio in found["ratios"].items()
    ]
    return [
        f"{found['batches']} batches, {found['records']:,} records of {found['keys']:,} keys",
        "",
        f"| seconds of a run | first five | last five | ratio (bar {BAR}) |",
        "| --- | --- | --- | --- |",
        *rows,
    ]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
