"""The object store, as the guard uses it: list manifests, read them, stream landed objects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from metastore_sync import object_store
from metastore_sync.settings import Settings
from schema_guard import errors

#: Bytes read from the network at once.
_CHUNK = 1 << 20


class Store:
    """
    The raw bucket. One instance may serve several threads, never several processes.

    Raises:
        BrokenError: From every method, when the store is away or an object is missing.
    """

    def __init__(self, settings: Settings) -> None:
        self._endpoint = settings.s3_endpoint
        self._bucket = settings.raw_bucket
        self._client = object_store.client(settings)

    def folders(self, prefix: str) -> list[str]:
        """Return the names one level below `prefix`, which ends in a slash."""
        pages = self._pages(Prefix=prefix, Delimiter="/")
        found = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", ())]
        return sorted(name[len(prefix) : -1] for name in found)

    def keys(self, prefix: str, after: str) -> Iterator[str]:
        """Yield the keys below `prefix` that sort behind `after`, in order, page by page."""
        for page in self._pages(Prefix=prefix, StartAfter=after):
            yield from (entry["Key"] for entry in page.get("Contents", ()))

    def document(self, key: str) -> dict[str, Any]:
        """Return the JSON object stored under `key`."""
        with self._said(key):
            text = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            document: dict[str, Any] = json.loads(text)
        except ValueError as mistake:
            raise errors.manifest_unreadable(key, str(mistake)) from mistake
        return document

    def stream(self, key: str, *, sha256: str, size: int) -> Iterator[bytes]:
        """
        Yield the object's stored bytes; after the last one, check them against the manifest.

        Raises:
            BrokenError: Size or SHA-256 (hex) are not what the manifest promised.
        """
        digest, length = hashlib.sha256(), 0
        with self._said(key):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            for chunk in body.iter_chunks(_CHUNK):
                digest.update(chunk)
                length += len(chunk)
                yield chunk
        if length != size:
            raise errors.object_differs(key, "bytes", size, length)
        if digest.hexdigest() != sha256:
            raise errors.object_differs(key, "sha256", sha256, digest.hexdigest())

    def _pages(self, **request: str) -> Iterator[dict[str, Any]]:
        with self._said(request["Prefix"]):
            paginator = self._client.get_paginator("list_objects_v2")
            yield from paginator.paginate(Bucket=self._bucket, **request)

    @contextmanager
    def _said(self, key: str) -> Iterator[None]:
        """Turn the client library's errors into one a person can act on."""
        try:
            yield
        except (BotoCoreError, ClientError) as mistake:
            raise errors.store_away(self._endpoint, key, str(mistake)) from mistake
