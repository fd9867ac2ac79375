"""The manifest of a place in the chain that a replay fills (docs/contracts/manifest.schema.json)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from schema_guard.gaps import Gap
from schema_guard.lost_lines import Packed, Totals
from schema_guard.manifests import VERSION


def of(
    topic: str,
    uuid: UUID,
    gap: Gap,
    totals: Totals,
    stored: Packed,
    *,
    neighbour: Mapping[str, Any],
    log_start: int,
    attempt: str,
) -> dict[str, Any]:
    """
    Return the manifest, still without the ETag of its object.

    Args:
        topic: Kafka topic.
        uuid: Its id, whose first 8 hex digits are the gap's topic id.
        gap: The missing place of the chain.
        totals: What the lines add up to.
        stored: The object's bytes, gzip.
        neighbour: The next manifest of the chain: both begin where the chain was told to.
        log_start: The partition's first offset in Kafka, asked after the records were read.
        attempt: 8 hex digits that no other upload has.
    """
    now = datetime.now(UTC)
    name = f"{topic}+{gap.topic_id}+{gap.partition:05d}+{totals.first_offset:020d}+{attempt}.jsonl.gz"
    return {
        "manifest_version": VERSION,
        "topic": topic,
        "topic_id": gap.topic_id,
        "topic_uuid": str(uuid),
        "partition": gap.partition,
        "expected_offset": gap.first_offset,
        "chain_start_offset": neighbour["chain_start_offset"],
        "log_start_offset": log_start,
        "cleanup_policy": neighbour["cleanup_policy"],
        # Read in one go from the first offset on; below the log's start something may have gone.
        "contiguous_read": log_start <= max(gap.first_offset, neighbour["chain_start_offset"]),
        "delivery": neighbour["delivery"],
        "data_key": f"{topic}/date={now:%Y-%m-%d}/{name}",
        "attempt": attempt,
        "etag": "",
        "sha256": stored.sha256,
        "compression": "gzip",
        "bytes": stored.size,
        **asdict(totals),
        "landed_at": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
    }
