"""Declared to running on a real Connect, Kafka and store; the registry is each test's own."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import psycopg
import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from metastore_sync.connect_api import ConnectApi
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings
from schema_guard.core.ddl import columns, spark_ddl
from schema_guard.core.infer import infer
from schema_guard.core.schema import finalise

MakeTopic = Callable[[], str]


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
def connect(settings: Settings) -> ConnectApi:
    return ConnectApi(settings)


@pytest.fixture
def make_topic(settings: Settings) -> Iterator[MakeTopic]:
    """Make topics that vanish with their connectors when the test ends."""
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap})
    made: list[str] = []

    def make() -> str:
        made.append(f"sync_{uuid.uuid4().hex[:8]}")
        admin.create_topics([NewTopic(made[-1], 2, 1)])[made[-1]].result(10)
        return made[-1]

    yield make
    connect = ConnectApi(settings)
    for name, config in connect.configs().items():
        if config.get("topics") in made:
            connect.delete(name)
    for deleted in admin.delete_topics(made).values():
        deleted.result(10)


@pytest.fixture
def make_dataset() -> Callable[..., Dataset]:
    """Give a dataset of a topic; keywords are connector settings with `_` for `.`."""

    def make(topic: str, **connector: str) -> Dataset:
        dotted = {key.replace("_", "."): value for key, value in connector.items()}
        return Dataset(
            name=topic,
            kafka_topic=topic,
            mode=Mode.APPEND,
            owner="tests",
            connector=MappingProxyType({"rotate.interval.ms": "200", **dotted}),
        )

    return make


@pytest.fixture
def admit() -> Callable[[psycopg.Connection[DictRow], str, Mapping[str, Any], int], None]:
    """Let the guard have admitted batches of records like one: its ACTIVE schema and its rows."""

    def act(conn: psycopg.Connection[DictRow], name: str, record: Mapping[str, Any], batches: int) -> None:
        found = finalise(infer([record]))
        described = [found.fingerprint, Jsonb(found.to_document()), spark_ddl(found), Jsonb(columns(found))]
        conn.execute(
            "insert into registry.schema_version"
            " (dataset, version, status, fingerprint, schema, ddl, columns, verdict, findings)"
            " values (%s, 1, 'ACTIVE', %s, %s, %s, %s, 'INITIAL', '[]')",
            [name, *described],
        )
        for number in range(1, batches + 1):
            conn.execute(
                "insert into registry.batch (dataset, batch_id, status, schema_version, verdict, findings,"
                " record_count, rejected_count, value_bytes, content_hash, checked_at, admitted_at)"
                " values (%s, %s, 'ADMITTED', 1, 'NONE', '[]', 1, 0, 1, 0, now(), now())",
                [name, number],
            )

    return act
