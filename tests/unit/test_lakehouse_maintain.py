"""What decides about maintenance without any part: retention settings, conflicts, the needed snapshots."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse import keep, upkeep
from lakehouse.ancestry import Snapshot, oldest_needed
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


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=12))
def test_after_an_expiry_the_table_is_as_far_as_before(commits: list[tuple[int, bool]]) -> None:
    """Commits in a line, by any clocks, some naming a batch: what the position rests on stays."""
    line = [
        Snapshot(
            snapshot_id=n,
            parent_id=n - 1 if n else None,
            committed_at=f"12:00:{second}",
            batch_id=str(n) if names else None,
            is_head=n == len(commits) - 1,
        )
        for n, (second, names) in enumerate(commits)
    ]
    floor = oldest_needed(line)
    kept = [one for one in line if floor is None or one.committed_at >= floor or one.is_head]

    assert _position(kept) == _position(line)


def _position(snapshots: list[Snapshot]) -> str | None:
    """As the macro applied_batch() reads it: the newest naming commit among those that the head leads to."""
    known = {one.snapshot_id: one for one in snapshots}
    at = next(one for one in snapshots if one.is_head)
    found: list[Snapshot] = []
    while at is not None:
        found.append(at)
        at = known.get(at.parent_id)  # type: ignore[assignment, arg-type]
    naming = [one for one in found if one.batch_id]
    return max(naming, key=lambda one: one.committed_at).committed_at if naming else None
