"""The stored objects of a replay: the records' own lines, out of the objects that hold them, packed anew."""

from __future__ import annotations

import base64
import gzip
import hashlib
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

import msgspec

from metastore_sync.model import Dataset
from schema_guard import errors, lines, records
from schema_guard.edges.s3 import Store
from schema_guard.lines import MAX_RECORD_BYTES
from schema_guard.reading import ObjectRange
from schema_guard.record_line import KafkaRecord, encode
from schema_guard.rejections.selection import Left, Rejection

Identity = tuple[str, int, int]


@dataclass(slots=True)
class Lines:
    """Lines on disk, found again by identity; memory holds places only."""

    file: IO[bytes]
    places: dict[Identity, tuple[int, int]] = field(default_factory=dict)

    def add(self, identity: Identity, line: bytes) -> None:
        """Keep the first line of an identity."""
        if identity not in self.places:
            self.places[identity] = (self.file.tell(), len(line))
            self.file.write(line)

    def of(self, identity: Identity) -> bytes:
        """Return a line that was added, without its end."""
        begin, length = self.places[identity]
        self.file.seek(begin)
        return self.file.read(length)


@contextmanager
def read(store: Store, name: str, wanted: Sequence[Rejection]) -> Iterator[tuple[Lines, list[Left]]]:
    """
    Give the lines of rejected records, and those records whose line is not there.

    Raises:
        BrokenError: An object is damaged, or the store is away.
    """
    by_object: dict[str, dict[tuple[int, int], Identity]] = defaultdict(dict)
    for rejection in wanted:
        place = (rejection.partition, rejection.offset)
        by_object[rejection.data_key][place] = rejection.identity
    with tempfile.TemporaryFile(prefix="tidegate-replay-") as file:
        found = Lines(file)
        there = {data_key for data_key in by_object if store.has(data_key)}
        for data_key, places in by_object.items():
            if data_key not in there:
                continue
            for record, line in lines_of(store, name, data_key):
                if known := places.get((record.partition, record.offset)):
                    found.add(known, line)
        yield (
            found,
            [
                Left(one, _why(one.data_key, one.data_key in there))
                for one in wanted
                if one.identity not in found.places
            ],
        )


def _why(data_key: str, is_there: bool) -> str:  # noqa: FBT001  one word, said of the key beside it
    if not is_there:
        return f"its object is gone: tidegate landing replay brings it back: {data_key}"
    return f"{data_key} does not hold it, or longer than {MAX_RECORD_BYTES} bytes"


def lines_of(store: Store, name: str, data_key: str) -> Iterator[tuple[records.Record, bytes]]:
    """
    Yield the records of a stored object with their lines; those that are too long are left out.

    Raises:
        BrokenError: The object is missing or damaged.
    """
    stored = store.bytes_of(data_key, dataset=name)
    text = lines.gunzip(stored) if data_key.endswith(".gz") else stored
    try:
        for line in lines.split(text, MAX_RECORD_BYTES):
            if isinstance(line, bytes):
                yield records.decode(line), line
    except (zlib.error, msgspec.MsgspecError) as mistake:
        raise errors.object_differs(name, data_key, "content", "record lines", str(mistake)) from mistake


def edited(line: bytes, payload: bytes) -> bytes:
    r"""
    Return a record's line with another value; identity, key, headers and time stay.

    >>> edited(b'{"topic":"t","partition":0,"offset":7,"timestamp":1,"timestamp_type":"CreateTime",'
    ...     b'"key":"k","headers":[],"value":"{"}', b'{}')[-36:]
    b'"key":"k","headers":[],"value":"{}"}'
    """
    document: dict[str, Any] = msgspec.json.decode(line)
    record = KafkaRecord(
        topic=document["topic"],
        partition=document["partition"],
        offset=document["offset"],
        timestamp=document["timestamp"],
        timestamp_type=document["timestamp_type"],
        key=_bytes(document.get("key"), document.get("key_base64")),
        headers=tuple((name, _bytes(*rest)) for name, *rest in document["headers"]),
        value=payload,
    )
    return encode(record).rstrip(b"\n")


def _bytes(text: str | None, in_base64: str | None = None) -> bytes | None:
    if in_base64 is not None:
        return base64.b64decode(in_base64)
    return None if text is None else text.encode()


def write(
    store: Store, dataset: Dataset, wanted: Sequence[Rejection], found: Lines, payload: bytes | None
) -> list[ObjectRange]:
    """
    Store the lines, an object per partition, and return what a replay batch reads.

    The key follows from what is replayed: who was killed behind it and begins again writes the same object.
    """
    told = [(*rejection.identity, rejection.stage, rejection.batch_id) for rejection in wanted]
    digest = hashlib.sha256(repr((sorted(map(repr, told)), payload)).encode()).hexdigest()[:32]
    partitions: dict[tuple[str, int], list[Rejection]] = defaultdict(list)
    for rejection in wanted:
        partitions[rejection.topic_id, rejection.partition].append(rejection)
    return [
        _write(store, f"{dataset.kafka_topic}/replay/{digest}", group, found, payload)
        for _, group in sorted(partitions.items())
    ]


def _write(
    store: Store, folder: str, group: list[Rejection], found: Lines, payload: bytes | None
) -> ObjectRange:
    group.sort(key=lambda rejection: rejection.offset)
    first = group[0]
    key = f"{folder}/{first.topic_id}+{first.partition:05d}.jsonl.gz"
    with tempfile.TemporaryFile(prefix="tidegate-replay-") as file:
        with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
            for rejection in group:
                line = found.of(rejection.identity)
                packed.write((line if payload is None else edited(line, payload)) + b"\n")
        size = file.tell()
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        store.upload(key, file, size)
    return ObjectRange(
        data_key=key,
        topic_id=first.topic_id,
        generation=first.generation,
        partition=first.partition,
        first_offset=first.offset,
        last_offset=group[-1].offset,
        record_count=len(group),
        bytes=size,
        sha256=digest,
        is_gzip=True,
        landed_at=datetime.now(UTC),
        # The offsets between belong to other batches; nobody vouches for them here.
        contiguous_read=False,
    )
