"""How far a topic has landed, read from the newest manifest of each partition."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from metastore_sync import object_store
from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest manifest of one partition, whole, and what is asked of it most."""

    partition: int
    next_offset: int
    landed_at: str
    manifest: Mapping[str, Any]


def landed_offsets(settings: Settings, topic: str) -> dict[int, int]:
    """
    Return, per partition of the newest topic id, the offset after the last one that has landed.

    Raises:
        BrokenError: The store is away.
    """
    return {tail.partition: tail.next_offset for tail in tails(settings, topic)}


def tails(settings: Settings, topic: str, client: Any = None) -> list[Tail]:
    """
    Return the newest manifest of each partition of the newest topic id.

    Args:
        settings: Where the store is.
        topic: Kafka topic.
        client: An S3 client to use; making one takes longer than asking.

    Raises:
        BrokenError: The store is away.
    """
    with _said(settings, topic):
        bucket = _Bucket(settings, client)
        root = f"{topic}/_manifest/"
        generations = [list(_tails(bucket, f"{root}{id_}/")) for id_ in bucket.folders(root)]
    # Topic ids are drawn at random: only the times of their manifests tell which is the newest.
    landed = [found for found in generations if found]
    return max(landed, key=lambda found: max(t.landed_at for t in found), default=[])


def landed_of(settings: Settings, topic: str, topic_id: str) -> dict[int, int]:
    """
    Return, per partition of one topic id, the offset after the last one that has landed.

    Raises:
        BrokenError: The store is away.
    """
    with _said(settings, topic):
        found = _tails(_Bucket(settings), f"{topic}/_manifest/{topic_id}/")
        return {tail.partition: tail.next_offset for tail in found}


@contextmanager
def _said(settings: Settings, topic: str) -> Iterator[None]:
    """Turn the client library's errors into one a person can act on."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise BrokenError(
            f"{topic}: the object store does not answer",
            where=f"{settings.s3_endpoint or 'AWS S3'}, bucket {settings.raw_bucket}: {error}",
            not_done="Nothing was read.",
            next_command="tidegate doctor",
        ) from error


class _Bucket:
    """The raw bucket, as far as manifests go."""

    def __init__(self, settings: Settings, client: Any = None) -> None:
        self._name = settings.raw_bucket
        self._client = client or object_store.client(settings, read_seconds=30.0)

    def folders(self, prefix: str) -> list[str]:
        """Return the names one level below a prefix."""
        pages = self._pages(Prefix=prefix, Delimiter="/")
        found = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", ())]
        return [name.removeprefix(prefix).rstrip("/") for name in found]

    def last_key(self, prefix: str, after: str) -> str | None:
        """Return the greatest key below a prefix that sorts behind `after`."""
        last = None
        for page in self._pages(Prefix=prefix, StartAfter=after):
            for entry in page.get("Contents", ()):
                last = entry["Key"]
        return last

    def document(self, key: str) -> dict[str, Any] | None:
        """Return the JSON object under a key; none when there is none."""
        try:
            body = self._client.get_object(Bucket=self._name, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        document: dict[str, Any] = json.loads(body)
        return document

    def _pages(self, **request: str) -> Iterator[dict[str, Any]]:
        paginator = self._client.get_paginator("list_objects_v2")
        yield from paginator.paginate(Bucket=self._name, **request)


def _tails(bucket: _Bucket, generation: str) -> Iterator[Tail]:
    for name in bucket.folders(generation):
        # Folders beside the partitions (_tail, _start) hold no manifests.
        if name.isdecimal() and (tail := _tail(bucket, generation, name)):
            yield tail


def _tail(bucket: _Bucket, generation: str, partition: str) -> Tail | None:
    folder = f"{generation}{partition}/"
    hint = bucket.document(f"{generation}_tail/{partition}.json") or {}
    # The hint may lag behind, never lead; one key before it, so that it is listed itself.
    after = f"{folder}{hint['expected_offset']:020d}" if "expected_offset" in hint else folder
    key = bucket.last_key(folder, after) or bucket.last_key(folder, folder)
    manifest = bucket.document(key) if key else None
    if manifest is None:
        return None
    next_offset = int(manifest["last_offset"]) + 1
    return Tail(int(partition), next_offset, str(manifest["landed_at"]), manifest)
