"""Two runs at once: each ends well or fails without a trace, and the tables are those of one run."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stamina

from lakehouse import run
from tests.dbt.backfilled import Dataset, Make
from tests.dbt.beside import by_hand, end_as_one, waiting
from tests.dbt.catalog import SECONDS, Catalog

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "v": "int", "at": "string"}
DATASETS = {
    "append": {"mode": "append", "event_id": ["id"], "event_time": "at"},
    "upsert": {"mode": "upsert", "pk_fields": ["id"], "order_by": ["at"], "event_time": "at"},
    "history": {"mode": "history", "pk_fields": ["id"], "event_time": "at"},
}
#: Four more starts of dbt; history writes as append does, by a merge on the identity.
SOAK = pytest.mark.skipif("TIDEGATE_SOAK" not in os.environ, reason="part of `make soak`")
STATE = {
    "append": "select kafka_offset, id, is_duplicate from {slv} order by 1",
    "upsert": "select kafka_offset, id, is_deleted from {slv} order by 1",
    "history": "select kafka_offset, id, is_current from {slv} order by 1",
}
ROWS = {
    "append": [(offset, f"k{offset % 5}", offset >= 5) for offset in range(40)],
    "upsert": [(offset, f"k{offset % 5}", False) for offset in range(35, 40)],
    "history": [(offset, f"k{offset % 5}", offset >= 35) for offset in range(40)],
}


@pytest.mark.parametrize("mode", ["append", "upsert", pytest.param("history", marks=SOAK)])
def test_two_runs_at_once_end_as_one(mode: str, lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    one = lake(**DATASETS[mode])
    records = [
        record(
            {"id": f"k{n % 5}", "v": n, "at": f"2026-11-20T10:{n:02d}:00Z"}, key=f"k{n % 5}", offset=n, at=n
        )
        for n in range(40)
    ]
    one.admit(*records[:20], columns=COLUMNS)
    first = one.race("brz slv")
    one.run()
    one.admit(*records[20:], columns=COLUMNS)
    second = one.race("brz slv")
    one.run()

    assert one.rows(STATE[mode]) == ROWS[mode]
    assert one.rows("select count(*), count(distinct kafka_offset) from {brz}") == [(40, 40)]
    for racer in [*first, *second]:
        known = ("ValidationException", "CommitFailedException", "already exists", "AlreadyExists")
        assert racer.returncode == 0 or any(word in racer.stdout for word in known), racer.stdout


def test_a_run_by_hand_beside_the_build_of_a_dag_ends_as_one(make: Make, record: Callable[..., Any]) -> None:
    """Both load the batch into the bronze that they share, and only then does either commit."""
    with waiting(make, record) as dataset:
        with ThreadPoolExecutor(1) as threads:
            with Catalog().held("bronze", f"brz_{dataset.name}"):
                hand = by_hand(dataset)
                build = threads.submit(built_by_a_dag, dataset)
                Catalog().wait(2)
            build.result(SECONDS)
        end_as_one(dataset, hand)


def built_by_a_dag(dataset: Dataset) -> None:
    """Build as the DAG's tasks do, which try again when another run was faster."""
    for attempt in stamina.retry_context(run.met_another, attempts=run.BUILD_TRIES, timeout=None):
        with attempt:
            dataset.live()
