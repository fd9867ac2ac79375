"""Connectors made by plain Connect REST calls: their `dataset.*` keys become datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg.rows import DictRow

from metastore_sync import registry, render, snapshot
from metastore_sync.connect_api import ConnectApi
from metastore_sync.dataset_files import check_document
from metastore_sync.errors import UsageError
from metastore_sync.model import Dataset, Source, from_document
from metastore_sync.settings import Settings
from metastore_sync.spelling import connector_field, from_connector


@dataclass(frozen=True, slots=True)
class Adoption:
    """
    What one look at Connect led to.

    Attributes:
        adopted: Connectors whose dataset is new or changed in the registry.
        refused: Connector to the reasons why its dataset was not taken.
    """

    adopted: tuple[str, ...]
    refused: Mapping[str, tuple[str, ...]]


def adopt(settings: Settings) -> list[str]:
    """
    Register what connectors declare; return those whose dataset is new or changed.

    Raises:
        UsageError: Some connectors declare something wrong; the others were adopted all the same.
        BrokenError: Connect or PostgreSQL is away.
    """
    found = look(settings)
    if found.refused:
        raise UsageError(
            f"{len(found.refused)} of Connect's connectors cannot become datasets",
            where="\n".join(
                f"{name}: {reason}" for name, reasons in found.refused.items() for reason in reasons
            ),
            not_done=f"They were not adopted; adopted: {', '.join(found.adopted) or 'none'}.",
            next_command="correct their dataset.* keys through Connect REST, then: tidegate sync",
        )
    return list(found.adopted)


def look(settings: Settings) -> Adoption:
    """Register what connectors declare, each for itself, and say what became of each."""
    adopted: list[str] = []
    refused: dict[str, tuple[str, ...]] = {}
    configs = ConnectApi(settings).configs()
    with registry.connect(settings) as conn:
        taken: dict[str, str] = {}
        for name, config in sorted(configs.items()):
            document = _declared(name, config)
            if document is None:
                continue
            reasons = [*check_document(document, connector_field), *_misplaced(config, settings)]
            if not reasons:
                dataset = from_document(document)
                reasons = _conflicts(conn, dataset, taken)
            if reasons:
                refused[name] = tuple(reasons)
                continue
            taken[dataset.name] = name
            if _is_news(conn, dataset, name):
                adopted.append(name)
        if adopted:
            snapshot.write(settings, conn)
    return Adoption(tuple(adopted), refused)


def _declared(name: str, config: dict[str, str]) -> dict[str, object] | None:
    """Return what a connector declares; none when it is not a sink of ours or Tidegate made it."""
    if name.startswith(render.PREFIX) or config.get("connector.class") != render.SINK:
        return None
    return from_connector(config)


def _misplaced(config: dict[str, str], settings: Settings) -> list[str]:
    """Return why the guard would not find what the connector lands."""
    wrong = []
    bucket, prefix = config.get("s3.bucket", ""), config.get("s3.prefix", "")
    if bucket != settings.raw_bucket and "${" not in bucket:
        wrong.append(f's3.bucket: is "{bucket}"; the guard reads {settings.raw_bucket}')
    if prefix:
        wrong.append(f's3.prefix: is "{prefix}"; the guard reads the bucket\'s root: set it empty')
    if "," in config.get("topics", "") or config.get("topics.regex"):
        wrong.append("topics: names several; a connector with dataset.* keys lands one")
    return wrong


def _conflicts(conn: psycopg.Connection[DictRow], dataset: Dataset, taken: Mapping[str, str]) -> list[str]:
    if other := taken.get(dataset.name):
        return [f"dataset.name: connector {other} declares {dataset.name} as well"]
    rows = {row.dataset.name: row for row in registry.datasets(conn)}
    row = rows.get(dataset.name)
    if row and row.source is not Source.CONNECT:
        return [f"dataset.name: {dataset.name} is declared by {row.source.value} already"]
    if owner := registry.topic_owner(conn, dataset):
        return [f"topics: {dataset.kafka_topic} belongs to dataset {owner} already"]
    return []


def _is_news(conn: psycopg.Connection[DictRow], dataset: Dataset, connector: str) -> bool:
    """Declare the dataset; return whether that made a revision."""
    with conn.transaction():
        before = {row.dataset.name: row.revision for row in registry.datasets(conn)}
        actor = f"connector {connector}"
        revision = registry.put_dataset(conn, dataset, source=Source.CONNECT, actor=actor)
    return revision != before.get(dataset.name)
