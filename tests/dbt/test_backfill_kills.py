"""A backfill whose process is killed, between any two steps and within one, by SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from lakehouse import backfill_state as states
from lakehouse.backfill import Step
from metastore_sync.settings import PROJECT
from tests.dbt.backfilled import NOTES, Dataset, Make, Record, order, orders

pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(1800),
    pytest.mark.skipif("TIDEGATE_SOAK" not in os.environ, reason="a process per kill"),
]
PUBLISHED = {Step.FORWARDED, Step.PUBLISHED, Step.UNBRANCHED, Step.REBUILT}
#: Seconds behind the last branch's making, while Spark makes rows and runs tests.
WITHIN = ("1", "4", "7", "10")


def kill(dataset: Dataset, *words: str) -> int:
    """Run a backfill that kills itself; return its exit code."""
    known = {
        f"TIDEGATE_{f.name.upper()}": str(getattr(dataset.settings, f.name)) for f in fields(dataset.settings)
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("dying_backfill.py")), dataset.name, *words],
        env={**os.environ, **known, "PYTHONPATH": str(PROJECT)},
        check=False,
    )
    # The minute passes in which the dead process holds the lease.
    dataset.facts("delete from registry.lease where dataset = %(name)s returning 1")
    return done.returncode


def test_a_killed_process_leaves_what_the_next_one_ends(make: Make, record: Record) -> None:
    dataset = orders(make, record)
    shown = {}
    for step in Step:
        assert kill(dataset, step.value) == -signal.SIGKILL, step
        shown[step] = dataset.rows("select count_if(schema_version = 2), count(*) from {slv}")[0]
    done = dataset.backfill()

    assert {step: rows for step, rows in shown.items() if step not in PUBLISHED} == dict.fromkeys(
        [step for step in Step if step not in PUBLISHED], (0, 3)
    )
    assert {shown[step] for step in PUBLISHED} == {(2, 3)}
    ended(dataset, done)


def test_a_process_killed_within_a_step_leaves_no_half_and_no_row_twice(make: Make, record: Record) -> None:
    """Live runs go on between the kills."""
    dataset = orders(make, record)
    for number, seconds in enumerate(WITHIN):
        assert kill(dataset, Step.FORKED.value, seconds) == -signal.SIGKILL
        assert dataset.rows("select count_if(schema_version = 2) from {slv}") == [(0,)]
        dataset.lake.admit(record(order("d", "12:00", v=number), offset=3 + number), columns={
            "id": "string", "v": "int", "at": "string"})  # fmt: skip
        dataset.live()
    done = dataset.backfill()

    assert dataset.rows("select id, v from {slv} where id = 'd'") == [("d", len(WITHIN) - 1)]
    dataset.rows("delete from {slv} where id = 'd'")
    dataset.rows("delete from {slv}_again where id = 'd'")
    ended(dataset, done)


def ended(dataset: Dataset, done: states.Backfill) -> None:
    """Require the rows of one undisturbed backfill, in every table, and no branch."""
    new = [("a", 1, "n1", 2), ("b", 1, "n1", 2), ("c", 1, None, 1)]
    assert done.state is states.State.DONE
    assert dataset.rows(NOTES) == new
    assert dataset.rows(NOTES.replace("{slv}", "{slv}_again")) == new
    assert dataset.rows("select name from {slv}.refs") == [("main",)]
    assert dataset.facts("select count(*) from registry.backfill where dataset = %(name)s") == [(1,)]
