"""One topic of a test's own, its dataset, and the sink that lands it, on the run's own quick parts."""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from lakehouse import spark
from metastore_sync import apply, landed, lifecycle, object_store, registry
from metastore_sync import settings as installation
from metastore_sync.connect_api import ConnectApi
from metastore_sync.model import Dataset, DatasetState, Mode
from metastore_sync.settings import Settings
from schema_guard import gaps, replay
from schema_guard.accept_gap import OffsetRange
from schema_guard.edges.s3 import Store
from tidegate.stack import lifecycle as lifecycle_of_stack


class Landing:
    """One topic of this test's own, its dataset, and the sink that lands it."""

    def __init__(self, settings: Settings, partitions: int = 1) -> None:
        self.settings = settings
        self.name = f"op_{uuid.uuid4().hex[:8]}"
        self.admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap})
        self.make_topic(partitions)
        self.client = object_store.client(settings)
        self.sent = 0

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for a condition, at most a minute."""
        until(holds, what)

    def make_topic(self, partitions: int = 1) -> None:
        self.admin.create_topics([NewTopic(self.name, partitions, 1)])[self.name].result(10)

    def dataset(self) -> Dataset:
        return Dataset(
            name=self.name,
            kafka_topic=self.name,
            mode=Mode.APPEND,
            owner="tests",
            connector=MappingProxyType({"rotate.interval.ms": "200", "rotate.records": "50"}),
        )

    def apply(self) -> None:
        apply.apply(self.settings, [self.dataset()], lambda _: None)

    def send(self, *records: dict[str, Any]) -> None:
        producer = Producer({"bootstrap.servers": self.settings.kafka_bootstrap})
        for record in records:
            producer.produce(self.name, partition=0, **record)
        assert producer.flush(20) == 0
        self.sent += len(records)

    def send_ids(self, count: int) -> None:
        first = self.sent
        self.send(*({"value": json.dumps({"id": n}).encode()} for n in range(first, first + count)))

    def until_landed(self) -> None:
        until(
            lambda: landed.landed_offsets(self.settings, self.name) == {0: self.sent},
            f"{self.sent} records landed",
        )

    def keys(self, part: str) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.settings.raw_bucket, Prefix=f"{self.name}/")
        return [entry["Key"] for entry in found.get("Contents", ()) if part in entry["Key"]]

    def read(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.settings.raw_bucket, Key=key)["Body"].read()
        return body

    def remove(self, key: str) -> bytes:
        body = self.read(key)
        self.client.delete_object(Bucket=self.settings.raw_bucket, Key=key)
        return body

    def open_gaps(self) -> list[gaps.Gap]:
        with registry.connect(self.settings) as conn:
            return gaps.find(Store(self.settings), conn, self.dataset())

    def replay(self, wanted: OffsetRange | str) -> list[replay.Replayed]:
        return replay.replay(self.settings, self.name, wanted, "ada", "deleted by mistake")

    def state(self) -> DatasetState:
        with registry.connect(self.settings) as conn:
            return registry.dataset(conn, self.name).state

    def rows(self, query: str) -> list[dict[str, Any]]:
        with registry.connect(self.settings) as conn:
            return list(conn.execute(query, {"name": self.name}).fetchall())

    def clean(self) -> None:
        ConnectApi(self.settings).delete(f"tidegate-{self.name}")
        for deleted in self.admin.delete_topics([self.name]).values():
            deleted.result(10)


def until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s: {what}"
        pause.wait(0.1)


@pytest.fixture(scope="module")
def light_stack() -> Iterator[Settings]:
    """Give the quick parts of the run's stack; what was up before the tests stays up after them."""
    was_up = any(part.healthy for part in lifecycle_of_stack.state())
    lifecycle_of_stack.up(parts=["postgres", "s3", "kafka", "connect"])
    yield installation.load()
    if not was_up:
        lifecycle_of_stack.down()


@pytest.fixture
def settings(light_stack: Settings, registry_settings: Settings) -> Settings:
    """Give the stack's Kafka, Connect and store with a registry of this test's own."""
    return dataclasses.replace(
        light_stack,
        home=registry_settings.home,
        postgres_dsn=registry_settings.postgres_dsn,
        snapshot_key=registry_settings.snapshot_key,
    )


@pytest.fixture
def landing(settings: Settings) -> Iterator[Landing]:
    """Give a topic whose records land as they come."""
    made = Landing(settings)
    made.apply()
    yield made
    made.clean()


@pytest.fixture
def spark_settings() -> Iterator[Settings]:
    """Give the run's stack with Spark and its own registry, which is the one that models read."""
    before = {part.name for part in lifecycle_of_stack.state() if part.healthy}
    lifecycle_of_stack.up(parts=["postgres", "s3", "kafka", "connect", "spark"])
    yield installation.load()
    if not before:
        lifecycle_of_stack.down()


@pytest.fixture
def make_landing() -> Iterator[Callable[[Settings], Landing]]:
    """Make landings that are cleaned away when the test ends."""
    made: list[Landing] = []

    def make(settings: Settings) -> Landing:
        made.append(Landing(settings))
        return made[-1]

    yield make
    for one in made:
        lifecycle.retire(one.settings, one.name, "a test", "its end")
        spark.rows(one.settings, f"drop table if exists silver.slv_{one.name}")
        spark.rows(one.settings, f"drop table if exists bronze.brz_{one.name}")
        shutil.rmtree(one.settings.scaffold_folder / one.name, ignore_errors=True)
        one.clean()
