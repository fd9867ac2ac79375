"""What `apply` would change and what speaks against it; planning changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow

from metastore_sync import registry, render, snapshot, topics
from metastore_sync.changes import Change, DatasetPlan, Plan, Problem, changes_between
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError
from metastore_sync.model import Dataset, Source, to_document
from metastore_sync.registry import DatasetRow
from metastore_sync.settings import Settings


def plan(settings: Settings, datasets: Iterable[Dataset], *, source: Source = Source.FILE) -> Plan:
    """
    Compare declared datasets with the registry, Connect, Kafka and the folders of models.

    Raises:
        BrokenError: PostgreSQL, Connect or Kafka is away. What is wrong with a dataset is in its plan.
    """
    wanted = list(datasets)
    api = ConnectApi(settings)
    configs = api.configs()
    known_topics = topics.names(settings)
    with registry.connect(settings) as conn:
        rows = {row.dataset.name: row for row in registry.datasets(conn)}
        return Plan(
            tuple(
                _Look(settings, api, conn, configs, known_topics).at(dataset, rows.get(dataset.name), source)
                for dataset in wanted
            )
        )


@dataclass(frozen=True, slots=True)
class _Look:
    """What is there now, and the comparison of one dataset with it."""

    settings: Settings
    api: ConnectApi
    conn: psycopg.Connection[DictRow]
    configs: Mapping[str, dict[str, str]]
    known_topics: frozenset[str]

    def at(self, dataset: Dataset, row: DatasetRow | None, source: Source) -> DatasetPlan:
        config = render.sink_config(dataset, self.settings)
        changes = changes_between(self.configs.get(config["name"], {}), config)
        problems = [*self._ownership(dataset, row), *self._topic(dataset)]
        if changes and not problems:
            problems += self._validation(dataset, config)
        return DatasetPlan(
            dataset=dataset,
            is_new=row is None,
            registry=_declaration_changes(dataset, row, source),
            connector=changes,
            connector_name=config["name"],
            dag_appears=dataset.name not in _datasets_with_dags(self.settings),
            to_scaffold=_models_to_scaffold(self.settings, dataset.name),
            problems=tuple(problems),
        )

    def _ownership(self, dataset: Dataset, row: DatasetRow | None) -> list[Problem]:
        if owner := registry.topic_owner(self.conn, dataset):
            fact = f"topic {dataset.kafka_topic} belongs to dataset {owner} already"
            return [Problem(fact, f"tidegate status {owner}")]
        if row and row.source is Source.CONNECT:
            fact = "a connector that was made through Connect REST declares it"
            return [Problem(fact, f"delete that connector, then: tidegate apply {dataset.name}")]
        return []

    def _topic(self, dataset: Dataset) -> list[Problem]:
        if dataset.kafka_topic in self.known_topics:
            return []
        broker, topic = self.settings.kafka_bootstrap, dataset.kafka_topic
        return [
            Problem(
                f"topic {topic} does not exist on {broker}",
                f"kafka-topics --bootstrap-server {broker} --create --topic {topic}",
            )
        ]

    def _validation(self, dataset: Dataset, config: dict[str, str]) -> list[Problem]:
        again = f"correct the dataset, then: tidegate plan {dataset.name}"
        try:
            errors = self.api.validate(config)
        except BrokenError as error:
            return [Problem(error.fact, error.next_command)]
        return [
            Problem(text if text.startswith(key) else f"{key}: {text}", again)
            for key, texts in errors.items()
            for text in texts
        ]


def _declaration_changes(dataset: Dataset, row: DatasetRow | None, source: Source) -> tuple[Change, ...]:
    old = to_document(row.dataset) | {"source": row.source.value} if row else {}
    new = to_document(dataset) | {"source": source.value}
    return changes_between(_texts(old), _texts(new))


def _texts(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that say something, as people read them."""
    found: dict[str, str] = {}
    for key, value in document.items():
        match value:
            case dict():
                found |= {f"{key}.{inner}": str(text) for inner, text in value.items()}
            case list():
                found |= {key: ", ".join(value)} if value else {}
            case _:
                found |= {key: str(value)} if value != "" else {}
    return found


def _datasets_with_dags(settings: Settings) -> frozenset[str]:
    """Return the names DAG parsing sees: those of the snapshot."""
    try:
        return frozenset(entry.dataset.name for entry in snapshot.read(settings).datasets)
    except BrokenError:
        # No snapshot, or one that parsing refuses as well: there is no DAG.
        return frozenset()


def _models_to_scaffold(settings: Settings, name: str) -> tuple[str, ...]:
    folders: list[Path] = [
        settings.dbt_project / "models" / name,
        settings.scaffold_folder / name,
    ]
    if any(folder.is_dir() and any(folder.glob("*.sql")) for folder in folders):
        return ()
    return (f"brz_{name}.sql", f"slv_{name}.sql")
