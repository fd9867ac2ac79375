"""A run that sleeps between compiling and writing, while others pass it and a schema version is approved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from metastore_sync.settings import PROJECT
from tests.dbt.arrival import moment

pytestmark = pytest.mark.stack
STORIES = yaml.safe_load((PROJECT / "tests/cases/arrival/named.yml").read_text(encoding="utf-8"))
COLUMNS = {"id": "string", "v": "int", "at": "string", "e": "string"}
#: What was approved meanwhile: a column added, one widened.
APPROVED = {**COLUMNS, "v": "bigint", "extra": "int"}
ONE_KEY = {
    "mode": "upsert", "pk_fields": ["id"], "order_by": ["at"], "event_time": "at", "event_id": ["id", "e"],
}  # fmt: skip
MODEL = (
    "{{ config(materialized='incremental', incremental_strategy='MODE'HOOK) }}"
    " select * from {{ MODE('NAME') }}"
)
STRATEGIES = {"slv": "upsert", "dim": "history", "fct": "append"}
#: The window is compiled before a pre-hook runs; in it the run is stopped.
HOOK = ", pre_hook=\"select java_method('java.lang.Thread', 'sleep', bigint(15000))\""


@pytest.fixture
def orders(lake: Callable[..., Any], record: Callable[..., Any]) -> Any:
    """A dataset that three tables follow, with the first batch built and the second in bronze."""
    one = lake(**ONE_KEY)
    _write_models(one, "")
    for batch in (1, 2):
        one.admit(*_records(batch, record), columns=COLUMNS)
        one.run(select="brz slv dim fct" if batch == 1 else "brz")
    return one


def test_a_run_that_slept_while_others_passed_it_changes_nothing(
    orders: Any, record: Callable[..., Any]
) -> None:
    sleeper = _asleep(orders)
    try:
        orders.admit(*_records(3, record), columns=APPROVED)
        orders.run(select="brz slv dim fct")
        passed = _tables(orders)
    finally:
        os.killpg(sleeper.pid, signal.SIGCONT)
        said = sleeper.communicate()[0]

    assert sleeper.returncode == 0 or "ValidationException" in said, said
    assert _tables(orders) == passed
    orders.run(select="brz slv dim fct")
    assert _tables(orders) == passed
    assert _told(orders) == {name: story["upsert"] for name, story in STORIES.items()}
    assert _histories(orders) == {name: story["history"] for name, story in STORIES.items()}
    places = {(topic(event[7]), *event[5:7]): name for name, story in STORIES.items() for event in
              (story["events"][place] for place in story["repeats"])}  # fmt: skip
    flagged = "select topic_id, kafka_partition, kafka_offset, id from {fct} where is_duplicate"
    assert {row[:3]: row[3] for row in orders.rows(flagged)} == places
    assert orders.rows("select count(*) from {fct} where extra = 7") == [(len(STORIES),)]


def topic(generation: int) -> str:
    return f"0000000{'ab'[generation - 1]}"


def _records(batch: int, record: Callable[..., Any]) -> list[Any]:
    records = []
    for name, story in STORIES.items():
        for number, v, minute, kafka, event, partition, offset, generation in story["events"]:
            if number == batch:
                more = {"extra": 7} if batch == 3 else {}
                value = None if v is None else {"id": name, "v": v, "at": moment(minute), "e": event, **more}
                place = {"partition": partition, "offset": offset, "at": 60 * (kafka - 120)}
                stands = {"topic_id": topic(generation), "generation": generation}
                records.append(record(value, key=name, **place, **stands))
    return records


def _write_models(one: Any, hook: str) -> None:
    for layer, mode in STRATEGIES.items():
        one.model(layer, MODEL.replace("MODE", mode).replace("HOOK", hook))


def _asleep(one: Any) -> subprocess.Popen[str]:
    """Start a run, stop it when all its windows are compiled, and give the models back as they were."""
    _write_models(one, HOOK)
    target = one.target.parent / "sleeper"
    command = [str(Path(sys.executable).parent / "dbt"), *one.words(target, "slv dim fct"), "--threads", "3"]
    sleeper = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    deadline, pause = time.monotonic() + 120, threading.Event()
    while _executing(target / "dbt.log") < len(STRATEGIES):
        assert sleeper.poll() is None
        assert time.monotonic() < deadline
        pause.wait(0.1)
    os.killpg(sleeper.pid, signal.SIGSTOP)
    _write_models(one, "")
    for layer in STRATEGIES:
        commits = f"select count(*) from {{{layer}}}.snapshots where summary['tidegate_batch'] = '2'"  # noqa: S608
        assert one.rows(commits) == [(0,)], f"{layer} was written before it was stopped"
    return sleeper


def _executing(log: Path) -> int:
    """Return how many models are compiled and have begun to run."""
    return log.read_text(encoding="utf-8").count("Began executing node model.") if log.exists() else 0


def _tables(one: Any) -> dict[str, list[Any]]:
    clocks = {
        "slv": "tombstones, contenders",
        "dim": "valid_from, valid_to, is_current",
        "fct": "is_duplicate",
    }
    shared = "id, v, extra, topic_id, kafka_partition, kafka_offset, schema_version"
    return {
        layer: sorted(map(str, one.rows(f"select {shared}, {more} from {{{layer}}}")))  # noqa: S608
        for layer, more in clocks.items()
    }


def _told(one: Any) -> dict[str, list[Any]]:
    return {key: [v, gone] for key, v, gone in one.rows("select id, v, is_deleted from {slv}")}


def _histories(one: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    query = (
        "select id, v, minute(valid_from), minute(valid_to) from {dim}"
        " where not is_deleted and (is_current or valid_from < valid_to) order by id, valid_from"
    )
    for key, *interval in one.rows(query):
        found.setdefault(key, []).append(interval)
    return found
