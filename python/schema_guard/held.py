"""The landed objects of a batch that the registry holds already, with what their manifests promise."""

from __future__ import annotations

from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import accepted, errors
from schema_guard.edges import registry
from schema_guard.edges.registry import Connection
from schema_guard.edges.s3 import Store
from schema_guard.manifests import at, key_of
from schema_guard.reading import ObjectRange, source_of
from schema_guard.sql import QUERIES


def sources(settings: Settings, conn: Connection, dataset: Dataset, batch_id: int) -> list[ObjectRange]:
    """
    Return a batch's objects, in the order of their chains, without those whose loss was accepted.

    Raises:
        BrokenError: The store is away, or a manifest is gone or differs from what the registry holds.
    """
    store = Store(settings)
    given_up = {gap.data_key for gap in accepted.of(conn, dataset.name)}
    found = []
    for held in registry.objects(conn, dataset.name, batch_id):
        if held.data_key in given_up:
            continue
        key = key_of(dataset.kafka_topic, held.topic_id, held.partition, held.expected_offset)
        manifest = at(key, store.document(key))
        if (manifest.data_key, manifest.last_offset) != (held.data_key, held.last_offset):
            raise errors.object_differs(dataset.name, key, "data_key", held.data_key, manifest.data_key)
        found.append(source_of(manifest, held.generation))
    return found


def newest(settings: Settings, conn: Connection, dataset: Dataset) -> list[ObjectRange]:
    """
    Return the objects of the newest admitted batch, none before the first.

    Raises:
        BrokenError: As `sources`.
    """
    row = QUERIES.newest_admitted_batch(conn, dataset=dataset.name)
    return sources(settings, conn, dataset, row["batch_id"]) if row else []
