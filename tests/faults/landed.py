"""What landed, as manifests tell it: read with nothing of the product but its store client."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from metastore_sync import object_store
from metastore_sync.settings import Settings
from tests.faults.prints import Print, digest

_MANIFEST = re.compile(r"/_manifest/(?P<id>[0-9a-f]{8})/(?P<partition>\d+)/\d{20}\.json$")


class Landed:
    """The raw zone of one topic."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._store = object_store.client(settings)
        self._bucket = settings.raw_bucket
        self._topic = topic
        self._manifests: dict[str, dict[str, Any]] = {}
        self._newest: dict[tuple[str, int], str] = {}

    def vouched(self, topic_id: str, partition: int) -> int:
        """Return the offset below which manifests vouch for everything; 0 when there is none."""
        folder = f"{self._topic}/_manifest/{topic_id}/{partition}/"
        chain = (topic_id, partition)
        for key in self._keys(folder, self._newest.get(chain, folder)):
            try:
                self._manifest(key)
            except self._store.exceptions.NoSuchKey:
                # The local store lists an object a moment before it can be read.
                break
            self._newest[chain] = key
        newest = self._newest.get(chain)
        return int(self._manifest(newest)["last_offset"]) + 1 if newest else 0

    def manifests(self) -> list[dict[str, Any]]:
        """Return every manifest of every topic id, chain by chain, as it is now."""
        root = f"{self._topic}/_manifest/"
        # Read anew: that none is ever written over is what a broken sink would break.
        return [json.loads(self._get(key)) for key in self._keys(root, root) if _MANIFEST.search(key)]

    def records(self) -> Counter[Print]:
        """Return every record of every object that a manifest names."""
        found: Counter[Print] = Counter()
        for manifest in self.manifests():
            lines = list(self.lines(manifest))
            assert len(lines) == manifest["record_count"], f"{manifest['data_key']}: {len(lines)} lines"
            found.update(_print(manifest["topic_id"], line) for line in lines)
        return found

    def broken_links(self) -> list[str]:
        """Return the manifests that do not begin where the one before them ended."""
        ends: dict[tuple[str, int], int] = {}
        broken = []
        for manifest in self.manifests():
            chain = (manifest["topic_id"], manifest["partition"])
            if manifest["expected_offset"] != ends.get(chain, 0):
                broken.append(f"{chain}: {ends.get(chain, 0)} → {manifest['expected_offset']}")
            ends[chain] = manifest["last_offset"] + 1
        return broken

    def rewritten(self) -> list[str]:
        """Return the manifests that do not say any more what they said when they were first seen."""
        seen = list(self._manifests.items())
        return [f"{key} was written over" for key, then in seen if json.loads(self._get(key)) != then]

    def lines(self, manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the record lines of one object, after checking its bytes against the manifest."""
        stored = self._get(manifest["data_key"])
        assert hashlib.sha256(stored).hexdigest() == manifest["sha256"], manifest["data_key"]
        text = gzip.decompress(stored) if manifest["compression"] == "gzip" else stored
        assert text.endswith(b"\n"), manifest["data_key"]
        yield from (json.loads(line) for line in text[:-1].split(b"\n"))

    def _manifest(self, key: str) -> dict[str, Any]:
        if key not in self._manifests:
            self._manifests[key] = json.loads(self._get(key))
        return self._manifests[key]

    def _get(self, key: str) -> bytes:
        body: bytes = self._store.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body

    def _keys(self, prefix: str, after: str) -> Iterator[str]:
        pages = self._store.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, StartAfter=after
        )
        yield from (entry["Key"] for page in pages for entry in page.get("Contents", ()))


def bytes_of(line: dict[str, Any], name: str) -> bytes | None:
    """Return the key or the value of a record line as the producer sent it."""
    encoded = line.get(f"{name}_base64")
    if encoded is not None:
        return base64.b64decode(encoded, validate=True)
    text = line[name]
    return None if text is None else str(text).encode()


def headers_of(line: dict[str, Any]) -> list[tuple[str, bytes | None]]:
    """Return the headers of a record line as the producer sent them."""
    return [(name, _header(*rest)) for name, *rest in line["headers"]]


def _header(text: str | None, encoded: str | None = None) -> bytes | None:
    if encoded is not None:
        return base64.b64decode(encoded, validate=True)
    return None if text is None else text.encode()


def _print(topic_id: str, line: dict[str, Any]) -> Print:
    place = (topic_id, line["partition"], line["offset"])
    return Print(*place, digest(bytes_of(line, "key")), digest(bytes_of(line, "value")))
