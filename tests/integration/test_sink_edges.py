"""What Connect, Kafka and a store do with the sink's edges: dead letters, refusals, a store that goes."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from metastore_sync import settings as settings_module
from metastore_sync.connect_api import ConnectApi
from metastore_sync.model import Dataset, Mode
from metastore_sync.render import sink_config
from metastore_sync.settings import Settings
from schema_guard.edges.s3 import Store
from schema_guard.manifests import Manifest, from_document
from tidegate.stack import installation, lifecycle, parts
from tidegate.stack.supervisor import Supervisor

pytestmark = pytest.mark.stack
Sink = Callable[[dict[str, str]], str]
MANIFEST = re.compile(r"/0/\d{20}\.json$")
DLQ = "errors.deadletterqueue.topic.name"
REASON = "__connect.errors.exception.message"
RESET = "consumer.override.auto.offset.reset"
KEYS_OF_OTHERS = {
    "consumer.override.max.poll.records": "1000",
    "consumer.override.isolation.level": "read_committed",
    "kafka.request.timeout.ms": "5000",
    "value.converter.some.key": "x",
    "dataset.policy.FIELD_REMOVED": "allow",
    "errors.retry.timeout": "1000",
    "errors.log.enable": "true",
    "tasks.max.enforce": "true",
    "config.action.reload": "none",
}
#: Connect's own transforms, each applied only to the records that carry its header.
TRANSFORMS = {
    # Fails on bytes: an error that Connect sees itself.
    "transforms": "breaks,changes",
    "transforms.breaks.type": "org.apache.kafka.connect.transforms.InsertField$Value",
    "transforms.breaks.static.field": "x",
    "transforms.breaks.static.value": "y",
    "transforms.breaks.predicate": "unreadable",
    # Makes a map of the bytes: an error that only the sink sees.
    "transforms.changes.type": "org.apache.kafka.connect.transforms.HoistField$Value",
    "transforms.changes.field": "x",
    "transforms.changes.predicate": "unlandable",
    "predicates": "unreadable,unlandable",
    "predicates.unreadable.type": "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
    "predicates.unreadable.name": "unreadable",
    "predicates.unlandable.type": "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
    "predicates.unlandable.name": "unlandable",
}
#: Offsets 0 to 4; the odd ones go wrong, each in its own way.
RECORDS: list[tuple[bytes, str | None]] = [
    (b'{"id": 0}', None),
    (b'{"id": 1}', "unreadable"),
    (b'{"id": 2}', None),
    (b'{"id": 3}', "unlandable"),
    (b'{"id": 4}', None),
]


class NotYetError(Exception):
    """What is waited for has not come about."""


@stamina.retry(on=NotYetError, attempts=None, timeout=60, wait_max=1.0)
def until(condition: Callable[[], Any]) -> Any:
    if not (found := condition()):
        raise NotYetError
    return found


@pytest.fixture(scope="module")
def landing() -> Iterator[Settings]:
    """Give the part of the stack that lands; what was up before stays up."""
    was_up = any(part.healthy for part in lifecycle.state())
    lifecycle.up(parts=["postgres", "s3", "kafka", "connect"])
    yield settings_module.load()
    if not was_up:
        lifecycle.down()


@pytest.fixture
def sink(landing: Settings) -> Iterator[Sink]:
    """Make a topic with RECORDS and a connector on it; both vanish when the test ends."""
    admin = AdminClient({"bootstrap.servers": landing.kafka_bootstrap})
    connect = ConnectApi(landing)
    made: list[str] = []

    def make(config: dict[str, str]) -> str:
        topic = f"edge_{uuid.uuid4().hex[:8]}"
        made.append(topic)
        admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(10)
        admin.create_topics([NewTopic(f"{topic}.dlq", 1, 1)])[f"{topic}.dlq"].result(10)
        produce(landing, topic, RECORDS)
        if config.get("errors.tolerance") == "all":
            config |= {DLQ: f"{topic}.dlq", f"{DLQ[:-5]}.replication.factor": "1"}
            config["errors.deadletterqueue.context.headers.enable"] = "true"
        connect.put(topic, connector(landing, topic, config))
        return topic

    yield make
    for topic in made:
        connect.delete(topic)
    topics = [name for topic in made for name in (topic, f"{topic}.dlq")]
    for deleted in admin.delete_topics(topics).values():
        deleted.result(10)


def connector(settings: Settings, topic: str, config: dict[str, str]) -> dict[str, str]:
    dataset = Dataset(name=topic, kafka_topic=topic, mode=Mode.APPEND, owner="tests")
    return {**sink_config(dataset, settings), "name": topic, "rotate.interval.ms": "500", **config}


def produce(settings: Settings, topic: str, records: list[tuple[bytes, str | None]]) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap, "linger.ms": 0})
    for value, header in records:
        headers: list[tuple[str, str | bytes | None]] = [(header, b"yes")] if header else []
        producer.produce(topic, value, partition=0, headers=headers)
    assert producer.flush(30) == 0


def manifests(settings: Settings, topic: str) -> list[Manifest]:
    store = Store(settings)
    keys = store.keys(f"{topic}/_manifest/", "")
    return [from_document(key, store.document(key)) for key in keys if MANIFEST.search(key)]


def dead_letters(settings: Settings, topic: str, count: int) -> dict[bytes, dict[str, bytes]]:
    """Return the headers of each dead letter by its value, once there are `count`."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap,
            "group.id": uuid.uuid4().hex,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([f"{topic}.dlq"])
    found: dict[bytes, dict[str, bytes]] = {}

    def enough() -> bool:
        for message in consumer.consume(count, timeout=1.0):
            found[message.value()] = dict(message.headers() or ())
        return len(found) >= count

    until(enough)
    consumer.close()
    return found


def failure(settings: Settings, name: str) -> str:
    status = ConnectApi(settings).status(name)
    return status.failure if status else ""


def landed_offsets(settings: Settings, topic: str, last: int) -> list[Manifest]:
    """Return the chain once it reaches `last`."""

    def whole() -> list[Manifest] | None:
        chain = manifests(settings, topic)
        return chain if chain and chain[-1].last_offset == last else None

    return until(whole)


def test_what_cannot_land_is_in_the_dead_letters_and_no_gap(landing: Settings, sink: Sink) -> None:
    topic = sink({**TRANSFORMS, "errors.tolerance": "all"})

    letters = dead_letters(landing, topic, 2)
    chain = landed_offsets(landing, topic, 4)

    assert set(letters) == {b'{"id": 1}', b'{"id": 3}'}
    told = letters[b'{"id": 3}'][REASON].decode()
    assert f"{topic}-0@3" in told
    assert "value.converter" in told
    assert sum(manifest.record_count for manifest in chain) == 3
    assert sum(manifest.errant_records for manifest in chain) == 1, "Connect keeps the other to itself"
    assert not any(manifest.may_have_lost for manifest in chain)
    assert ConnectApi(landing).status(topic).is_running


def test_without_tolerance_the_task_fails_and_names_the_record(landing: Settings, sink: Sink) -> None:
    only_unlandable = {**TRANSFORMS, "transforms": "changes", "predicates": "unlandable"}
    for key in [key for key in only_unlandable if "breaks" in key or "unreadable" in key]:
        del only_unlandable[key]
    topic = sink(only_unlandable)

    told = until(lambda: failure(landing, topic))

    assert f"{topic}-0@3" in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("config", "key", "told"),
    [
        ({"rotate.record": "5"}, "rotate.record", "did you mean rotate.records?"),
        ({"errors.tolerance": "all", DLQ: ""}, "errors.tolerance", "Name a dead letter topic"),
        ({RESET: "latest"}, RESET, "dataset.start"),
        ({"s3.bucket": "no-such-bucket"}, "s3.bucket", "no-such-bucket was refused"),
        ({"transforms": "a", "transforms.b.type": "x"}, "transforms.b.type", "has no such name"),
    ],
)
def test_connect_refuses_what_would_go_wrong_later(landing: Settings, config, key, told) -> None:
    whole = connector(landing, "edge_never_made", config)

    errors = ConnectApi(landing).validate(whole).errors

    assert told in " ".join(errors[key])


def test_connect_accepts_every_key_that_somebody_reads(landing: Settings) -> None:
    whole = connector(landing, "edge_never_made", {**TRANSFORMS, **KEYS_OF_OTHERS})

    assert ConnectApi(landing).validate(whole).errors == {}


def test_a_store_that_is_away_for_a_while_costs_nothing(landing: Settings, sink: Sink) -> None:
    topic = sink({})
    landed_offsets(landing, topic, 4)
    stack = installation.describe(os.environ)
    Supervisor(stack.layout).stop_programs(parts.part("s3").programs)
    produce(landing, topic, RECORDS)
    log = stack.layout.logs / "connect.log"
    until(lambda: re.search(rf"RetriableException: PUT s3://raw/{topic}/", log.read_text()))
    lifecycle.up(parts=["s3"])

    chain = landed_offsets(landing, topic, 9)

    assert sum(manifest.record_count for manifest in chain) == 10
    assert ConnectApi(landing).status(topic).is_running
    assert not failure(landing, topic)
