"""A table's changes while the worker that captures them is killed: silver equals the table, row for row."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from lakehouse import deploy, run, spark
from metastore_sync import apply, registry
from metastore_sync.model import Dataset
from metastore_sync.render_cdc import slot_name
from metastore_sync.settings import Settings
from tidegate.demo import landing
from tidegate.stack import lifecycle

pytestmark = pytest.mark.stack
#: Inserted, updated and deleted rows, in two waves.
CHANGES = 100_000


def test_silver_equals_the_table_whatever_is_killed(stack: Settings, dataset: Dataset, shop: Any) -> None:
    writers = shop.load(CHANGES // 2, seed=1)
    apply.apply(stack, [dataset], nothing)
    deploy.deploy(stack)
    until(lambda: produced(stack, dataset) > 5_000, "a snapshot underway", pause=0.01)
    kill_worker()
    for writer in writers:
        writer.join()
    run_to_the_end(stack, dataset, shop)
    assert silver(stack, dataset) == shop.rows()

    before = produced(stack, dataset)
    writers = shop.load(CHANGES // 2, seed=10)
    until(lambda: produced(stack, dataset) > before + CHANGES // 8, "changes underway", pause=0.01)
    kill_worker()
    for writer in writers:
        writer.join()
    run_to_the_end(stack, dataset, shop)

    assert shop.changes >= CHANGES
    assert silver(stack, dataset) == shop.rows()
    assert sent_again(stack, dataset) > 0, "the kills lost nothing that had to be sent again"
    with registry.connect(stack) as conn:
        lines = "select count(*) as lines, bool_and(is_green) as green from registry.receipt"
        receipts = conn.execute(f"{lines} where dataset = %s", [dataset.name]).fetchone()
    assert receipts is not None
    assert receipts["green"]
    assert receipts["lines"] >= 4


def run_to_the_end(stack: Settings, dataset: Dataset, shop: Any) -> None:
    """Wait until every committed change is in Kafka and landed; then guard, build, receipt."""
    with shop.connect() as conn:
        row = conn.execute("select pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
        end = int(row[0]) if row else 0
    confirmed = "select confirmed_flush_lsn - '0/0'::pg_lsn from pg_replication_slots where slot_name = %s"

    def is_confirmed() -> bool:
        with shop.connect() as conn:
            row = conn.execute(confirmed, [slot_name(dataset.name)]).fetchone()
        return row is not None and int(row[0]) >= end

    until(is_confirmed, "the last change's confirmation", seconds=420)
    landing.wait(stack, dataset.kafka_topic, ends(stack, dataset))
    (result, *_) = run.run(stack, [dataset.name], nothing)
    assert result.exit_code == 0, result.message


def silver(stack: Settings, dataset: Dataset) -> dict[int, tuple[object, ...]]:
    columns = "id, name, balance, ratio, born, changed_at, note"
    query = f"select {columns} from silver.slv_{dataset.name}_current"  # noqa: S608
    return {row["id"]: tuple(row.values())[1:] for row in spark.rows(stack, query)}


def sent_again(stack: Settings, dataset: Dataset) -> int:
    """Return how many changes bronze holds twice, or rows that two snapshots read."""
    op, lsn, key = (f"get_json_object(value, '$.{name}')" for name in ("__op", "__lsn", "id"))
    once = f"count(distinct {key}, {op}, if({op} = 'r', '', {lsn}))"
    query = f"select count(*) - {once} as twice from bronze.brz_{dataset.name}"  # noqa: S608
    return int(spark.rows(stack, query)[0]["twice"])


def ends(stack: Settings, dataset: Dataset) -> dict[int, int]:
    admin = AdminClient({"bootstrap.servers": stack.kafka_bootstrap})
    partitions = admin.list_topics(dataset.kafka_topic, 10).topics[dataset.kafka_topic].partitions
    asked = {TopicPartition(dataset.kafka_topic, p): OffsetSpec.latest() for p in partitions}
    return {place.partition: end.result(10).offset for place, end in admin.list_offsets(asked).items()}


def produced(stack: Settings, dataset: Dataset) -> int:
    return sum(ends(stack, dataset).values())


def kill_worker() -> None:
    (worker,) = (part for part in lifecycle.state() if part.name == "connect")
    os.kill(worker.pid, signal.SIGKILL)


def until(so: Callable[[], bool], what: str, *, seconds: float = 60, pause: float = 0.2) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:.0f} s"
        time.sleep(pause)


def nothing(_: str) -> None:
    """Hear progress and say nothing."""
