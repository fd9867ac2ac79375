"""One rejected record: why, what became of it, and its payload or only the payload's shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse.ledger import QUERIES, Connection
from metastore_sync.errors import UsageError
from metastore_sync.settings import Settings
from schema_guard.core.shape import shape
from schema_guard.edges.s3 import Store
from schema_guard.rejections.stored import lines_of

_SAID_ELSEWHERE = frozenset({"payload", "topic_id", "partition", "offset"})
#: Members of an object whose shapes are shown.
_MEMBERS = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """What a record is known by, everywhere."""

    topic_id: str
    partition: int
    offset: int


def show(
    settings: Settings, conn: Connection, name: str, record: Identity, *, payload: bool
) -> dict[str, Any]:
    """
    Return every rejection of a record, oldest first, with what became of each.

    Args:
        settings: Where the raw zone is: the payload of a large record is only there.
        conn: To the registry.
        name: Dataset.
        record: Its identity.
        payload: Whether the producer's value is told, or only what it looks like.

    Raises:
        UsageError: No rejected record has this identity.
        BrokenError: The object that alone holds the payload cannot be read.
    """
    place = {"topic_id": record.topic_id, "partition": record.partition, "offset": record.offset}
    rows = list(QUERIES.rejections_of(conn, dataset=name, **place))
    if not rows:
        raise UsageError(
            f"{name}: no rejected record is at topic id {record.topic_id},"
            f" partition {record.partition}, offset {record.offset}",
            not_done="Nothing was read but the registry.",
            next_command=f"tidegate rejected list {name}",
        )
    return {**place, "rejections": [_told(settings, name, row, payload=payload) for row in rows]}


def _told(settings: Settings, name: str, row: Mapping[str, Any], *, payload: bool) -> dict[str, Any]:
    told = {key: value for key, value in row.items() if key not in _SAID_ELSEWHERE}
    kept: bytes | None = row["payload"]
    if kept is None and payload and row["data_key"]:
        kept = _from_object(settings, name, row)
    told["payload_shape"] = "" if kept is None else redacted(kept)
    if payload:
        told["payload"] = None if kept is None else kept.decode("utf-8", "backslashreplace")
    return told


def _from_object(settings: Settings, name: str, row: Mapping[str, Any]) -> bytes | None:
    """Return a payload that was too large for the registry; None when no reader takes its line."""
    for record, _ in lines_of(Store(settings), name, row["data_key"]):
        if (record.partition, record.offset) == (row["partition"], row["offset"]):
            return record.payload
    return None


def redacted(payload: bytes) -> str:
    """
    Return what a payload looks like, never what it says.

    >>> redacted(b'{"id": 12, "city": "Ulm"}'), redacted(b'{"id": 12')
    ('{"id": number(2 digits), "city": "Aaa"}', '9 bytes, no JSON')
    """
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return f"{len(payload)} bytes, no JSON"
    if not isinstance(value, dict):
        return shape(value)
    shown = [f"{json.dumps(key)}: {shape(member)}" for key, member in list(value.items())[:_MEMBERS]]
    more = [f"and {len(value) - _MEMBERS} more"] if len(value) > _MEMBERS else []
    return f"{{{', '.join(shown + more)}}}"
