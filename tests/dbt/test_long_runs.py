"""What a run meets after a pause, or after its predecessor died: many objects, empty batches, no raw zone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.stack
COLUMNS = {"id": "bigint"}
APPEND = {"mode": "append"}
LOADS = "select summary['tidegate_batch'] from {brz}.snapshots order by committed_at"
SILVER = "select id, kafka_offset, batch_id, is_duplicate from {slv} order by 2"
#: Bronze as somebody wrote it who forgot `full_refresh=false`, and what dbt says of replacing it.
UNGUARDED = (
    "{{ config(materialized='incremental', incremental_strategy='replace_batches') }}"
    " select * from {{ landed('NAME') }}"
)
REFUSAL = (
    "model brz_NAME: bronze cannot be refreshed in full",
    "Nothing was written, and its rows are as they were.",
    "Next: set config(full_refresh=false) in brz_NAME.sql",
    "`dbt run --full-refresh --select slv_NAME+`",
)
#: Holds dbt after the model's commit, for as long as a test needs to end the process.
HELD = "{{ config(post_hook=\"select java_method('java.lang.Thread', 'sleep', bigint(20000))\") }}\n"


def test_a_long_window_is_loaded_in_bounded_statements_with_its_empty_batches(
    lake: Callable[..., Any], record: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = lake(**APPEND)
    orders.admit(columns=COLUMNS)
    for offset in range(3):
        orders.admit(record({"id": offset}, offset=offset), columns=COLUMNS)
    orders.admit(record("{", offset=3), columns=COLUMNS, rejected=[3])
    orders.admit(record({"id": 4}, offset=4), columns=COLUMNS)
    orders.admit(columns=COLUMNS)
    monkeypatch.setenv("TIDEGATE_OBJECTS_AT_ONCE", "2")
    orders.run()

    assert orders.rows(LOADS) == [("3",), ("5",), ("7",)]
    held = [(0, 0, 2, False), (1, 1, 3, False), (2, 2, 4, False), (4, 4, 6, False)]
    assert orders.rows(SILVER) == held

    for entry in orders.s3.list_objects_v2(Bucket=orders.bucket, Prefix=f"{orders.name}/")["Contents"]:
        orders.s3.delete_object(Bucket=orders.bucket, Key=entry["Key"])
    orders.run("--full-refresh")
    assert orders.rows(SILVER) == held
    told = (orders.target / "dbt.log").read_text(encoding="utf-8")
    assert f"brz_{orders.name}: bronze is kept and loads what it lacks" in told
    assert orders.rows(LOADS) == [("3",), ("5",), ("7",)]

    orders.model("brz", UNGUARDED)
    refused = orders.messages(orders.build("--full-refresh", select="brz"))
    assert [line for line in REFUSAL if line.replace("NAME", orders.name) not in refused] == []
    assert orders.rows(LOADS) == [("3",), ("5",), ("7",)]


@pytest.mark.skipif("TIDEGATE_SOAK" not in os.environ, reason="takes as long as the others together")
def test_a_thousand_objects_load_in_one_run(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    orders = lake(**APPEND)
    with ThreadPoolExecutor(16) as threads:
        put, waiting = orders.s3.put_object, []
        orders.s3.put_object = lambda **words: waiting.append(threads.submit(put, **words))
        orders.admit(*(record({"id": n}, partition=n, offset=n) for n in range(1000)), columns=COLUMNS)
        for one in waiting:
            one.result()
    orders.run(select="brz")

    assert orders.rows("select count(*), count(distinct kafka_partition) from {brz}") == [(1000, 1000)]
    assert orders.rows(LOADS) == [("1",)]


def test_a_run_killed_behind_its_commit_is_gone_on_with(
    lake: Callable[..., Any], record: Callable[..., Any], dbt_home: Path
) -> None:
    orders = lake(**APPEND)
    orders.admit(record({"id": 1}, offset=0), columns=COLUMNS)
    orders.run()
    orders.admit(record({"id": 2}, offset=1), columns=COLUMNS)
    model = dbt_home / "models" / orders.name / f"slv_{orders.name}.sql"
    text = model.read_text(encoding="utf-8")
    model.write_text(HELD + text, encoding="utf-8")
    command = [
        str(Path(sys.executable).parent / "dbt"),
        *orders.words(orders.target.parent / "dying", "brz slv"),
    ]
    dying = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True
    )
    commits = "select count(*) from {slv}.snapshots where summary['tidegate_batch'] = '2'"
    deadline, pause = time.monotonic() + 120, threading.Event()
    while orders.rows(commits) != [(1,)]:
        assert dying.poll() is None
        assert time.monotonic() < deadline
        pause.wait(0.2)
    assert dying.poll() is None
    os.killpg(dying.pid, signal.SIGKILL)
    dying.wait()
    model.write_text(text, encoding="utf-8")

    orders.run()

    assert orders.rows(commits) == [(1,)]
    assert orders.rows(SILVER) == [(1, 0, 1, False), (2, 1, 2, False)]
