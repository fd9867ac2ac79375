"""
Commits records as landed objects: the object under a name made of its own content, then its manifest.

Running again after a kill writes the same bytes under the same names; the manifest is put only where none
is, so that two runs at once leave one chain.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

from metastore_sync.layout_listing import Listed
from schema_guard import layout_errors as errors
from schema_guard.edges.relanding import RelandingStore
from schema_guard.manifests import VERSION, key_of
from schema_guard.relanding.records import ForeignRecord, line_of
from schema_guard.relanding.tail import Chain, Tail

#: A landed object is closed before it exceeds either, like the sink's.
MAX_RECORDS, MAX_LINE_BYTES = 100_000, 64 << 20
#: Stored bytes held in memory; what does not fit is spooled to disk.
_IN_MEMORY = 8 << 20
_GZIP_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the records of a manifest come from."""

    layout: str
    bucket: str
    listed: Listed
    topic_uuid: UUID


class _Open:
    """The landed object that is being written."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  `close` ends it
        # No name and no time: the same records always give the same bytes.
        self._zip = gzip.GzipFile("", "wb", _GZIP_LEVEL, self.file, mtime=0)
        self.records = self.line_bytes = self.value_bytes = 0
        self.first = self.last = -1
        self.times: list[int] = []

    def add(self, record: ForeignRecord, line: bytes) -> None:
        self._zip.write(line)
        self.first = record.offset if self.first < 0 else self.first
        self.last = record.offset
        self.records += 1
        self.line_bytes += len(line)
        self.value_bytes += len(record.value or b"")
        if record.timestamp is not None:
            self.times = [min([*self.times, record.timestamp]), max([*self.times, record.timestamp])]

    @property
    def is_full(self) -> bool:
        return self.records >= MAX_RECORDS or self.line_bytes >= MAX_LINE_BYTES

    def seal(self) -> tuple[str, int]:
        """End the file and return its SHA-256 in hex and its size."""
        self._zip.close()
        size = self.file.tell()
        self.file.seek(0)
        digest = hashlib.file_digest(self.file, "sha256").hexdigest()  # type: ignore[arg-type]
        self.file.seek(0)
        return digest, size


class Writer:
    """Writes the records of one object of another sink behind the end of a chain."""

    def __init__(self, store: RelandingStore, chain: Chain, tail: Tail, origin: Origin) -> None:
        self._store = store
        self._chain = chain
        self._tail = tail
        self._origin = origin
        self._open: _Open | None = None
        self.records = 0
        self.contiguous = True

    def add(self, record: ForeignRecord) -> None:
        """Take the next record; commits the object in hand when that is full."""
        if self._open is not None and self._open.is_full:
            self._commit(self._open, self._open.last, is_complete=False)
            self._open = None
        self._open = self._open or _Open()
        self._open.add(record, line_of(self._chain.topic, self._chain.partition, record))
        self.records += 1

    def finish(self, last_offset: int | None = None) -> None:
        """
        Commit what is open.

        Args:
            last_offset: The last offset that the origin answers for, when that is more than its records'.
        """
        if self._open is not None:
            last = self._open.last if last_offset is None else last_offset
            self._commit(self._open, last, is_complete=True)
            self._open = None

    def _commit(self, made: _Open, last_offset: int, *, is_complete: bool) -> None:
        sha256, size = made.seal()
        data_key = self._data_key(made.first, sha256)
        etag = self._store.put(data_key, made.file)
        made.file.close()
        manifest = {
            **self._chain_facts(last_offset),
            **_object_facts(made, data_key, sha256, size),
            "etag": etag,
            "last_offset": last_offset,
            "landed_at": _text(self._origin.listed.modified),
            "source": self._source(is_complete=is_complete),
        }
        key = key_of(
            self._chain.topic, self._chain.topic_id, self._chain.partition, self._tail.next_offset
        )
        if not self._store.put_if_absent(key, json.dumps(manifest).encode()):
            there = self._store.document(key) or {}
            # A reply may have been lost: the manifest that is there is our own.
            if (there.get("data_key"), there.get("last_offset")) != (data_key, last_offset):
                raise errors.committed_by_another(key)
        self._tail.follow(manifest)
        self.contiguous = True

    def _data_key(self, first: int, sha256: str) -> str:
        topic, listed = self._chain.topic, self._origin.listed
        name = f"{topic}+{self._chain.topic_id}+{self._chain.partition:05d}+{first:020d}+{sha256[:8]}"
        return f"{topic}/date={listed.modified.astimezone(UTC):%Y-%m-%d}/{name}.jsonl.gz"

    def _chain_facts(self, last_offset: int) -> dict[str, Any]:
        # Kafka was not asked: what is not known to be missing counts as read.
        is_contiguous = self.contiguous and (self._open is None or last_offset == self._open.last)
        return {
            "manifest_version": VERSION,
            "topic": self._chain.topic,
            "topic_id": self._chain.topic_id,
            "topic_uuid": str(self._origin.topic_uuid),
            "partition": self._chain.partition,
            "expected_offset": self._tail.next_offset,
            "chain_start_offset": self._tail.start,
            "log_start_offset": self._tail.start,
            "cleanup_policy": "unknown",
            "contiguous_read": is_contiguous,
            "delivery": "at-least-once",
        }

    def _source(self, *, is_complete: bool) -> dict[str, Any]:
        listed = self._origin.listed
        return {
            "layout": self._origin.layout,
            "bucket": self._origin.bucket,
            "key": listed.key,
            "etag": listed.etag,
            "first_offset": listed.start,
            "is_complete": is_complete,
        }


def _object_facts(made: _Open, data_key: str, sha256: str, size: int) -> dict[str, Any]:
    return {
        "data_key": data_key,
        "attempt": sha256[:8],
        "sha256": sha256,
        "compression": "gzip",
        "bytes": size,
        "line_bytes": made.line_bytes,
        "value_bytes": made.value_bytes,
        "record_count": made.records,
        "first_offset": made.first,
        "min_timestamp": made.times[0] if made.times else None,
        "max_timestamp": made.times[-1] if made.times else None,
    }


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
