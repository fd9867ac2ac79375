"""A run by hand beside the dataset's DAG: one bronze for both, a silver each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.dbt.backfilled import Dataset, Make, Record
from tests.dbt.catalog import SECONDS
from tests.dbt.signed import sign

COLUMNS = {"id": "string", "v": "int", "at": "string"}
FIELDS = {"mode": "upsert", "pk_fields": ["id"], "order_by": ["at"], "event_time": "at"}
OWN = "dev_tidegate_test_silver.slv_{}"
STATE = "select kafka_offset, id, v from {slv} order by 1"
#: Forty records of five keys; the newest of each is left.
ROWS = [(n, f"k{n % 5}", n) for n in range(35, 40)]


@contextmanager
def waiting(make: Make, record: Record) -> Iterator[Dataset]:
    """Give a dataset whose first batch is built and whose second one waits."""
    dataset = make(**FIELDS)
    for first in (0, 20):
        records = [_record(record, n) for n in range(first, first + 20)]
        dataset.admit(*records, columns=COLUMNS)
        sign(dataset.lake, records)
        if not first:
            dataset.live()
    yield dataset
    dataset.rows(f"drop table if exists {OWN.format(dataset.name)} purge")


def _record(record: Record, n: int) -> object:
    key = f"k{n % 5}"
    return record({"id": key, "v": n, "at": f"2026-11-20T10:{n:02d}:00Z"}, key=key, offset=n, at=n)


def by_hand(dataset: Dataset) -> subprocess.Popen[str]:
    """Start `dbt run` as an analyst does: into a silver of their own, from the bronze of all."""
    words = dataset.lake.words(dataset.lake.target.parent / "by_hand", "brz slv")
    command = [str(Path(sys.executable).parent / "dbt"), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end_as_one(dataset: Dataset, hand: subprocess.Popen[str]) -> None:
    """Both silvers and bronze are those of one run; who lost by hand has only to go again."""
    said = hand.communicate(timeout=SECONDS)[0]
    assert hand.returncode == 0 or "ValidationException" in said, said
    if hand.returncode:
        again = by_hand(dataset)
        told = again.communicate(timeout=SECONDS)[0]
        assert again.returncode == 0, told

    assert dataset.rows(STATE) == ROWS
    assert dataset.rows(STATE.replace("{slv}", OWN.format(dataset.name))) == ROWS
    assert dataset.rows("select count(*), count(distinct kafka_offset) from {brz}") == [(40, 40)]
