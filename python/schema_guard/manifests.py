"""
What a manifest says: the commit record of one landed object (docs/contracts/manifest.schema.json).

Manifests of a partition form a chain: each expects the offset after its predecessor's last, the
first of a topic id expects 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schema_guard import errors

#: The version of the contract that this module reads.
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """
    One landed object, as its writer committed it.

    Attributes:
        data_key: Key of the object, in the bucket of the manifest.
        topic_id: 8 hex digits.
        expected_offset: Offset that had to come next in the chain.
        chain_start_offset: Where the chain was told to begin.
        first_offset: First offset inside.
        last_offset: Last offset inside.
        record_count: Records inside.
        errant_records: Records of its range that its writer sent to the dead letter topic instead.
        bytes: Stored size of the object.
        sha256: Of the stored bytes, in hex.
        is_gzip: Whether the stored bytes are compressed.
        landed_at: When the object was closed, UTC.
        contiguous_read: Whether every offset without a record was withheld by Kafka from the writer.
        etag: The store's answer to the upload, without quotes; empty when it is not known.
    """

    data_key: str
    topic_id: str
    partition: int
    expected_offset: int
    chain_start_offset: int
    first_offset: int
    last_offset: int
    record_count: int
    errant_records: int = 0
    bytes: int
    sha256: str
    is_gzip: bool
    landed_at: datetime
    contiguous_read: bool
    etag: str = ""

    @property
    def next_offset(self) -> int:
        """The offset the next manifest of the chain expects."""
        return self.last_offset + 1

    @property
    def gap_begins(self) -> int:
        """The first offset that this object answers for."""
        return max(self.expected_offset, self.chain_start_offset)

    @property
    def may_have_lost(self) -> bool:
        """
        Whether records that Kafka once held may be missing from the object's range.

        Offsets without a record are fine where the writer read across them: compaction, transaction
        markers, a transform. Its `contiguous_read` says so.
        """
        return self.unexplained > 0 and not self.contiguous_read

    @property
    def unexplained(self) -> int:
        """Offsets of the range with a record neither inside nor in the dead letter topic."""
        return self.next_offset - self.gap_begins - self.record_count - self.errant_records

    @property
    def lost_range(self) -> tuple[int, int]:
        """
        The offsets among which records may be lost, both ends included; ask when `may_have_lost`.

        Those before the first record when the rest is whole; else nobody knows where inside.
        """
        is_before = self.record_count == self.next_offset - self.first_offset
        return self.gap_begins, self.first_offset - 1 if is_before else self.last_offset


def folder_of(topic: str, topic_id: str, partition: int | str) -> str:
    """Return the prefix of a partition's manifests."""
    return f"{topic}/_manifest/{topic_id}/{partition}/"


def key_of(topic: str, topic_id: str, partition: int, expected_offset: int) -> str:
    """Return the key of the one manifest that can stand at this place of the chain."""
    return f"{folder_of(topic, topic_id, partition)}{expected_offset:020d}.json"


def at(key: str, document: Mapping[str, Any]) -> Manifest:
    """
    Return the manifest that was found under `key`, which must be its own place in the chain.

    A manifest copied from another topic or partition would put records where they were never written,
    and one whose offsets run backwards would admit records twice.

    Raises:
        BrokenError: It breaks its contract, stands in another's place, or its offsets contradict it.
    """
    manifest = from_document(key, document)
    topic = str(document.get("topic"))
    place = key_of(topic, manifest.topic_id, manifest.partition, manifest.expected_offset)
    if key != place:
        raise errors.manifest_unreadable(key, f"its own place is {place}")
    if not manifest.expected_offset <= manifest.first_offset <= manifest.last_offset:
        wanted = f"expected {manifest.expected_offset} <= first {manifest.first_offset}"
        raise errors.manifest_unreadable(key, f"not {wanted} <= last {manifest.last_offset}")
    return manifest


def from_document(key: str, document: Mapping[str, Any]) -> Manifest:
    """
    Return the manifest stored under `key`.

    Raises:
        BrokenError: A field is missing or is not what the contract says.
    """
    try:
        if document["manifest_version"] != VERSION:
            message = f"manifest_version is {document['manifest_version']}, not {VERSION}"
            raise ValueError(message)  # noqa: TRY301  one place turns every mistake into the message
        return Manifest(
            data_key=str(document["data_key"]),
            topic_id=str(document["topic_id"]),
            partition=int(document["partition"]),
            expected_offset=int(document["expected_offset"]),
            chain_start_offset=int(document["chain_start_offset"]),
            first_offset=int(document["first_offset"]),
            last_offset=int(document["last_offset"]),
            record_count=int(document["record_count"]),
            errant_records=int(document.get("errant_records", 0)),
            bytes=int(document["bytes"]),
            sha256=str(document["sha256"]),
            is_gzip={"gzip": True, "none": False}[document["compression"]],
            landed_at=_utc(document["landed_at"]),
            contiguous_read=bool(document["contiguous_read"]),
            etag=str(document.get("etag", "")),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as mistake:
        raise errors.manifest_unreadable(key, repr(mistake)) from mistake


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"landed_at {text} names no zone"
        raise ValueError(message)
    return moment
