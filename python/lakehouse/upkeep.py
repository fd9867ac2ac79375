"""The upkeep of one table: compaction, expiry of snapshots, removal of files that nothing uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import stamina

from lakehouse import ancestry, compaction, spark
from lakehouse.keep import Keep
from lakehouse.spark_sql import statement
from metastore_sync.errors import BrokenError

#: A file younger than this may belong to a write that has not committed yet. Iceberg refuses less than a day.
ORPHAN_AGE = timedelta(days=3)
#: How often a statement is tried against somebody who commits at the same time.
TRIES = 3
#: How Iceberg says so; nothing of the loser was written.
_CONFLICTS = ("ValidationException", "CommitFailedException")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    What a table consists of; sizes in bytes.

    Attributes:
        data_files: Files of its rows as they are now; `delete_files` take rows away from them.
        bytes: Size of both.
        snapshots: States that can be read.
        stored_files: Files of all these states together; `stored_bytes` their size.
    """

    data_files: int
    delete_files: int
    bytes: int
    snapshots: int
    stored_files: int
    stored_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """
    What was done for a table; of a dry run, what would be (compaction: the files it would look at).

    Attributes:
        rewritten: Files that compaction replaced.
        expired: Snapshots removed.
        orphans: Files removed that no snapshot used.
        skipped: What was left for the next time, and why.
    """

    table: str
    before: Figures
    after: Figures
    rewritten: int = 0
    expired: int = 0
    orphans: int = 0
    skipped: tuple[str, ...] = ()


@dataclass(slots=True)
class Tender:
    """
    Does the upkeep of tables, one after the other.

    Attributes:
        lake: Session of its own; statements that commit are tried again when they lose against a load.
        keep: Retention in force.
        now: The moment that ages are counted from, UTC.
        followed: Snapshots that tables of gold stand on; they stay.
        dry_run: Look only.
    """

    lake: spark.Session
    keep: Keep
    now: datetime
    followed: frozenset[int] = frozenset()
    dry_run: bool = False
    _skipped: list[str] = field(default_factory=list)

    def bronze(self, table: str, proven_upto: int) -> Upkeep:
        """Keep up a bronze table, whose batches up to one are proven."""
        waiting = compaction.bronze_waiting(self.lake, table, proven_upto) if proven_upto else 0
        act = lambda: compaction.compact_bronze(self.lake, table, proven_upto, self._commit)  # noqa: E731
        return self._table(table, waiting, act if proven_upto else lambda: 0)

    def other(self, table: str) -> Upkeep:
        """Keep up a table of silver or gold."""
        held = self.figures(table)
        act = lambda: compaction.compact(table, held.delete_files, self._commit)  # noqa: E731
        return self._table(table, held.data_files + held.delete_files, act)

    def figures(self, table: str) -> Figures:
        """Return what a table consists of."""
        self.lake.rows(f"refresh table {table}")
        [row] = self.lake.rows(statement("figures", table=table))
        return Figures(**row)

    def _table(self, table: str, candidates: int, act: Callable[[], int]) -> Upkeep:
        self._skipped = []
        before = self.figures(table)
        rewritten = candidates if self.dry_run else self._try(table, "compaction", act)
        expired = self._try(table, "expiry of snapshots", lambda: self._expire(table))
        orphans = self._try(table, "removal of orphans", lambda: self._remove_orphans(table))
        done = Upkeep(table=table, before=before, after=before, rewritten=rewritten, expired=expired)
        after = before if self.dry_run else self.figures(table)
        return replace(done, after=after, orphans=orphans, skipped=tuple(self._skipped))

    def _expire(self, table: str) -> int:
        """Remove snapshots that are too old, but none that a position, a reader or a branch rests on."""
        if self.keep.snapshot_days is None:
            return 0
        self.lake.rows(f"refresh table {table}")
        limit = _text(self.now - timedelta(days=self.keep.snapshot_days))
        before = ancestry.expire_before(ancestry.read(self.lake, table), limit, self.followed)
        [counted] = self.lake.rows(statement("expirable", table=table, before=before))
        if counted["snapshots"] and not self.dry_run:
            self._commit(statement("expire", table=table, before=before))
        return int(counted["snapshots"])

    def _remove_orphans(self, table: str) -> int:
        before = _text(min(self.now, datetime.now(self.now.tzinfo)) - ORPHAN_AGE)
        found = self.lake.rows(statement("orphans", table=table, before=before, dry_run=self.dry_run))
        return len(found)

    def _try(self, table: str, what: str, act: Callable[[], int]) -> int:
        """Do one thing; leave it for the next time when a load was faster each time."""
        try:
            return act()
        except BrokenError as error:
            if not is_conflict(error):
                raise
            self._skipped.append(f"{table}: {what} met a load each time; the next run does it")
            return 0

    def _commit(self, sql: str) -> list[dict[str, Any]]:
        again = stamina.retry(on=is_conflict, attempts=TRIES, wait_initial=0.5, timeout=None)
        return again(self.lake.rows)(sql)


def is_conflict(error: Exception) -> bool:
    """Return whether a statement lost against somebody who committed first."""
    return isinstance(error, BrokenError) and any(word in error.render() for word in _CONFLICTS)


def _text(moment: datetime) -> str:
    """Return a moment as Spark prints one, so that texts compare as moments."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"
