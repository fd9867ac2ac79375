"""The object store, as the guard uses it: list manifests, read them, stream and repair landed objects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any

import stamina
from botocore.exceptions import BotoCoreError, ClientError

from metastore_sync import object_store
from metastore_sync.settings import Settings
from schema_guard import errors, replacement

#: Looks for an object that was listed and is not there, before it counts as missing.
_LAST_LOOK = 5
#: Bytes read from the network at once.
_CHUNK = 1 << 20
#: Keys in one request to delete; more is refused.
_DELETED_AT_ONCE = 1000
#: How a store says that a conditional write came second.
_TAKEN = (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT)


@dataclass(frozen=True, slots=True)
class Stat:
    """What a listing tells of an object: its ETag without quotes, its stored size."""

    etag: str
    size: int


class _NotYetError(Exception):
    """A listed object cannot be read yet."""


class Store:
    """
    The raw bucket. One instance may serve several threads, never several processes.

    Raises:
        BrokenError: From every method, when the store is away or an object is missing.
    """

    def __init__(self, settings: Settings, client: Any = None) -> None:
        self._endpoint = settings.s3_endpoint
        self._bucket = settings.raw_bucket
        self._client = client or object_store.shared(settings)

    def folders(self, prefix: str) -> list[str]:
        """Return the names one level below `prefix`, which ends in a slash."""
        pages = self._pages(Prefix=prefix, Delimiter="/")
        found = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", ())]
        return sorted(name[len(prefix) : -1] for name in found)

    def keys(self, prefix: str, after: str) -> Iterator[str]:
        """Yield the keys below `prefix` that sort behind `after`, in order, page by page."""
        for page in self._pages(Prefix=prefix, StartAfter=after):
            yield from (entry["Key"] for entry in page.get("Contents", ()))

    def stats(self, prefix: str, after: str, upto: str) -> dict[str, Stat]:
        """Return what is stored below `prefix` behind `after` and not behind `upto`."""
        found: dict[str, Stat] = {}
        for page in self._pages(Prefix=prefix, StartAfter=after):
            for entry in page.get("Contents", ()):
                if entry["Key"] > upto:
                    return found
                found[entry["Key"]] = Stat(entry.get("ETag", "").strip('"'), int(entry["Size"]))
        return found

    def has(self, key: str) -> bool:
        """Return whether an object is stored under exactly this key."""
        return key in self.stats(key, key[:-1], key)

    def document(self, key: str) -> dict[str, Any]:
        """Return the JSON object under a key that was listed; some stores list a moment too soon."""
        looks = stamina.retry_context(
            on=_NotYetError, attempts=_LAST_LOOK, wait_initial=0.05, wait_max=0.5
        )
        for attempt in looks:
            with attempt:
                found = self.document_or_none(key)
                if found is None and attempt.num < _LAST_LOOK:
                    raise _NotYetError
        if found is None:
            raise errors.manifest_gone(key)
        return found

    def document_or_none(self, key: str) -> dict[str, Any] | None:
        """Return the JSON object stored under `key`; None when there is none."""
        with self._said(key):
            try:
                text = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None
        try:
            document: dict[str, Any] = json.loads(text)
        except (ValueError, RecursionError) as mistake:
            raise errors.manifest_unreadable(key, str(mistake)) from mistake
        return document

    def stream(self, key: str, *, sha256: str, size: int, dataset: str) -> Iterator[bytes]:
        """
        Yield the object's stored bytes; after the last one, check them against the manifest.

        An object that was landed again may be compressed otherwise than its manifest says; then the
        document of that replay vouches for its bytes.

        Raises:
            BrokenError: The object is missing, or its size or SHA-256 (hex) are not what was promised.
        """
        digest, length = hashlib.sha256(), 0
        for chunk in self.bytes_of(key, dataset=dataset):
            digest.update(chunk)
            length += len(chunk)
            yield chunk
        found = (length, digest.hexdigest())
        if found == (size, sha256):
            return
        again = replacement.read(self.document_or_none, key)
        if again and found == (again.size, again.sha256):
            return
        if length != size:
            raise errors.object_differs(dataset, key, "bytes", size, length)
        raise errors.object_differs(dataset, key, "sha256", sha256, digest.hexdigest())

    def bytes_of(self, key: str, *, dataset: str) -> Iterator[bytes]:
        """Yield an object's stored bytes, checked against nothing."""
        with self._said(key):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            except self._client.exceptions.NoSuchKey:
                raise errors.object_missing(dataset, key) from None
            yield from body.iter_chunks(_CHUNK)

    def sha256(self, key: str) -> str:
        """Return the SHA-256 of an object's stored bytes, in hex."""
        digest = hashlib.sha256()
        for chunk in self.bytes_of(key, dataset=key.partition("/")[0]):
            digest.update(chunk)
        return digest.hexdigest()

    def upload(self, key: str, file: IO[bytes], size: int) -> str:
        """Store a file's bytes under `key`, whatever was there; return the ETag without quotes."""
        with self._said(key):
            answer = self._client.put_object(
                Bucket=self._bucket, Key=key, Body=file, ContentLength=size
            )
        return str(answer["ETag"]).strip('"')

    def put_document(self, key: str, document: Mapping[str, Any], *, only_new: bool = False) -> bool:
        """Store a JSON object; with `only_new` return False when something is there already."""
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        condition = {"IfNoneMatch": "*"} if only_new else {}
        with self._said(key):
            try:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=body, **condition)
            except ClientError as refused:
                if refused.response["ResponseMetadata"]["HTTPStatusCode"] in _TAKEN:
                    return False
                raise
        return True

    def remove(self, keys: Sequence[str]) -> None:
        """Delete objects; one that is gone already counts as deleted."""
        for begin in range(0, len(keys), _DELETED_AT_ONCE):
            part = keys[begin : begin + _DELETED_AT_ONCE]
            wanted = {"Objects": [{"Key": key} for key in part], "Quiet": True}
            with self._said(part[0]):
                answer = self._client.delete_objects(Bucket=self._bucket, Delete=wanted)
            if refused := answer.get("Errors"):
                first = refused[0]
                raise errors.store_away(self._endpoint, first["Key"], f"{first['Code']}: not deleted")

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
