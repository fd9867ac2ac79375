"""What one drain has landed, read from the bucket alone: manifests first, then the objects they name."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from typing import Any

import msgspec

from bench.landing.tally import Tally, digest_of
from metastore_sync import object_store
from metastore_sync.errors import VerdictError
from metastore_sync.settings import Settings

#: Stores on a file system also list what is still being written, under names of their own.
_MANIFEST_NAME = re.compile(r".*/[0-9]{20}\.json")


class _Line(msgspec.Struct):
    """The fields of a record line that make up its identity and content."""

    partition: int
    offset: int
    value: str


class Chains:
    """
    The manifests of one topic under one prefix, as far as they have been seen.

    Every look lists only behind the last manifest it knows.
    """

    def __init__(self, settings: Settings, prefix: str, topic: str) -> None:
        self._client = object_store.client(settings)
        self._bucket = settings.raw_bucket
        self._root = f"{prefix}/{topic}/_manifest/"
        self._generation: str | None = None
        self._last: dict[int, str] = {}
        self._next: dict[int, int] = {}
        #: Key and SHA-256 of every object that a manifest names.
        self.objects: list[tuple[str, str]] = []

    def cover(self, ends: Sequence[int]) -> bool:
        """Return whether the manifests cover every partition up to its end offset."""
        self._generation = self._generation or self._find_generation()
        if self._generation is None:
            return False
        for partition, end in enumerate(ends):
            if self._next.get(partition, 0) < end:
                self._follow(self._generation, partition)
        return all(self._next.get(partition, 0) >= end for partition, end in enumerate(ends))

    def _find_generation(self) -> str | None:
        page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._root, Delimiter="/")
        folders = [entry["Prefix"] for entry in page.get("CommonPrefixes", ())]
        return folders[0] if folders else None

    def _follow(self, generation: str, partition: int) -> None:
        folder = f"{generation}{partition}/"
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=folder, StartAfter=self._last.get(partition, folder)
        )
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        for key in filter(_MANIFEST_NAME.fullmatch, keys):
            manifest = self._manifest(key)
            self.objects.append((manifest["data_key"], manifest["sha256"]))
            self._last[partition] = key
            self._next[partition] = int(manifest["last_offset"]) + 1

    def _manifest(self, key: str) -> dict[str, Any]:
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        manifest: dict[str, Any] = json.loads(body)
        return manifest


def tally(settings: Settings, objects: Sequence[tuple[str, str]]) -> Tally:
    """
    Return the tally of every record line in these objects; they are read on all cores.

    Args:
        settings: Where the bucket is.
        objects: Key and SHA-256 of each, as its manifest tells.

    Raises:
        VerdictError: An object is not the one that its manifest vouches for.
    """
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        parts = processes.map(_object_tally, [settings] * len(objects), objects)
        return sum(parts, Tally())


def _object_tally(settings: Settings, named: tuple[str, str]) -> Tally:
    key, hexadecimal = named
    stored = object_store.client(settings).get_object(Bucket=settings.raw_bucket, Key=key)
    body = stored["Body"].read()
    if sha256(body).hexdigest() != hexadecimal:
        raise VerdictError(f"{key} does not have the SHA-256 of its manifest")
    return lines_tally(gzip.decompress(body) if key.endswith(".gz") else body)


def lines_tally(lines: bytes) -> Tally:
    """
    Return the tally of an object's lines.

    Raises:
        VerdictError: A line is no record line, or the last one was cut off.
    """
    records = value_bytes = digest = 0
    decode = msgspec.json.Decoder(_Line).decode
    if lines and not lines.endswith(b"\n"):
        raise VerdictError("a landed object ends in the middle of a line")
    for line in lines.split(b"\n")[:-1]:
        try:
            record = decode(line)
        except msgspec.MsgspecError as error:
            raise VerdictError(f"a landed line is no record line: {error}") from error
        value = record.value.encode()
        records += 1
        value_bytes += len(value)
        digest += digest_of(record.partition, record.offset, value)
    return Tally(records, value_bytes) + Tally(digest=digest)


def remove(settings: Settings, prefix: str) -> None:
    """Remove everything below a prefix: a drain's objects are not needed once they are verified."""
    client = object_store.client(settings)
    for keys in _keys(client, settings.raw_bucket, f"{prefix}/"):
        client.delete_objects(
            Bucket=settings.raw_bucket, Delete={"Objects": [{"Key": key} for key in keys]}
        )


def _keys(client: Any, bucket: str, prefix: str) -> Iterator[list[str]]:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        if found := [entry["Key"] for entry in page.get("Contents", ())]:
            yield found
