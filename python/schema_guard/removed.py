"""
The document of what retention removed from one partition's chain.

The registry knows it too. But a registry may be lost, or come back from a backup made before; then only the
raw zone can tell an object that was removed from one that was lost. Manifests stay for ever, and
`<topic>/_manifest/<topic id>/_retention/<partition>.json` says up to where of the chain the objects are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schema_guard import replacement

#: The version of the document that this module reads and writes.
VERSION = 1

Get = Callable[[str], Mapping[str, Any] | None]


def key_of(topic: str, topic_id: str, partition: int) -> str:
    """Return where the document of a partition is kept."""
    return f"{topic}/_manifest/{topic_id}/_retention/{partition}.json"


def document(removed_before: int, *, at: str, actor: str) -> dict[str, Any]:
    """Return the document of a partition whose objects below an offset are gone; `at` is UTC in ISO 8601."""
    return {"retention_version": VERSION, "removed_before": removed_before, "at": at, "actor": actor}


def before(get: Get, topic: str, topic_id: str, partition: int) -> int:
    """Return the first offset whose object retention left; 0 when it removed none."""
    found = get(key_of(topic, topic_id, partition))
    return int(found["removed_before"]) if found and found.get("retention_version") == VERSION else 0


def is_removed(get: Get, data_key: str) -> bool:
    """Return whether retention removed a landed object, asked when it is not there."""
    name = replacement.parse(data_key)
    return name is not None and name.first_offset < before(get, name.folder, name.topic_id, name.partition)
