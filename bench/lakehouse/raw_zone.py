"""Lands records as the sink does, object and manifest, without a broker."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bench.lakehouse.hashes import content_digest
from bench.lakehouse.orders import Event
from metastore_sync import object_store
from metastore_sync.settings import Settings
from schema_guard.record_line import KafkaRecord, encode

TOPIC_ID = "0be4c4a1"
PARTITIONS = 2
#: As in connect/datasets/orders.yml.
ROTATE_RECORDS = 50_000
#: The connector's default, `compression.level` 1.
_LEVEL = 1


class RawZone:
    """
    One topic's part of the raw bucket.

    Attributes:
        topic: Its name.
        records: Landed so far.
        line_bytes: Of their lines, unpacked.
        digest: Order-free hash of (partition, offset, key, value) of all of them.
        keys: Of the landed objects.
    """

    def __init__(self, settings: Settings, topic: str) -> None:
        self.topic = topic
        self.records = self.line_bytes = self.digest = 0
        self.keys: list[str] = []
        self._client = object_store.client(settings)
        self._bucket = settings.raw_bucket
        self._ends = [0] * PARTITIONS

    def land(self, events: Iterable[Event]) -> list[tuple[int, int, Event]]:
        """Land events in order; return each with its partition and offset."""
        placed, open_lines = [], [list[bytes]() for _ in range(PARTITIONS)]
        for event in events:
            partition = event.key % PARTITIONS
            offset = self._ends[partition] + len(open_lines[partition])
            open_lines[partition].append(self._line(event, partition, offset))
            placed.append((partition, offset, event))
            if len(open_lines[partition]) == ROTATE_RECORDS:
                self._put(partition, open_lines[partition])
        for partition, lines in enumerate(open_lines):
            if lines:
                self._put(partition, lines)
        return placed

    def _line(self, event: Event, partition: int, offset: int) -> bytes:
        key = str(event.key)
        self.digest += content_digest(partition, offset, key, event.value)
        return encode(
            KafkaRecord(
                topic=self.topic,
                partition=partition,
                offset=offset,
                timestamp=int(event.at.timestamp() * 1000),
                timestamp_type="CreateTime",
                key=key.encode(),
                headers=(("source", b"shop"),),
                value=event.value,
            )
        )

    def _put(self, partition: int, lines: list[bytes]) -> None:
        first, count = self._ends[partition], len(lines)
        text = b"".join(lines)
        lines.clear()
        stored = gzip.compress(text, _LEVEL, mtime=0)
        name = f"{self.topic}+{TOPIC_ID}+{partition:05d}+{first:020d}+00000000.jsonl.gz"
        key = f"{self.topic}/date={datetime.now(UTC):%Y-%m-%d}/{name}"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=stored)
        manifest = {
            **self._facts(partition, first, count),
            "data_key": key,
            "sha256": hashlib.sha256(stored).hexdigest(),
            "bytes": len(stored),
            "line_bytes": len(text),
        }
        place = f"{self.topic}/_manifest/{TOPIC_ID}/{partition}/{first:020d}.json"
        self._client.put_object(Bucket=self._bucket, Key=place, Body=json.dumps(manifest).encode())
        self._ends[partition] = first + count
        self.records += count
        self.line_bytes += len(text)
        self.keys.append(key)

    def _facts(self, partition: int, first: int, count: int) -> dict[str, Any]:
        return {
            "manifest_version": 1,
            "topic": self.topic,
            "topic_id": TOPIC_ID,
            "topic_uuid": f"{TOPIC_ID}-0000-4000-8000-000000000000",
            "partition": partition,
            "expected_offset": first,
            "chain_start_offset": 0,
            "log_start_offset": 0,
            "cleanup_policy": "delete",
            "contiguous_read": True,
            "delivery": "exactly-once",
            "attempt": "00000000",
            "etag": "bench",
            "compression": "gzip",
            "value_bytes": 0,
            "record_count": count,
            "first_offset": first,
            "last_offset": first + count - 1,
            "min_timestamp": None,
            "max_timestamp": None,
            "landed_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
        }
