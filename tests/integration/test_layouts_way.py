"""Another sink's objects become proven tables; then Tidegate takes over without loss or doubling."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from lakehouse import run as runs
from lakehouse import scaffold, spark
from metastore_sync import apply, landed, object_store, plan, registry, settings
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import EXIT_FINE
from metastore_sync.layout import Landing, Layout
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings
from schema_guard import check
from tidegate import facts, status
from tidegate.stack import lifecycle

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

#: Per partition the keys of the records in order; None as value of the last: it deletes the row of key 1.
PRODUCED: dict[int, list[tuple[str, dict[str, Any] | None]]] = {
    0: [("1", {"id": 1, "v": "a"}), ("3", {"id": 3, "v": "a"}), ("3", {"id": 3, "v": "b"}), ("1", None)],
    1: [("2", {"id": 2, "v": "a"}), ("2", {"id": 2, "v": "b"})],
}


@pytest.fixture(scope="module")
def lake() -> Iterator[Settings]:
    """Give a stack without Airflow; one that was up stays up."""
    was_up = any(part.healthy for part in lifecycle.state())
    lifecycle.up(parts=["connect", "spark"])
    yield settings.load()
    if not was_up:
        lifecycle.down()


@pytest.fixture
def topic(lake: Settings) -> Iterator[str]:
    """Give a topic that holds `PRODUCED`; nothing of it stays."""
    name = f"relanded_{uuid.uuid4().hex[:6]}"
    admin = AdminClient({"bootstrap.servers": lake.kafka_bootstrap})
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(30)
    producer = Producer({"bootstrap.servers": lake.kafka_bootstrap})
    for partition, records in PRODUCED.items():
        for key, value in records:
            text = None if value is None else json.dumps(value)
            producer.produce(name, text, key=key, partition=partition)
    producer.flush(30)
    yield name
    ConnectApi(lake).delete(f"tidegate-{name}")
    admin.delete_topics([name])[name].result(30)
    for table in (f"silver.slv_{name}", f"bronze.brz_{name}"):
        spark.rows(lake, f"drop table if exists {table}")
    with registry.connect(lake) as conn:
        for table in ("receipt", "rejected_record", "batch_object", "partition_cursor", "batch",
                      "schema_version", "lease", "dataset_revision", "connector",
                      "field_presence"):  # fmt: skip
            conn.execute(f"delete from registry.{table} where dataset = %s", [name])  # noqa: S608
        conn.execute("delete from registry.dataset where name = %s", [name])


def put(lake: Settings, topic: str, partition: int, start: int, end: int) -> None:
    """Write records of a partition as Confluent's sink does."""
    lines = "".join(json.dumps(value) + "\n" for _, value in PRODUCED[partition][start:end])
    key = f"topics/{topic}/partition={partition}/{topic}+{partition}+{start:010d}.json"
    object_store.client(lake).put_object(Bucket=lake.raw_bucket, Key=key, Body=lines.encode())


def run(lake: Settings, name: str) -> runs.RunResult:
    told: list[str] = []
    (result,) = runs.run(lake, [name], told.append)
    assert result.exit_code == EXIT_FINE, "\n".join(told)
    return result


def bronze(lake: Settings, name: str) -> list[tuple[Any, ...]]:
    query = f"select generation, kafka_partition, kafka_offset, value from bronze.brz_{name} order by 1, 2, 3"  # noqa: S608
    return [tuple(row.values()) for row in spark.rows(lake, query)]


def row(generation: int, partition: int, offset: int) -> tuple[int, int, int, str | None]:
    value = PRODUCED[partition][offset][1]
    return (generation, partition, offset, None if value is None else json.dumps(value))


def test_from_objects_to_receipts_and_on_with_tidegates_sink(lake: Settings, topic: str) -> None:
    declared = Dataset(
        name=topic,
        kafka_topic=topic,
        mode=Mode.UPSERT,
        owner="tests",
        pk_fields=("id",),
        landing=Landing(layout=Layout.CONFLUENT, prefix="topics/"),
    )
    (empty,) = plan.plan(lake, [declared]).datasets
    assert "no object below" in empty.problems[0].fact
    for partition, start, end in ((0, 0, 2), (0, 2, 3), (1, 0, 1), (1, 1, 2)):
        put(lake, topic, partition, start, end)

    (planned,) = plan.plan(lake, [declared]).datasets
    assert (planned.problems, planned.connector) == ((), ())
    assert planned.landing[0].startswith("at-least-once, confluent layout: 4 objects below")
    assert planned.landing[1].startswith("partition 0: 2 objects, from offset 0, the newest from offset 2")

    apply.apply(lake, [declared], lambda _: None)
    assert ConnectApi(lake).config(f"tidegate-{topic}") is None
    scaffold.scaffold(lake, topic, lake.scaffold_folder / topic)
    first = run(lake, topic)
    # The newest object of each partition waits for its successor.
    expected = [row(1, 0, 0), row(1, 0, 1), row(1, 1, 0)]
    assert bronze(lake, topic) == expected
    assert (first.records, first.receipts) == (3, 2)
    assert check.check(lake, topic) == []
    (seen,) = status.judge(facts.gather(lake, [topic])).datasets
    assert (seen.state, seen.guarantee) == ("OK", "at-least-once, confluent layout")
    assert "at-least-once, confluent layout" in seen.reason

    own = Dataset(name=topic, kafka_topic=topic, mode=Mode.UPSERT, owner="tests", pk_fields=("id",))
    (handed,) = plan.plan(lake, [own]).datasets
    assert handed.problems == ()
    assert handed.landing == ("Tidegate's sink takes over at partition: offset 0: 2, 1: 1",)
    apply.apply(lake, [own], lambda _: None)
    deadline = time.monotonic() + 120
    while landed.landed_offsets(lake, topic) != {0: 4, 1: 2}:
        assert time.monotonic() < deadline, landed.landed_offsets(lake, topic)
        time.sleep(0.5)

    run(lake, topic)
    assert bronze(lake, topic) == [*expected, row(2, 0, 2), row(2, 0, 3), row(2, 1, 1)]
    # The tombstone that Tidegate's sink landed deletes the row that came from the other sink.
    rows = spark.rows(lake, f"select id, v, is_deleted from silver.slv_{topic} order by id")  # noqa: S608
    assert [(r["id"], r["v"], r["is_deleted"]) for r in rows] == [
        (1, None, True),
        (2, "b", False),
        (3, "b", False),
    ]
    (seen,) = status.judge(facts.gather(lake, [topic])).datasets
    assert (seen.state, seen.guarantee) == ("OK", "exactly-once")
