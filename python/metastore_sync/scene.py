"""What is there before anything changes: registry, Connect, Kafka and models, each asked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metastore_sync import connectors, registry, render, snapshot, topics
from metastore_sync.connect_api import ConnectApi, Connector
from metastore_sync.connectors import ConnectorRow
from metastore_sync.errors import BrokenError
from metastore_sync.model import Dataset, Source
from metastore_sync.registry import DatasetRow
from metastore_sync.settings import Settings
from metastore_sync.topics import Topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """
    Everything a dataset is compared with.

    Attributes:
        connectors: Name → connector, as Connect has it.
        plugins: Connector classes that the worker has installed.
        topics: Of the Kafka cluster.
        rows: Name → dataset, as registered.
        held: Dataset → what the registry remembers of its connector.
        fields: Dataset → top-level fields of its ACTIVE schema; absent before the first batch.
        batches: Dataset → number of its batches.
        dags: Datasets that DAG parsing sees.
    """

    settings: Settings
    api: ConnectApi
    connectors: Mapping[str, Connector]
    plugins: frozenset[str]
    topics: Topics
    rows: Mapping[str, DatasetRow]
    held: Mapping[str, ConnectorRow]
    fields: Mapping[str, frozenset[str]]
    batches: Mapping[str, int]
    dags: frozenset[str]

    def connector_of(self, row: DatasetRow) -> str:
        """Return the name of the connector that lands a registered dataset."""
        return connector_of(row, self.held, self.connectors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A declared dataset on its way to be applied: its registered row, and the config it would get."""

    dataset: Dataset
    source: Source
    row: DatasetRow | None
    connector_name: str
    config: Mapping[str, str]

    @property
    def again(self) -> str:
        """What to type when the declaration has been corrected."""
        if self.source is Source.API:
            return f"PATCH /datasets/{self.dataset.name}"
        return f"correct connect/datasets/{self.dataset.name}.yml, then: tidegate plan {self.dataset.name}"


def look(settings: Settings) -> Scene:
    """
    Ask every part once.

    Raises:
        BrokenError: PostgreSQL, Connect or Kafka is away.
    """
    api = ConnectApi(settings)
    running, plugins, known_topics = api.connectors(), frozenset(api.plugins()), topics.look(settings)
    with registry.connect(settings) as conn:
        return Scene(
            settings=settings,
            api=api,
            connectors=running,
            plugins=plugins,
            topics=known_topics,
            rows={row.dataset.name: row for row in registry.datasets(conn)},
            held=connectors.read(conn),
            fields=registry.active_fields(conn),
            batches=registry.batch_counts(conn),
            dags=_datasets_with_dags(settings),
        )


def connector_of(row: DatasetRow, held: Mapping[str, ConnectorRow], running: Mapping[str, Connector]) -> str:
    """Return the name of the connector that lands a registered dataset."""
    if row.source is not Source.CONNECT:
        return render.connector_name(row.dataset.name)
    remembered = held.get(row.dataset.name)
    return remembered.name if remembered else _declaring(running, row.dataset)


def _declaring(running: Mapping[str, Connector], dataset: Dataset) -> str:
    """Return the adopted connector of a dataset that no connector was remembered for."""
    for name, connector in running.items():
        config = connector.config
        if config.get("connector.class") == render.SINK and config.get("topics") == dataset.kafka_topic:
            return name
    return dataset.name


def _datasets_with_dags(settings: Settings) -> frozenset[str]:
    """Return the names DAG parsing sees: those of the snapshot."""
    try:
        return frozenset(entry.dataset.name for entry in snapshot.read(settings).datasets)
    except BrokenError:
        # No snapshot, or one that parsing refuses as well: there is no DAG.
        return frozenset()
