"""The object store as re-landing uses it: another sink's bucket to read, the raw bucket to commit in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from metastore_sync import object_store
from metastore_sync.layout_listing import Listed
from metastore_sync.settings import Settings
from schema_guard import errors, layout_errors

_CHUNK = 1 << 20
#: What stores answer when a condition of a request does not hold.
_REFUSED = (409, 412)


class RelandingStore:
    """
    Both buckets.

    Raises:
        BrokenError: From every method, when the store is away or an object is missing.
    """

    def __init__(self, settings: Settings, origin: str) -> None:
        self._endpoint = settings.s3_endpoint
        self._raw = settings.raw_bucket
        self._origin = origin
        self._client = object_store.shared(settings)

    def origin(self, listed: Listed) -> Iterator[bytes]:
        """
        Yield the stored bytes of the very object that was listed.

        Raises:
            BrokenError: It was written again meanwhile.
        """
        with self._said(listed.key):
            try:
                found = self._client.get_object(
                    Bucket=self._origin, Key=listed.key, IfMatch=f'"{listed.etag}"'
                )
            except ClientError as error:
                if _status(error) in _REFUSED:
                    raise layout_errors.changed_meanwhile(listed.key) from error
                raise
            yield from found["Body"].iter_chunks(_CHUNK)

    def document(self, key: str) -> dict[str, Any] | None:
        """Return a JSON object of the raw bucket; None when there is none."""
        with self._said(key):
            try:
                text = self._client.get_object(Bucket=self._raw, Key=key)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None
        document: dict[str, Any] = json.loads(text)
        return document

    def put(self, key: str, body: bytes | IO[bytes]) -> str:
        """Store an object in the raw bucket and return its etag."""
        with self._said(key):
            return str(self._client.put_object(Bucket=self._raw, Key=key, Body=body)["ETag"]).strip('"')

    def put_if_absent(self, key: str, body: bytes) -> bool:
        """Store an object in the raw bucket unless one has this key; return whether it was stored."""
        with self._said(key):
            try:
                self._client.put_object(Bucket=self._raw, Key=key, Body=body, IfNoneMatch="*")
            except ClientError as error:
                if _status(error) in _REFUSED:
                    return False
                raise
        return True

    @contextmanager
    def _said(self, key: str) -> Iterator[None]:
        """Turn the client library's errors into one a person can act on."""
        try:
            yield
        except (BotoCoreError, ClientError) as mistake:
            raise errors.store_away(self._endpoint, key, str(mistake)) from mistake


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
