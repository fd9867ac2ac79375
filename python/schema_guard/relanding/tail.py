"""
How far a partition has been re-landed, and from which objects: what the next listing is compared with.

The manifests say it; a note beside them, written last, spares reading all of them. A note that was lost or
lags behind costs reading the manifests behind it, never a record.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from metastore_sync.layout_listing import Listed
from schema_guard.chains import manifest_keys
from schema_guard.edges.relanding import RelandingStore
from schema_guard.edges.s3 import Store
from schema_guard.manifests import folder_of

#: Objects per partition whose etags are remembered: a rewrite of an older one is not noticed.
REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Chain:
    """One partition's chain of manifests, under the id that stands for the topic's."""

    topic: str
    topic_id: str
    partition: int

    @property
    def folder(self) -> str:
        """The prefix of its manifests."""
        return folder_of(self.topic, self.topic_id, self.partition)

    def note(self, kind: str) -> str:
        """Return the key of a note beside the manifests, `_tail` or `_sources`."""
        return f"{self.topic}/_manifest/{self.topic_id}/{kind}/{self.partition}.json"


@dataclass(slots=True)
class Tail:
    """
    The end of a chain.

    Attributes:
        expected: Name of the newest manifest; None before the first.
        next_offset: The offset that the next manifest expects.
        start: Where the chain began; offsets below were never there.
        sources: Key → (etag, first offset) of the objects read to their end, oldest first.
        unfinished: Key and etag of the object that a killed run had begun; empty otherwise.
        duplicates: Records that another object had brought already, over the whole time.
        read_from: The first offset of the oldest object that is remembered; 0 while all are.
    """

    expected: int | None = None
    next_offset: int = 0
    start: int = 0
    sources: dict[str, tuple[str, int]] = field(default_factory=dict)
    unfinished: tuple[str, str] = ("", "")
    duplicates: int = 0
    read_from: int = 0

    def remember(self, key: str, etag: str, start: int) -> None:
        """Keep an object that was read to its end; forget the oldest beyond `REMEMBERED`."""
        self.sources.pop(key, None)
        self.sources[key] = (etag, start)
        while len(self.sources) > REMEMBERED:
            del self.sources[next(iter(self.sources))]
        if len(self.sources) == REMEMBERED:
            self.read_from = min(start for _, start in self.sources.values())

    def is_known(self, listed: Listed) -> bool:
        """Return whether an object was read as it is now, or is older than what is remembered."""
        etag, _ = self.sources.get(listed.key, ("", 0))
        return etag == listed.etag or listed.start < self.read_from

    def follow(self, manifest: dict[str, Any]) -> None:
        """Move behind the next manifest of the chain."""
        source = manifest["source"]
        self.expected = int(manifest["expected_offset"])
        self.next_offset = int(manifest["last_offset"]) + 1
        self.start = int(manifest["chain_start_offset"])
        self.unfinished = ("", "")
        if source["is_complete"]:
            self.remember(source["key"], source["etag"], int(source["first_offset"]))
        else:
            self.unfinished = (source["key"], source["etag"])


def read(store: RelandingStore, raw: Store, chain: Chain) -> Tail:
    """Return a chain's end: the note's, then every manifest that was committed after it."""
    noted = store.document(chain.note("_sources"))
    tail = Tail()
    if noted is not None:
        tail.expected, tail.next_offset = int(noted["expected_offset"]), int(noted["next_offset"])
        tail.start, tail.duplicates = int(noted["chain_start_offset"]), int(noted["duplicates"])
        for key, etag, start in noted["sources"]:
            tail.remember(key, etag, int(start))
    behind = chain.folder if tail.expected is None else f"{chain.folder}{tail.expected:020d}.json"
    for key in manifest_keys(raw, chain.folder, behind):
        tail.follow(raw.document(key))
    return tail


def write(store: RelandingStore, chain: Chain, tail: Tail) -> None:
    """Write the notes: for the next run, and for whoever asks how far the topic has landed."""
    if tail.expected is None:
        return
    noted = {
        "expected_offset": tail.expected,
        "next_offset": tail.next_offset,
        "chain_start_offset": tail.start,
        "duplicates": tail.duplicates,
        "sources": [[key, etag, start] for key, (etag, start) in tail.sources.items()],
    }
    store.put(chain.note("_tail"), json.dumps({"expected_offset": tail.expected}).encode())
    store.put(chain.note("_sources"), json.dumps(noted).encode())
