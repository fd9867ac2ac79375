"""
What another sink has written of a topic: listed from where it was read, as far as the layout allows.

A folder of one partition whose keys sort by offset is listed from there on. Everything else is listed
whole each time, and `Listing.is_whole` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from metastore_sync import object_store
from metastore_sync.errors import BrokenError
from metastore_sync.layout import Landing
from metastore_sync.layout_names import Kind, Name, Names, names_of
from metastore_sync.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One object of a topic; `etag` and `modified` (UTC) are the store's."""

    key: str
    partition: int
    start: int
    etag: str
    size: int
    modified: datetime

    @property
    def place(self) -> tuple[int, str]:
        """Sorts a partition's objects by first offset; the key tells apart those that share it."""
        return (self.start, self.key)


@dataclass(frozen=True, slots=True)
class Refused:
    """An object of the topic in a format that is not read, and why not."""

    key: str
    partition: int
    start: int
    why: str


@dataclass(slots=True)
class Listing:
    """
    What is there.

    Attributes:
        objects: Partition → its objects in the order of their offsets.
        refused: Objects of the topic that are not read.
        siblings: Files of keys and headers.
        others: Objects below the prefix that are nothing of this topic's.
        is_whole: Whether everything was listed, what had been read before included.
        is_cut: Whether there is more than was asked for.
    """

    objects: dict[int, list[Listed]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    siblings: int = 0
    others: int = 0
    is_whole: bool = False
    is_cut: bool = False

    def add(self, entry: Mapping[str, Any], name: Name) -> None:
        """Count one key in."""
        match name.kind:
            case Kind.SIBLING:
                self.siblings += 1
            case Kind.OTHER:
                self.others += 1
            case Kind.REFUSED:
                self.refused.append(Refused(entry["Key"], name.partition, name.start, name.why))
            case Kind.RECORDS:
                listed = Listed(
                    key=entry["Key"],
                    partition=name.partition,
                    start=name.start,
                    etag=entry["ETag"].strip('"'),
                    size=entry["Size"],
                    modified=entry["LastModified"],
                )
                self.objects.setdefault(name.partition, []).append(listed)


def bucket_of(settings: Settings, landing: Landing) -> str:
    """Return the bucket that the other sink writes to."""
    return landing.bucket or settings.raw_bucket


def list_objects(
    settings: Settings,
    landing: Landing,
    topic: str,
    read_from: Mapping[int, int] | None = None,
    *,
    most: int | None = None,
) -> Listing:
    """
    List a topic's objects.

    Args:
        settings: Where the store is.
        landing: A layout that is not Tidegate's own.
        topic: Kafka topic.
        read_from: Partition → offset below which nothing needs to be listed again.
        most: Look at no more objects than that.

    Raises:
        BrokenError: The store is away, or the bucket cannot be listed.
    """
    bucket = bucket_of(settings, landing)
    names = names_of(landing, topic)
    pages = _Pages(object_store.client(settings, read_seconds=30.0), bucket)
    listing = Listing()
    try:
        for number, entry in enumerate(_entries(pages, names, read_from or {}, listing)):
            if number == most:
                listing.is_cut = True
                break
            listing.add(entry, names.read(entry["Key"]))
    except (BotoCoreError, ClientError) as error:
        raise BrokenError(
            f"{topic}: bucket {bucket} cannot be listed",
            where=f"{settings.s3_endpoint or 'AWS S3'}, {bucket}/{names.root}: {error}",
            not_done="Nothing was read.",
            next_command="tidegate doctor",
        ) from error
    for objects in listing.objects.values():
        objects.sort(key=lambda listed: listed.place)
    return listing


class _Pages:
    """The bucket, page by page."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._bucket = bucket
        self._paginator = client.get_paginator("list_objects_v2")

    def entries(self, **request: str) -> Iterator[Mapping[str, Any]]:
        """Yield the objects of a listing."""
        for page in self._paginator.paginate(Bucket=self._bucket, **request):
            yield from page.get("Contents", ())

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names one level below a prefix."""
        for page in self._paginator.paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/"):
            for entry in page.get("CommonPrefixes", ()):
                yield entry["Prefix"].removeprefix(prefix).rstrip("/")


def _entries(
    pages: _Pages, names: Names, read_from: Mapping[int, int], listing: Listing
) -> Iterator[Mapping[str, Any]]:
    folders = list(pages.folders(names.root)) if names.root.endswith("/") else []
    known = {folder: names.partition_of(folder) for folder in folders}
    # A folder that says nothing of partitions: later objects may sort before earlier ones.
    listing.is_whole = not known or None in known.values()
    if not any(partition is not None for partition in known.values()):
        yield from pages.entries(Prefix=names.root)
        return
    for folder, partition in known.items():
        after = None
        if partition is not None and partition in read_from:
            after = names.before(folder, partition, read_from[partition])
        place = {"StartAfter": after} if after else {}
        yield from pages.entries(Prefix=f"{names.root}{folder}/", **place)
