"""The registry's declarations: datasets, their revisions and their states."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from metastore_sync.errors import RegistryAwayError, UsageError
from metastore_sync.migrate import check_version
from metastore_sync.model import Dataset, DatasetState, Source, from_document, to_document
from metastore_sync.queries import QUERIES
from metastore_sync.settings import Settings
from metastore_sync.snapshot import ActiveVersion


class RegistryConnection(psycopg.Connection[DictRow]):
    """A connection that raises `BrokenError` when the server goes away inside its `with`."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Close the connection and name a lost server as what it is."""
        # Autocommit: whatever was to be committed is, so that a server lost just now loses nothing.
        self.close()
        if isinstance(exc_val, psycopg.OperationalError):
            raise _away(str(exc_val)) from exc_val


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """A registered dataset: its declaration, revision, way in, and state."""

    dataset: Dataset
    state: DatasetState
    revision: int
    source: Source


def connect(settings: Settings, *, any_version: bool = False) -> RegistryConnection:
    """
    Open the registry: dict rows, UTC, autocommit; writers open `with conn.transaction():`.

    With `any_version` its tables may be of another release: for who only copies them.

    Raises:
        RegistryAwayError: PostgreSQL does not answer.
        BrokenError: The registry's version is not this program's.
    """
    try:
        conn = RegistryConnection.connect(
            settings.postgres_dsn,
            row_factory=dict_row,
            autocommit=True,
            connect_timeout=5,
            application_name="tidegate",
            options="-c timezone=UTC",
        )
    except psycopg.OperationalError as error:
        raise _away(str(error)) from error
    try:
        if not any_version:
            check_version(conn)
    except psycopg.OperationalError as error:
        conn.close()
        raise _away(str(error)) from error
    except BaseException:
        conn.close()
        raise
    return conn


def datasets(conn: psycopg.Connection[DictRow]) -> list[DatasetRow]:
    """Return every registered dataset, by name."""
    return [_row(row) for row in QUERIES.datasets(conn)]


def dataset(conn: psycopg.Connection[DictRow], name: str) -> DatasetRow:
    """
    Return one dataset.

    Raises:
        UsageError: No dataset has this name.
    """
    row = QUERIES.dataset(conn, name=name)
    if row is None:
        raise unknown_dataset(name)
    return _row(row)


def put_dataset(conn: psycopg.Connection[DictRow], dataset: Dataset, *, source: Source, actor: str) -> int:
    """
    Declare a dataset and return its revision; the same document again makes no new one.

    Raises:
        UsageError: Another dataset owns the topic; nothing was written.
    """
    while True:
        try:
            return _put(conn, dataset, source=source, actor=actor)
        except psycopg.errors.UniqueViolation:
            continue  # another writer registered the name or the topic since we looked: look again


def _put(conn: psycopg.Connection[DictRow], dataset: Dataset, *, source: Source, actor: str) -> int:
    document = to_document(dataset)
    values = {"name": dataset.name, "kafka_topic": dataset.kafka_topic, "source": source.value}
    with conn.transaction():
        if owner := topic_owner(conn, dataset):
            raise topic_taken(dataset, owner)
        is_new = QUERIES.insert_dataset(conn, document=Jsonb(document), **values) == 1
        held = QUERIES.dataset_for_update(conn, name=dataset.name)
        if not is_new and held["document"] == document and held["source"] == source.value:
            return int(held["revision"])
        revision = 1 if is_new else int(held["revision"]) + 1
        if not is_new:
            QUERIES.update_dataset(conn, document=Jsonb(document), revision=revision, **values)
        QUERIES.insert_revision(
            conn,
            name=dataset.name,
            revision=revision,
            document=Jsonb(document),
            source=source.value,
            actor=actor,
        )
    return revision


def set_state(
    conn: psycopg.Connection[DictRow],
    name: str,
    state: DatasetState,
    *,
    actor: str = "tidegate",
    why: str = "",
) -> None:
    """
    Set a dataset's state; a real change leaves a line in the audit log.

    Raises:
        UsageError: No dataset has this name.
    """
    with conn.transaction():
        if QUERIES.set_state(conn, name=name, state=state.value):
            audit(conn, name, actor=actor, action="set_state", why=why, state=state.value)
        else:
            dataset(conn, name)


def audit(
    conn: psycopg.Connection[DictRow],
    name: str | None,
    *,
    actor: str,
    action: str,
    why: str = "",
    **detail: Any,
) -> None:
    """Write one line of the audit log; `detail` holds plain JSON values, never secrets."""
    QUERIES.insert_audit(conn, dataset=name, actor=actor, action=action, why=why, detail=Jsonb(detail))


def active_version(conn: psycopg.Connection[DictRow], name: str) -> ActiveVersion | None:
    """Return the dataset's ACTIVE schema version; none before its first batch."""
    row = QUERIES.active_version(conn, name=name)
    return ActiveVersion(**row) if row else None


def active_fields(conn: psycopg.Connection[DictRow]) -> dict[str, frozenset[str]]:
    """Return dataset → the top-level fields of its ACTIVE schema; none before its first batch."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in QUERIES.active_fields(conn):
        found[row["dataset"]].add(row["name"])
    return {name: frozenset(fields) for name, fields in found.items()}


def batch_counts(conn: psycopg.Connection[DictRow]) -> dict[str, int]:
    """Return dataset → how many batches it has; datasets without one are left out."""
    return {row["dataset"]: row["batches"] for row in QUERIES.batch_counts(conn)}


def topic_owner(conn: psycopg.Connection[DictRow], dataset: Dataset) -> str | None:
    """Return the name of another dataset that owns this one's topic."""
    row = QUERIES.topic_owner(conn, name=dataset.name, kafka_topic=dataset.kafka_topic)
    return str(row["name"]) if row else None


def topic_taken(dataset: Dataset, owner: str) -> UsageError:
    """Return the error of a second dataset on one topic."""
    return UsageError(
        f"{dataset.name}: topic {dataset.kafka_topic} belongs to dataset {owner} already",
        not_done=f"{dataset.name} was not registered.",
        next_command=f"tidegate status {owner}",
    )


def unknown_dataset(name: str) -> UsageError:
    """Return the error of a name that the registry does not hold."""
    return UsageError(f"{name}: no dataset has this name", next_command="tidegate status")


def _row(row: dict[str, Any]) -> DatasetRow:
    return DatasetRow(
        dataset=from_document(row["document"]),
        state=DatasetState(row["state"]),
        revision=row["revision"],
        source=Source(row["source"]),
    )


def _away(cause: str) -> RegistryAwayError:
    return RegistryAwayError(
        "registry: PostgreSQL does not answer",
        where=cause.strip(),
        not_done="Nothing was written.",
        next_command="tidegate doctor",
    )
