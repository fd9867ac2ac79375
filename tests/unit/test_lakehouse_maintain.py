"""What decides about maintenance without any part: retention settings, conflicts, the needed snapshots."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse import keep, upkeep
from lakehouse.ancestry import Snapshot, expire_before
from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.settings import Settings

HOME = Path("unused")


def test_what_nobody_asked_to_remove_is_kept_for_ever() -> None:
    assert keep.of(Settings(home=HOME), "orders") == keep.Keep(
        raw_days=None, rejected_days=None, snapshot_days=7
    )


@pytest.mark.parametrize("text", ["0", "orders=0", "-1", "soon", "7d", "Orders=3", "orders="])
def test_a_retention_that_cannot_be_read_stops_before_anything_is_done(text: str) -> None:
    with pytest.raises(UsageError, match="TIDEGATE_KEEP_RAW_DAYS"):
        keep.of(Settings(home=HOME, keep_raw_days=text), "orders")


@pytest.mark.parametrize(
    ("said", "is_lost"),
    [
        ("org.apache.iceberg.exceptions.ValidationException: Missing required files to delete", True),
        ("CommitFailedException: Cannot commit", True),
        ("TABLE_OR_VIEW_NOT_FOUND", False),
    ],
)
def test_only_a_lost_race_is_tried_again(said: str, is_lost: bool) -> None:  # noqa: FBT001 - a case's answer
    assert upkeep.is_conflict(BrokenError("Spark did not run a statement", where=said)) is is_lost


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=12), st.integers(0, 9))
def test_after_an_expiry_the_table_is_as_far_as_before(commits: list[tuple[int, bool]], limit: int) -> None:
    """Commits in a line, by any clocks, some naming a batch: what the position rests on stays."""
    line = [
        commit(n, second, position=str(n) if names else None, is_head=n == len(commits) - 1)
        for n, (second, names) in enumerate(commits)
    ]

    assert _position(expired(line, f"12:00:{limit:02d}")) == _position(line)


#: What main was, by the second of its commit; which of that an expiry keeps whose limit is second 10.
LINES: dict[str, tuple[list[int], list[int]]] = {
    "what a query that began at the limit reads was committed long before": ([1, 3, 12], [3, 12]),
    "what was committed at the limit is what main was at it": ([1, 10, 12], [10, 12]),
    "a table that rests keeps its only state": ([1, 3], [3]),
    "all of it is young": ([11, 12], [11, 12]),
}


@pytest.mark.parametrize("why", LINES)
def test_what_main_was_within_the_time_stays(why: str) -> None:
    seconds, kept = LINES[why]
    line = [commit(n, second, is_head=second == seconds[-1]) for n, second in enumerate(seconds)]

    assert [int(one.committed_at[-2:]) for one in expired(line, "12:00:10")] == kept


def test_a_table_that_was_replaced_keeps_what_queries_may_still_read() -> None:
    """A replaced table begins a line anew; what it was before has no child."""
    commits = [commit(1, 3), commit(2, 7), replace(commit(5, 12, is_head=True), parent_id=None)]

    assert [one.snapshot_id for one in expired(commits, "12:00:10")] == [2, 5]


def test_what_gold_stands_on_stays_with_all_that_came_since() -> None:
    line = [commit(n, n, is_head=n == 5) for n in range(1, 6)]

    assert [one.snapshot_id for one in expired(line, "12:00:10", {2, 77})] == [2, 3, 4, 5]


def test_a_branch_stays_joined_to_main() -> None:
    """Main is fast-forwarded to a branch only when the branch goes back to it."""
    main = [commit(1, 1), commit(2, 8, is_head=True)]
    branch = [replace(commit(13, 3), parent_id=2), replace(commit(14, 9), is_branched=True)]

    assert [one.snapshot_id for one in expired([*main, *branch], "12:00:10")] == [2, 13, 14]


def commit(number: int, second: int, *, position: str | None = None, is_head: bool = False) -> Snapshot:
    return Snapshot(
        snapshot_id=number,
        parent_id=number - 1 if number else None,
        committed_at=f"12:00:{second:02d}",
        position=position,
        is_head=is_head,
    )


def expired(snapshots: list[Snapshot], limit: str, followed: set[int] | None = None) -> list[Snapshot]:
    """What an expiry leaves: Iceberg spares what a branch points at."""
    floor = expire_before(snapshots, limit, followed or set())
    return [one for one in snapshots if one.committed_at >= floor or one.is_head or one.is_branched]


def _position(snapshots: list[Snapshot]) -> str | None:
    """As the macro ancestors() reads it: the newest naming commit among those that the head leads to."""
    known = {one.snapshot_id: one for one in snapshots}
    at = next(one for one in snapshots if one.is_head)
    found: list[Snapshot] = []
    while at is not None:
        found.append(at)
        at = known.get(at.parent_id)  # type: ignore[assignment, arg-type]
    naming = [one for one in found if one.position]
    return max(naming, key=lambda one: one.committed_at).committed_at if naming else None
