"""Which landed objects are judged together: whole links of the chains, oldest landing first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from schema_guard.chains import Chain, Hole, Link

#: A batch is closed before it exceeds either; one object alone may be larger.
MAX_BYTES = 256 << 20
MAX_OBJECTS = 1_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Objects that are judged in one transaction; the links of a partition follow each other."""

    links: tuple[Link, ...]

    @property
    def stored_bytes(self) -> int:
        """Size of the objects as stored."""
        return sum(link.manifest.bytes for link in self.links)


class Backlog:
    """
    What has landed and was not judged: the heads of all chains, oldest landing first.

    Attributes:
        holes: Chains that stand still because a manifest is missing.
    """

    def __init__(self, chains: Iterable[Chain]) -> None:
        self.holes: list[Hole] = []
        self._heads: list[tuple[tuple[object, ...], Link, Chain]] = []
        for chain in chains:
            self._advance(chain)

    def next_batch(self) -> Batch | None:
        """Return the next batch and move behind it; None when nothing waits."""
        links: list[Link] = []
        size = 0
        while self._heads and len(links) < MAX_OBJECTS:
            _, link, chain = self._heads[0]
            if links and size + link.manifest.bytes > MAX_BYTES:
                break
            heapq.heappop(self._heads)
            links.append(link)
            size += link.manifest.bytes
            self._advance(chain)
        return Batch(tuple(links)) if links else None

    def _advance(self, chain: Chain) -> None:
        match next(chain, None):
            case Link() as link:
                heapq.heappush(self._heads, (_order(link), link, chain))
            case Hole() as hole:
                self.holes.append(hole)
            case None:
                pass


def _order(link: Link) -> tuple[object, ...]:
    """Return a key that no two heads share, so that links themselves are never compared."""
    cursor = link.cursor
    return (link.manifest.landed_at, cursor.generation, cursor.partition)
