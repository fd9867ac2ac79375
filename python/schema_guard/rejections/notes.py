"""
What a replay leaves beside its objects: which rejections it replays, as which batch, who did it and why.

The registry holds the same. A registry that is lost is rebuilt from bronze and the raw zone, where a replay
batch would look like records of earlier batches; its note tells what it was: nothing is replayed twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec

from schema_guard.edges.s3 import Store
from schema_guard.reading import ObjectRange
from schema_guard.rejections.selection import Rejection

#: Beside the objects, in the folder of the replay.
FILE = "replay.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedRecord:
    """One rejection that a replay took; `rejected_batch` is None for a dead letter."""

    topic_id: str
    partition: int
    offset: int
    stage: str
    rejected_batch: int | None

    @classmethod
    def of(cls, rejection: Rejection) -> NotedRecord:
        """Return a rejection as a note names it."""
        topic_id, partition, offset = rejection.identity
        return cls(
            topic_id=topic_id,
            partition=partition,
            offset=offset,
            stage=rejection.stage,
            rejected_batch=rejection.batch_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayNote:
    """
    One replay batch.

    Attributes:
        batch_id: The number it was about to get; another batch has it if there was no commit.
        is_silver_only: Bronze has no row of it.
        objects: The stored objects that it reads.
    """

    batch_id: int
    is_silver_only: bool
    is_edited: bool
    actor: str
    why: str
    objects: tuple[ObjectRange, ...]
    records: tuple[NotedRecord, ...]


def put(store: Store, note: ReplayNote) -> None:
    """Write a replay's note; a replay that begins again after a crash writes over its own."""
    folder = note.objects[0].data_key.rpartition("/")[0]
    document: dict[str, Any] = asdict(note)
    for held in document["objects"]:
        held["landed_at"] = held["landed_at"].isoformat()
    store.put_document(f"{folder}/{FILE}", document)


def read(store: Store, topic: str) -> Iterator[ReplayNote]:
    """
    Yield the notes of all replays of a topic.

    Raises:
        BrokenError: The store is away, or a note cannot be read.
    """
    for folder in store.folders(f"{topic}/replay/"):
        document = store.document_or_none(f"{topic}/replay/{folder}/{FILE}")
        if document is not None:
            yield msgspec.convert(document, ReplayNote)


def landed_at(note: ReplayNote) -> datetime:
    """Return when the newest object of a replay was stored."""
    return max(held.landed_at for held in note.objects)
