"""
The registry as one signed file: what DAG parsing reads, and the guard when PostgreSQL is away.

Importing this module loads neither a database driver nor an HTTP client, and opens no socket.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metastore_sync.errors import BrokenError
from metastore_sync.model import Dataset, DatasetState, Source, from_document, to_document
from metastore_sync.settings import Settings

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import DictRow

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveVersion:
    """The ACTIVE schema version: its number, SHA-256 fingerprint, schema tree and Spark DDL."""

    version: int
    fingerprint: str
    schema: dict[str, Any]
    ddl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedUpTo:
    """How far one partition of one generation had been judged."""

    topic_id: str
    generation: int
    partition: int
    next_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFacts:
    """
    What is known of fields beside the ACTIVE version: by it absence is told from removal.

    Attributes:
        presence: JSON pointer → counts, as the registry keeps them.
        dropped: Pointers of fields declared as dropped.
        renamed: The same, as renamed.
    """

    presence: dict[str, list[int]] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDataset:
    """One dataset as the registry had it when the snapshot was written."""

    dataset: Dataset
    revision: int
    source: Source
    state: DatasetState
    active: ActiveVersion | None
    cursors: tuple[JudgedUpTo, ...] = ()
    fields: FieldFacts = field(default_factory=FieldFacts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The registry at one time (UTC)."""

    written_at: datetime
    datasets: tuple[SnapshotDataset, ...]


def write(settings: Settings, conn: psycopg.Connection[DictRow]) -> Path:
    """
    Write the registry as it is now; readers see the old file or the new one, never a part.

    Raises:
        BrokenError: No signing key is set, or the file cannot be written; the old snapshot stays.
    """
    # DAG parsing imports this module and must not load psycopg for it.
    from metastore_sync import snapshot_rows  # noqa: PLC0415

    key = signing_key(settings)
    with conn.transaction():
        datasets = snapshot_rows.locked(conn)
        unsigned = _to_document(Snapshot(written_at=datetime.now(UTC), datasets=datasets))
        _check_contract({**unsigned, "signature": "0" * 64})
        signed = {**unsigned, "signature": _signature(unsigned, key)}
        _replace(settings.snapshot_path, canonical_json(signed))
    return settings.snapshot_path


def read(settings: Settings) -> Snapshot:
    """
    Return the snapshot after checking its signature and its contract.

    Raises:
        BrokenError: There is no snapshot, it was changed, or it has another version.
    """
    path = settings.snapshot_path
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _unusable(path, "there is none yet") from error
    except (OSError, ValueError) as error:
        raise _unusable(path, str(error)) from error
    if not isinstance(document, dict):
        raise _unusable(path, "it is not a JSON object")
    signature = document.pop("signature", "")
    if not hmac.compare_digest(_signature(document, signing_key(settings)), str(signature)):
        raise _unusable(path, "its signature does not match: another key, or a changed file")
    _check_contract({**document, "signature": signature})
    return _from_document(document)


def canonical_json(document: object) -> bytes:
    r"""
    Return the bytes that are signed: sorted keys, no spaces, UTF-8.

    >>> canonical_json({"b": 1, "a": "é"}).decode()
    '{"a":"é","b":1}'
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def signing_key(settings: Settings) -> bytes:
    """
    Return the key that the registry's files are signed with.

    Raises:
        BrokenError: None is set.
    """
    if not settings.snapshot_key:
        raise BrokenError(
            "registry: no signing key is set for its snapshot and backups",
            where="TIDEGATE_SNAPSHOT_KEY",
            not_done="Nothing was read or written.",
            next_command="tidegate up",
        )
    return settings.snapshot_key.encode()


def _signature(document: dict[str, Any], key: bytes) -> str:
    return hmac.new(key, canonical_json(document), hashlib.sha256).hexdigest()


def _check_contract(document: dict[str, Any]) -> None:
    from metastore_sync import contract  # noqa: PLC0415 - loaded only where a snapshot is at hand

    for error in contract.errors("snapshot", document):
        raise BrokenError(
            f"registry snapshot: {error.json_path} breaks its contract: {error.message}",
            where="docs/contracts/snapshot.schema.json",
            not_done="The snapshot was not used.",
            next_command="tidegate apply",
        )


def _replace(path: Path, content: bytes) -> None:
    """Write a sibling (mode 0600), force it to disk, then rename it over the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise BrokenError(
            f"registry snapshot: cannot be written: {error}",
            where=str(path),
            not_done="The old snapshot stays.",
            next_command="tidegate doctor",
        ) from error


def _to_document(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "snapshot_version": VERSION,
        "written_at": snapshot.written_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "datasets": [_dataset_document(entry) for entry in snapshot.datasets],
    }


def _dataset_document(entry: SnapshotDataset) -> dict[str, Any]:
    active = entry.active and {
        "version": entry.active.version,
        "fingerprint": entry.active.fingerprint,
        "schema": entry.active.schema,
        "ddl": entry.active.ddl,
    }
    return {
        "document": to_document(entry.dataset),
        "revision": entry.revision,
        "source": entry.source.value,
        "state": entry.state.value,
        "active": active,
        "cursors": [asdict(cursor) for cursor in entry.cursors],
        "fields": {
            "presence": entry.fields.presence,
            "dropped": list(entry.fields.dropped),
            "renamed": list(entry.fields.renamed),
        },
    }


def _from_document(document: dict[str, Any]) -> Snapshot:
    entries = (
        SnapshotDataset(
            dataset=from_document(entry["document"]),
            revision=entry["revision"],
            source=Source(entry["source"]),
            state=DatasetState(entry["state"]),
            active=ActiveVersion(**entry["active"]) if entry["active"] else None,
            cursors=tuple(JudgedUpTo(**cursor) for cursor in entry["cursors"]),
            fields=_fields(entry.get("fields", {})),
        )
        for entry in document["datasets"]
    )
    return Snapshot(
        written_at=datetime.fromisoformat(document["written_at"]), datasets=tuple(entries)
    )


def _fields(document: dict[str, Any]) -> FieldFacts:
    """Return the facts; a snapshot of an older release has none."""
    return FieldFacts(
        presence=document.get("presence", {}),
        dropped=tuple(document.get("dropped", ())),
        renamed=tuple(document.get("renamed", ())),
    )


def _unusable(path: Path, fact: str) -> BrokenError:
    return BrokenError(
        f"registry snapshot: {fact}",
        where=str(path),
        not_done="No dataset was read from it.",
        next_command="tidegate apply",
    )
