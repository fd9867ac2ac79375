"""Connectors made by plain Connect REST calls: their `dataset.*` keys become datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg.rows import DictRow

from metastore_sync import connectors, fits, observe, registry, render, snapshot
from metastore_sync.changes import changes_between
from metastore_sync.connect_api import ConnectApi
from metastore_sync.connectors import ConnectorRow
from metastore_sync.dataset_files import check_document
from metastore_sync.errors import UsageError
from metastore_sync.layout import Layout
from metastore_sync.model import Dataset, DatasetState, Source, from_document
from metastore_sync.registry import DatasetRow
from metastore_sync.settings import Settings
from metastore_sync.spelling import connector_field, from_connector

#: By this key the connector of another sink declares a dataset.
_LAYOUT = connector_field("landing") + ".layout"


@dataclass(frozen=True, slots=True)
class Adoption:
    """
    What one look at Connect led to.

    Attributes:
        adopted: Connectors whose dataset is new or changed in the registry.
        refused: Connector to the reasons why its dataset was not taken.
        observed: A line for each thing that somebody did to a connector by hand.
    """

    adopted: tuple[str, ...]
    refused: Mapping[str, tuple[str, ...]]
    observed: tuple[str, ...] = ()


def adopt(settings: Settings) -> Adoption:
    """
    Register what connectors declare, and return what one look at Connect led to.

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
    return found


def look(settings: Settings) -> Adoption:
    """Register what connectors declare, each for itself, and remember what was done to any of them."""
    adopted: list[str] = []
    refused: dict[str, tuple[str, ...]] = {}
    configs = ConnectApi(settings).configs()
    with registry.connect(settings) as conn:
        known = _Known.read(conn)
        for name in sorted(configs, key=lambda name: (name not in known.owners, name)):
            reasons, is_news = _take(settings, conn, known, name, configs[name])
            if reasons:
                refused[name] = tuple(reasons)
            elif is_news:
                adopted.append(name)
        observed = observe.observe(settings)
        if adopted or observed:
            snapshot.write(settings, conn)
    return Adoption(tuple(adopted), refused, tuple(observed))


@dataclass(frozen=True, slots=True)
class _Known:
    """What the registry holds before a look, and the datasets that the look has given away."""

    rows: Mapping[str, DatasetRow]
    held: Mapping[str, ConnectorRow]
    #: Connectors that landed a dataset before: a second one of the same name comes after them.
    owners: frozenset[str]
    fields: Mapping[str, frozenset[str]]
    batches: Mapping[str, int]
    taken: dict[str, str]

    @classmethod
    def read(cls, conn: psycopg.Connection[DictRow]) -> _Known:
        held = connectors.read(conn)
        return cls(
            rows={row.dataset.name: row for row in registry.datasets(conn)},
            held=held,
            owners=frozenset(row.name for row in held.values()),
            fields=registry.active_fields(conn),
            batches=registry.batch_counts(conn),
            taken={},
        )


def _take(
    settings: Settings, conn: psycopg.Connection[DictRow], known: _Known, name: str, config: dict[str, str]
) -> tuple[list[str], bool]:
    """Adopt one connector; return why not, and whether the registry learned something."""
    document = _declared(name, config)
    if document is None:
        owned = [row.dataset for row in known.held.values() if row.name == name and _is_adopted(known, row)]
        lost = f"its dataset.* keys are gone; dataset {', '.join(owned)} stays as it was"
        return ([lost] if owned else []), False
    reasons = [*check_document(document, connector_field), *_misplaced(config, settings)]
    if reasons:
        return reasons, False
    dataset = from_document(document)
    reasons = _conflicts(conn, known, dataset)
    if reasons:
        return reasons, False
    known.taken[dataset.name] = name
    return [], _register(conn, known, dataset, name, config)


def _is_adopted(known: _Known, held: ConnectorRow) -> bool:
    row = known.rows.get(held.dataset)
    return row is not None and row.source is Source.CONNECT and row.state is not DatasetState.RETIRED


def _declared(name: str, config: dict[str, str]) -> dict[str, object] | None:
    """Return what a connector declares; none when Tidegate made it, or it is a sink that nobody can read."""
    return None if name.startswith(render.PREFIX) else document_of(config)


def document_of(config: Mapping[str, str]) -> dict[str, object] | None:
    """Return the dataset that a sink declares whose objects somebody here can read; else none."""
    is_read = config.get("connector.class") == render.SINK or _LAYOUT in config
    return from_connector(config) if is_read else None


def _misplaced(config: dict[str, str], settings: Settings) -> list[str]:
    """Return why the guard would not find what the connector lands."""
    wrong = []
    is_ours = config.get("connector.class") == render.SINK
    if is_ours and config.get(_LAYOUT, Layout.TIDEGATE) != Layout.TIDEGATE:
        wrong.append(f"{_LAYOUT}: names another sink's layout; this connector is Tidegate's")
    if not is_ours and config.get(_LAYOUT) == Layout.TIDEGATE:
        wrong.append(f"{_LAYOUT}: is tidegate; this connector is not Tidegate's")
    bucket, prefix = config.get("s3.bucket", ""), config.get("s3.prefix", "")
    if is_ours and bucket != settings.raw_bucket and "${" not in bucket:
        wrong.append(f's3.bucket: is "{bucket}"; the guard reads {settings.raw_bucket}')
    if is_ours and prefix:
        wrong.append(f's3.prefix: is "{prefix}"; the guard reads the bucket\'s root: set it empty')
    if "," in config.get("topics", "") or config.get("topics.regex"):
        wrong.append("topics: names several; a connector with dataset.* keys lands one")
    return wrong


def _conflicts(conn: psycopg.Connection[DictRow], known: _Known, dataset: Dataset) -> list[str]:
    name, row = dataset.name, known.rows.get(dataset.name)
    if other := known.taken.get(name):
        return [f"dataset.name: connector {other} declares {name} as well"]
    if row and row.source is not Source.CONNECT:
        return [f"dataset.name: {name} is declared by {row.source.value} already"]
    if owner := registry.topic_owner(conn, dataset):
        return [f"topics: {dataset.kafka_topic} belongs to dataset {owner} already"]
    if row is None or row.dataset == dataset:
        return []
    lacking = fits.lacking_fields(dataset, known.fields.get(name), connector_field)
    return [*lacking, *fits.rebuilds(row.dataset, dataset, known.batches.get(name, 0), connector_field)]


def _register(
    conn: psycopg.Connection[DictRow],
    known: _Known,
    dataset: Dataset,
    connector: str,
    config: Mapping[str, str],
) -> bool:
    """Declare the dataset and remember its connector; return whether either was news."""
    before, held = known.rows.get(dataset.name), known.held.get(dataset.name)
    changed = changes_between(held.applied, connectors.hidden(config)) if held else ()
    if before and before.dataset == dataset and held and held.name == connector and not changed:
        return False
    actor = f"connector {connector}"
    with conn.transaction():
        revision = registry.put_dataset(conn, dataset, source=Source.CONNECT, actor=actor)
        observed = held.observed if held else "RUNNING"
        taken = ConnectorRow(dataset=dataset.name, name=connector, applied=config, observed=observed)
        connectors.put(conn, taken)
        registry.audit(
            conn,
            dataset.name,
            actor=actor,
            action="follow_connector" if before else "adopt_connector",
            why="changed through Connect REST, which wins" if before else "declared through Connect REST",
            revision=revision,
            keys=connectors.keys(changed),
        )
    return True
