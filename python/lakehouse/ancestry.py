"""Which snapshots of a table must stay, whatever their age: what positions, readers and branches rest on."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse import spark
from lakehouse.spark_sql import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """
    One commit.

    Attributes:
        parent_id: The commit it was made on, which may be gone.
        committed_at: UTC, as Spark prints it.
        position: How far its commit says the table is: a batch, or in gold a snapshot of the table followed.
        is_head: Whether main points at it.
        is_branched: Whether another branch or a tag does.
    """

    snapshot_id: int
    parent_id: int | None
    committed_at: str
    position: str | None = None
    is_head: bool = False
    is_branched: bool = False


def read(lake: spark.Session, table: str) -> list[Snapshot]:
    """Return every snapshot of a table."""
    return [Snapshot(**row) for row in lake.rows(statement("ancestry", table=table))]


def expire_before(snapshots: Sequence[Snapshot], limit: str, followed: Container[int] = ()) -> str:
    """
    Return the commit time before which every snapshot may go: the limit, or earlier.

    Args:
        snapshots: All of a table.
        limit: A moment as Spark prints it; what main was at or after it stays.
        followed: Snapshots that tables of gold stand on.

    A table's position is what the newest such commit among main's ancestors names; commits of maintenance
    name nothing, so that one may be old. A query reads what main was when it began, however long ago that was
    committed. All between those and the head stay: ancestors are found through their children, and clocks of
    two writers may differ, so a child may look older.

    >>> def at(number, second, position=None):
    ...     return Snapshot(snapshot_id=number, parent_id=number - 1, committed_at=f"12:00:0{second}",
    ...                     position=position, is_head=number == 4)
    >>> line = [at(1, 1, "1"), at(2, 3, "2"), at(3, 2), at(4, 5)]
    >>> expire_before(line, "12:00:09"), expire_before(line, "12:00:01"), expire_before(line, "12:00:09", {1})
    ('12:00:02', '12:00:01', '12:00:01')
    >>> expire_before([at(3, 2), at(4, 8)], "12:00:09"), expire_before([at(3, 2), at(4, 8)], "12:00:04")
    ('12:00:08', '12:00:02')
    """
    known = {snapshot.snapshot_id: snapshot for snapshot in snapshots}
    line = list(_ancestors(known, next((one for one in snapshots if one.is_head), None)))
    needed = [one for one in (_newest_naming(line), _current_at(limit, line, snapshots)) if one]
    needed += [one for one in line if one.snapshot_id in followed]
    reach = max((line.index(one) for one in needed if one in line), default=-1)
    stay = [*line[: reach + 1], *(one for one in needed if one not in line)]
    for branch in (one for one in snapshots if one.is_branched):
        stay += [one for one in _ancestors(known, branch) if one not in line]
    return min([limit, *(one.committed_at for one in stay)])


def _newest_naming(line: Sequence[Snapshot]) -> Snapshot | None:
    naming = [one for one in line if one.position is not None]
    return max(naming, key=lambda one: one.committed_at, default=None)


def _current_at(limit: str, line: Sequence[Snapshot], snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """Return what main was at a moment; of a table that was replaced since, what was committed last."""
    for lineage in (line, snapshots):
        before = [one for one in lineage if one.committed_at <= limit]
        if before:
            return max(before, key=lambda one: one.committed_at)
    return None


def _ancestors(known: Mapping[int, Snapshot], head: Snapshot | None) -> Iterator[Snapshot]:
    """Yield a snapshot and what it goes back to, newest first."""
    at = head
    while at is not None:
        yield at
        at = known.get(at.parent_id) if at.parent_id is not None else None
