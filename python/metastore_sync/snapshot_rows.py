"""The registry's rows as the snapshot holds them."""

from __future__ import annotations

from collections import defaultdict

import psycopg
from psycopg.rows import DictRow

from metastore_sync import registry
from metastore_sync.model import DatasetState
from metastore_sync.queries import QUERIES
from metastore_sync.snapshot import ActiveVersion, FieldFacts, JudgedUpTo, SnapshotDataset


def locked(conn: psycopg.Connection[DictRow]) -> tuple[SnapshotDataset, ...]:
    """Return every dataset in use, keeping other snapshot writers out until the transaction ends."""
    QUERIES.lock_snapshot(conn)
    active = {row.pop("dataset"): ActiveVersion(**row) for row in QUERIES.active_versions(conn)}
    cursors: dict[str, list[JudgedUpTo]] = defaultdict(list)
    for row in QUERIES.partition_cursors(conn):
        cursors[row.pop("dataset")].append(JudgedUpTo(**row))
    facts = {row["dataset"]: _facts(row) for row in QUERIES.field_facts(conn)}
    return tuple(
        SnapshotDataset(
            dataset=row.dataset,
            revision=row.revision,
            source=row.source,
            state=row.state,
            active=active.get(row.dataset.name),
            cursors=tuple(cursors[row.dataset.name]),
            fields=facts[row.dataset.name],
        )
        for row in registry.datasets(conn)
        # A retired dataset has no DAG, and nothing of it is judged.
        if row.state is not DatasetState.RETIRED
    )


def _facts(row: DictRow) -> FieldFacts:
    return FieldFacts(
        presence=row["presence"], dropped=tuple(row["dropped"]), renamed=tuple(row["renamed"])
    )
