"""Datasets that Connect's connectors still declare when the registry is gone."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from metastore_sync import redeclare, render
from metastore_sync.errors import UsageError
from metastore_sync.model import Action, Dataset, Mode, Source, Start, Target
from metastore_sync.settings import Settings

SETTINGS = Settings(home=Path("/nowhere"), s3_access_key="key", s3_secret_key="secret")
FULL = Dataset(
    name="clicks",
    kafka_topic="web.clicks",
    mode=Mode.UPSERT,
    owner="web@example.com",
    pk_fields=("id", "site"),
    order_by=("at",),
    partition_keys=("day",),
    event_time="at",
    event_id=("id",),
    schedule="0 * * * *",
    max_lag=60,
    start=Start.LATEST,
    policy=MappingProxyType({"FIELD_ADDED": Action.BLOCK}),
    targets=(Target.ICEBERG_V3, Target.DELTA),
    connector=MappingProxyType({"tasks.max": "4", "rotate.interval.ms": "1000"}),
)


@pytest.mark.parametrize(
    "dataset", [FULL, Dataset(name="a", kafka_topic="a", mode=Mode.APPEND, owner="x")], ids=lambda d: d.name
)
def test_a_dataset_of_the_api_comes_back_whole_from_its_connector(dataset: Dataset) -> None:
    """Connector settings of its own included: they are what the rendered config does not explain."""
    config = render.sink_config(dataset, SETTINGS)

    assert redeclare.of_connectors({config["name"]: config}, SETTINGS) == [(dataset, Source.API)]


def test_an_adopted_connector_declares_its_dataset_as_connects_own() -> None:
    config = {"connector.class": render.SINK, "topics": "t", "dataset.mode": "append", "dataset.owner": "x"}
    [(dataset, source)] = redeclare.of_connectors({"by-hand": config}, SETTINGS)

    assert (dataset.name, source, dict(dataset.connector)) == ("t", Source.CONNECT, {})


def test_connectors_without_a_dataset_are_left_alone() -> None:
    plain = {"connector.class": render.SINK, "topics": "t"}
    foreign = {"connector.class": "org.example.Sink", "topics": "t", "dataset.mode": "append"}

    assert redeclare.of_connectors({"plain": plain, "foreign": foreign}, SETTINGS) == []


def test_wrong_keys_are_named_with_their_connector() -> None:
    config = {"connector.class": render.SINK, "topics": "t", "dataset.mode": "sideways", "dataset.owner": "x"}

    with pytest.raises(UsageError, match=r"connector by-hand: (.|\n)*dataset\.mode"):
        redeclare.of_connectors({"by-hand": config}, SETTINGS)
