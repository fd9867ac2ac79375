"""Maintenance beside a load: who commits second writes nothing, says so, and is right the next time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stamina

from lakehouse import maintain, receipt, run, upkeep
from metastore_sync.settings import Settings
from tests.dbt.backfilled import Dataset, Make
from tests.dbt.catalog import SECONDS, Catalog
from tests.dbt.proven import Shop
from tests.dbt.signed import sign

pytestmark = pytest.mark.stack


def test_a_maintenance_that_loses_against_a_load_says_so_and_the_next_one_does_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load's files lie in the table's folder, uncommitted, while orphans are looked for."""
    monkeypatch.setattr(upkeep, "TRIES", 1)
    shop.admit("a", "b0", "b1", "b2")
    shop.lake.run()
    shop.prove()
    table = f"slv_{shop.lake.name}"
    catalog = Catalog()
    shop.admit("a", "b0", "b3")
    with ThreadPoolExecutor(2) as threads:
        with catalog.held("silver", table):
            load = threads.submit(shop.lake.run)
            catalog.wait(1)
            maintained = threads.submit(shop.try_maintain, snapshot="1")
            catalog.wait(2)
        load.result(SECONDS)
        lost = maintained.result(SECONDS)

    met = [f"silver.{table}: compaction met a load each time; the next run does it"]
    assert list(lost.skipped) == met
    assert [one.rewritten for one in lost.tables if one.table.startswith("silver.")] == [0]
    assert shop.rows("select id, v from silver.slv_NAME order by 1") == [
        ("a", 14), ("b0", 15), ("b1", 12), ("b2", 13), ("b3", 16), ("b4", 9),
    ]  # fmt: skip
    assert shop.prove() == 2
    held = shop.state()

    assert shop.maintain(snapshot="1").tables[1].rewritten > 0
    assert shop.state() == held


#: What is built while maintenance goes round: a bronze and a silver of each mode.
FIELDS: dict[str, dict[str, Any]] = {
    "upsert": {"mode": "upsert", "pk_fields": ["id"], "order_by": ["at"], "event_time": "at"},
    "history": {"mode": "history", "pk_fields": ["id"], "event_time": "at"},
    "append": {"mode": "append", "event_id": ["id"], "event_time": "at"},
}
COLUMNS = {"id": "string", "v": "int", "at": "string"}
ROUNDS = 4
#: No query of this test takes longer.
QUERY = timedelta(seconds=90)


@pytest.mark.skipif("TIDEGATE_SOAK" not in os.environ, reason="minutes of loads beside maintenance")
def test_loads_beside_maintenance_lose_and_double_nothing(
    make: Make, record: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_DBT_TARGET", "prod")
    made = [make(**fields) for fields in FIELDS.values()]
    kept = replace(made[0].settings, keep_snapshot_days="1", keep_raw_days="1")
    keeper = Keeper(kept, [one.name for one in made])
    for number in range(ROUNDS):
        for one in made:
            admit(one, record, number)
        if number == 1:
            keeper.start()
        for one in made:
            load(one)
            assert len(receipt.receipt(one.settings, one.name)) == 2
    keeper.end()

    assert (keeper.errors, keeper.rounds > 1) == ([], True)
    for one in made:
        assert one.rows("select count(*), count(distinct kafka_offset) from {brz}") == [(20 * ROUNDS,) * 2]
        held = one.rows("select * from {slv} order by kafka_offset")
        one.lake.run("--full-refresh", select="slv")
        assert one.rows("select * from {slv} order by kafka_offset") == held
    print(f"{keeper.rounds} rounds of maintenance, skipped: {keeper.skipped}")  # noqa: T201 - figures


class Keeper(threading.Thread):
    """Maintains datasets, over and over, until it is told to end."""

    def __init__(self, kept: Settings, names: list[str]) -> None:
        super().__init__(daemon=True)  # a test that fails ends it with its process
        self.kept, self.names, self.ended = kept, names, threading.Event()
        self.rounds = 0
        self.errors: list[Any] = []
        self.skipped: list[str] = []

    def run(self) -> None:
        while not self.ended.is_set():
            now = datetime.now(UTC) + timedelta(days=1) - QUERY
            done = maintain.maintain(self.kept, self.names, lambda _: None, now=now)
            self.rounds += 1
            self.errors += [one.error for one in done if one.error]
            self.skipped += [line for one in done for line in one.skipped]

    def end(self) -> None:
        self.ended.set()
        self.join(SECONDS)


def load(one: Dataset) -> None:
    """Build it, again when maintenance committed first, as a run does."""
    for attempt in stamina.retry_context(run.met_another, attempts=run.BUILD_TRIES, timeout=None):
        with attempt:
            one.live()


def admit(one: Dataset, record: Callable[..., Any], number: int) -> None:
    """Admit twenty records of ten keys, signed as the guard signs them."""
    records = []
    for n in range(20):
        offset = 20 * number + n
        value = {"id": f"k{offset % 10}", "v": offset, "at": f"2026-11-20T10:{number:02d}:{n:02d}Z"}
        records.append(record(value, key=f"k{offset % 10}", offset=offset, at=offset))
    one.admit(*records, columns=COLUMNS)
    sign(one.lake, records)
