"""
The document of an object that was landed again under its own key.

Two compressors seldom write the same gzip bytes, and a manifest never changes. So a replay whose bytes
differ from the manifest leaves `<topic>/_manifest/<topic id>/_replay/<name of the object>.json` beside the
chain: what is stored now, who landed it again, and that the lines inside were compared with the manifest.
Readers ask for it only when an object is not what its manifest says; it costs nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: The version of the document that this module reads and writes.
VERSION = 1
_DATA_KEY = re.compile(
    r"(?P<folder>(?:.+/)?[^/]+)/date=[0-9-]{10}/"
    r"(?P<name>[^/]+[+](?P<topic_id>[0-9a-f]{8})[+](?P<partition>[0-9]{5,})[+](?P<first>[0-9]{20})[+][^/]+)"
)


@dataclass(frozen=True, slots=True)
class DataName:
    """What the key of a landed object tells: where it stands in which chain."""

    folder: str
    name: str
    topic_id: str
    partition: int
    first_offset: int


def parse(data_key: str) -> DataName | None:
    """
    Return what a data key tells; None when it is not one of the sink's.

    >>> parse("t/date=2026-11-21/t+0a1b2c3d+00003+00000000000000000100+9ab3c41d.jsonl.gz").first_offset
    100
    """
    found = _DATA_KEY.fullmatch(data_key)
    if found is None:
        return None
    return DataName(
        folder=found["folder"],
        name=found["name"],
        topic_id=found["topic_id"],
        partition=int(found["partition"]),
        first_offset=int(found["first"]),
    )


def key_of(data_key: str) -> str | None:
    """Return where the document of an object is kept; None when the key is not one of the sink's."""
    known = parse(data_key)
    return f"{known.folder}/_manifest/{known.topic_id}/_replay/{known.name}.json" if known else None


@dataclass(frozen=True, slots=True)
class Stored:
    """What a replay stored: size in bytes, SHA-256 in hex, the store's ETag without quotes."""

    size: int
    sha256: str
    etag: str


def read(get: Callable[[str], Mapping[str, Any] | None], data_key: str) -> Stored | None:
    """
    Return what a replay stored under a data key; None when the object never was landed again.

    Args:
        get: Gives the JSON object under a key, None when there is none.
        data_key: A landed object.
    """
    key = key_of(data_key)
    document = get(key) if key else None
    if document is None or document.get("replay_version") != VERSION:
        return None
    return Stored(int(document["bytes"]), str(document["sha256"]), str(document["etag"]))


def document(
    manifest_key: str, data_key: str, stored: Stored, *, at: str, actor: str, why: str
) -> dict[str, Any]:
    """Return the document of an object that was landed again; `at` is UTC in ISO 8601."""
    return {
        "replay_version": VERSION,
        "manifest_key": manifest_key,
        "data_key": data_key,
        "bytes": stored.size,
        "sha256": stored.sha256,
        "etag": stored.etag,
        "replayed_at": at,
        "actor": actor,
        "why": why,
    }
