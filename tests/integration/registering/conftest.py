"""Declared to running on a real Connect, Kafka and store; the registry is each test's own."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from types import MappingProxyType

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from metastore_sync.connect_api import ConnectApi
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings

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
