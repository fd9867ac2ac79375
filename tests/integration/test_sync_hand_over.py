"""From another sink's objects to Tidegate's own sink: each offset is landed by exactly one of them."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from metastore_sync import apply, hand_over, landed, object_store, plan, registry
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import VerdictError
from metastore_sync.layout import Landing, Layout, topic_uuid
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings
from schema_guard import check

pytestmark = pytest.mark.stack


@pytest.fixture
def settings(stack: Settings, registry_settings: Settings) -> Settings:
    """Give the stack's Kafka, Connect and store with a registry of this test's own."""
    own = {name: getattr(registry_settings, name) for name in ("home", "postgres_dsn", "snapshot_key")}
    return dataclasses.replace(stack, **own)


@pytest.fixture
def topic(settings: Settings) -> Iterator[str]:
    """Give a topic of two partitions with 6 and 2 records, of which another sink has written 4 and 0."""
    name = f"handed_{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap})
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(30)
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap})
    for partition, count in ((0, 6), (1, 2)):
        for number in range(count):
            producer.produce(name, b'{"id":%d}' % number, partition=partition)
    producer.flush(30)
    for start, end in ((0, 3), (3, 4)):
        lines = b"".join(b'{"id":%d}\n' % number for number in range(start, end))
        key = f"topics/{name}/partition=0/{name}+0+{start:010d}.json"
        object_store.client(settings).put_object(Bucket=settings.raw_bucket, Key=key, Body=lines)
    yield name
    ConnectApi(settings).delete(f"tidegate-{name}")
    admin.delete_topics([name])[name].result(30)


def declared(topic: str, landing: Landing) -> Dataset:
    return Dataset(name=topic, kafka_topic=topic, mode=Mode.APPEND, owner="tests", landing=landing)


def ranges(settings: Settings, topic: str) -> list[tuple[int, int, int, int]]:
    """Return generation, partition, first and last offset of what was admitted."""
    query = (
        "select generation, partition, first_offset, last_offset from registry.batch_object"
        " where dataset = %s order by 1, 2, 3"
    )
    with registry.connect(settings) as conn:
        return [tuple(row.values()) for row in conn.execute(query, [topic]).fetchall()]


def test_every_offset_is_landed_by_one_sink(settings: Settings, topic: str) -> None:
    foreign = declared(topic, Landing(layout=Layout.CONFLUENT, prefix="topics/"))
    own = declared(topic, Landing())
    apply.apply(settings, [foreign], lambda _: None)
    check.check(settings, topic)
    assert ranges(settings, topic) == [(1, 0, 0, 2)]
    (planned,) = plan.plan(settings, [own]).datasets
    assert planned.landing == ("Tidegate's sink takes over at partition: offset 0: 3",)
    # A hand-over that was begun and not brought to its end is no obstacle to a later one.
    hand_over.begin(settings, foreign)

    apply.apply(settings, [own], lambda _: None)
    deadline = time.monotonic() + 120
    while landed.landed_offsets(settings, topic) != {0: 6, 1: 2}:
        assert time.monotonic() < deadline, landed.landed_offsets(settings, topic)
        time.sleep(0.2)
    check.check(settings, topic)

    taken = ranges(settings, topic)
    assert taken[0] == (1, 0, 0, 2)
    assert {(row[0], row[1]) for row in taken[1:]} == {(2, 0), (2, 1)}
    offsets = [(row[1], offset) for row in taken for offset in range(row[2], row[3] + 1)]
    assert offsets == [*((0, n) for n in range(6)), *((1, n) for n in range(2))]
    # What the other sink writes from now on is not read.
    pseudo = topic_uuid(Layout.CONFLUENT, topic).hex[:8]
    assert landed.landed_of(settings, topic, pseudo) == {0: 3}
    with pytest.raises(VerdictError, match="begun partition 0 elsewhere"):
        hand_over._put_start(
            object_store.client(settings),
            settings.raw_bucket,
            f"{topic}/_manifest/{hand_over.find(settings, foreign).folder}/",
            0,
            2,
        )
    with pytest.raises(VerdictError, match="would bring them again"):
        apply.apply(settings, [foreign], lambda _: None)
