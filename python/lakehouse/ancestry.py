"""Which snapshots of a table must stay, whatever their age: those that tell how far the table is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One commit; `committed_at` is UTC as Spark prints it, `batch_id` the batch it names, if any."""

    snapshot_id: int
    parent_id: int | None
    committed_at: str
    batch_id: str | None
    is_head: bool


def oldest_needed(snapshots: Iterable[Snapshot]) -> str | None:
    """
    Return the oldest commit time that an expiry has to spare; None when no batch is named.

    A table's position is the batch named by the newest such commit among main's ancestors. Commits of
    maintenance name none, so that one may be old. It and all between it and the head must stay: ancestors are
    found through their children, and clocks of two writers may differ, so a child may look older.

    >>> def at(number, second, batch=None):
    ...     return Snapshot(snapshot_id=number, parent_id=number - 1, committed_at=f"12:00:0{second}",
    ...                     batch_id=batch, is_head=number == 4)
    >>> oldest_needed([at(1, 1, "1"), at(2, 3, "2"), at(3, 2), at(4, 5)])
    '12:00:02'
    >>> oldest_needed([at(4, 5)]) is None
    True
    """
    line = list(_ancestors(snapshots))
    carriers = [snapshot for snapshot in line if snapshot.batch_id is not None]
    if not carriers:
        return None
    position = max(carriers, key=lambda snapshot: snapshot.committed_at)
    return min(snapshot.committed_at for snapshot in line[: line.index(position) + 1])


def _ancestors(snapshots: Iterable[Snapshot]) -> Iterator[Snapshot]:
    """Yield the head of main and what it goes back to, newest first."""
    known = {snapshot.snapshot_id: snapshot for snapshot in snapshots}
    at = next((snapshot for snapshot in known.values() if snapshot.is_head), None)
    while at is not None:
        yield at
        at = known.get(at.parent_id) if at.parent_id is not None else None
