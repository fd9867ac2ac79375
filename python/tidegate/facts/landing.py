"""What landed and was not judged: read the way the guard reads it, as far as needed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from metastore_sync.landed import landed_offsets
from metastore_sync.settings import Settings
from schema_guard.chains import Chain, Cursor, Hole, open_chains
from schema_guard.edges.s3 import Store
from tidegate.facts.model import LandingFact

#: Manifests looked at per partition; of a longer backlog the count is a lower bound.
MOST = 64


def read(settings: Settings, topic: str, cursors: Sequence[Cursor]) -> LandingFact:
    """
    Look at what landed behind the cursors of one topic.

    Raises:
        BrokenError: The store is away, or a manifest cannot be read.
    """
    waiting, times, hole = 0, list[datetime](), ""
    for chain in open_chains(Store(settings), topic, cursors):
        count, landed, broken = _follow(chain)
        waiting += count
        times += landed
        hole = hole or broken
    return LandingFact(
        offsets=landed_offsets(settings, topic),
        waiting=waiting,
        waiting_since=min(times, default=None),
        newest=max(times, default=None),
        hole=hole,
    )


def _follow(chain: Chain) -> tuple[int, list[datetime], str]:
    count, times = 0, list[datetime]()
    for link in islice(chain, MOST):
        if isinstance(link, Hole):
            place = f"partition {link.cursor.partition}, offset {link.cursor.next_offset}"
            return count, times, f"the manifest of {place} is missing"
        count += link.manifest.record_count
        times.append(link.manifest.landed_at)
    return count, times, ""
