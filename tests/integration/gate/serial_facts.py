"""What the registry holds of one dataset, and whether it is what the serial history says."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from gate.serial_model import Serial
from psycopg import Connection

from schema_guard.content_hash import content_hash

_FACTS = """
select
    (select state from registry.dataset where name = %(name)s) as state,
    (select coalesce(json_agg(v order by version), '[]') from registry.schema_version as v) as versions,
    (select coalesce(json_agg(o order by topic_id, partition, first_offset), '[]')
     from registry.batch_object as o) as objects,
    (select coalesce(json_agg(c), '[]') from registry.partition_cursor as c) as cursors,
    (select coalesce(json_agg(json_build_array(batch_id, topic_id, partition, "offset")), '[]')
     from registry.rejected_record) as rejected,
    (select coalesce(json_agg(json_build_array(action, actor, why) order by id), '[]')
     from registry.audit_log) as audit,
    (select coalesce(token, 0) from registry.lease) as token
"""
_BATCHES = """
select batch_id, status, schema_version, verdict, record_count, rejected_count, content_hash,
    max_event_time, watermark
from registry.batch order by batch_id
"""


def facts(conn: Connection[Any], name: str) -> dict[str, Any]:
    """Return everything a history may change."""
    row = conn.execute(_FACTS, {"name": name}).fetchone()
    assert row is not None
    return {**row, "batches": conn.execute(_BATCHES).fetchall()}


def check_all(found: dict[str, Any], told: Serial, values: dict[tuple[Any, int], str]) -> None:
    """Compare the registry with the serial history, and check what no history may break."""
    assert found["state"] == told.state
    assert [v["status"] for v in found["versions"]] == [v.status for v in told.versions]
    assert sum(v["status"] == "ACTIVE" for v in found["versions"]) <= 1
    assert [tuple(line) for line in found["audit"]] == told.audit
    _check_batches(found["batches"], told, values)
    _check_ranges(found, told)
    _check_watermarks(found["batches"])
    rejected = {(b, (t, p), o) for b, t, p, o in found["rejected"]}
    assert rejected == {(n, *who) for n, batch in enumerate(told.batches, 1) for who in batch.rejected}


def _check_batches(batches: list[Any], told: Serial, values: dict[tuple[Any, int], str]) -> None:
    assert [b["batch_id"] for b in batches] == list(range(1, len(batches) + 1)), "numbers have a gap"
    blocked = [b["batch_id"] for b in batches if b["status"] == "BLOCKED"]
    assert blocked in ([], [len(batches)]), "a batch overtook a BLOCKED one"
    assert len(batches) == len(told.batches)
    for row, batch in zip(batches, told.batches, strict=True):
        assert (row["status"], row["schema_version"], row["verdict"]) == (
            batch.status,
            batch.version,
            batch.verdict,
        )
        records = batch.records()
        assert (row["record_count"], row["rejected_count"]) == (len(records), len(batch.rejected))
        rows = [(place, offset) for place, offset, _ in records if (place, offset) not in batch.rejected]
        counted = sum(content_hash(*place, offset, None, values[place, offset]) for place, offset in rows)
        assert row["content_hash"] == counted


def _check_ranges(found: dict[str, Any], told: Serial) -> None:
    """Ranges of a partition touch each other, begin at 0, end at the cursor, and are what landed."""
    ranges: dict[Any, list[tuple[int, int]]] = {}
    for row in found["objects"]:
        ranges.setdefault((row["topic_id"], row["partition"]), []).append(
            (row["first_offset"], row["last_offset"] + 1)
        )
    for place, parts in ranges.items():
        assert [0, *(end for _, end in parts)][:-1] == [begin for begin, _ in parts], place
    ends = {place: parts[-1][1] for place, parts in ranges.items()}
    assert {(c["topic_id"], c["partition"]): c["next_offset"] for c in found["cursors"]} == ends
    columns = ("batch_id", "topic_id", "partition", "first_offset")
    landed = {tuple(row[column] for column in columns) for row in found["objects"]}
    assert landed == {(n, *o.place, o.first) for n, b in enumerate(told.batches, 1) for o in b.objects}


def _check_watermarks(batches: list[Any]) -> None:
    for before, after in pairwise(batches):
        marks = [before["watermark"]]
        if before["max_event_time"]:
            marks.append(before["max_event_time"] - timedelta(minutes=5))
        assert after["watermark"] == max((m for m in marks if m), default=None)
