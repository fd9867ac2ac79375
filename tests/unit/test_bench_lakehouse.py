"""The lakehouse bench's own arithmetic: what tables must hold, and the refusal to report when they do not."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest

from bench.lakehouse.dbt import Statement, busy
from bench.lakehouse.hashes import digest, require_equal
from bench.lakehouse.oracle import Truth
from bench.lakehouse.orders import START, Event, Series
from metastore_sync.errors import VerdictError

BATCHES, SIZE = 12, 300


@pytest.fixture(scope="module")
def batches() -> list[list[Event]]:
    series = Series(SIZE)
    return [series.batch() for _ in range(BATCHES)]


def at(second: float) -> int:
    """Microseconds since 1970 of a moment of the series."""
    return int(START.timestamp() * 1e6 + second * 1e6)


def event(key: int, second: int, status: str | None, updated: float | None = None) -> Event:
    moment = START + timedelta(seconds=second)
    if status is None:
        return Event(key, moment, None)
    return Event(key, moment, START + timedelta(seconds=updated or second), status, b"{}")


def test_a_late_state_loses_in_upsert_and_splits_an_interval_in_history() -> None:
    truth = Truth()
    truth.take(
        [(1, 0, event(7, 10, "O")), (1, 1, event(7, 30, "F")), (1, 2, event(7, 31, "P", updated=20.5))]
    )

    assert truth.upsert() == (1, digest(7, "false", "F", at(30), 1, 1))
    assert truth.history() == (
        3,
        digest(7, 1, 0, "false", "false", at(10), at(20.5), "O")
        + digest(7, 1, 2, "false", "false", at(20.5), at(30), "P")
        + digest(7, 1, 1, "false", "true", at(30), "F"),
    )


def test_a_tombstone_ends_the_last_state_and_is_valid_at_no_time() -> None:
    truth = Truth()
    truth.take([(0, 0, event(8, 10, "O")), (0, 1, event(8, 40, None))])

    assert truth.upsert() == (1, digest(8, "true", 0, 1))
    assert truth.history() == (
        2,
        digest(8, 0, 0, "false", "false", at(10), at(40), "O")
        + digest(8, 0, 1, "true", "false", at(40), at(40)),
    )


def test_batches_resemble_each_other_and_change_ever_older_keys(batches: list[list[Event]]) -> None:
    seen: set[int] = set()
    shares = []
    for batch in batches:
        shares.append(len({one.key for one in batch} - seen) / len(batch))
        seen |= {one.key for one in batch}

    assert all(0.9 * SIZE < len(batch) <= SIZE for batch in batches)
    assert all(0.5 < share < 0.75 for share in shares[1:])
    assert min(one.key for one in batches[-1]) < SIZE


def test_every_state_has_a_time_of_its_own_and_deleted_keys_stay_dead(batches: list[list[Event]]) -> None:
    states: dict[int, list[Event]] = defaultdict(list)
    for one in (one for batch in batches for one in batch):
        states[one.key].append(one)

    times = [[one.updated_at or one.at for one in held] for held in states.values()]
    assert all(len(set(held)) == len(held) for held in times)
    assert all(one.updated_at for held in states.values() for one in held[:-1])
    assert any(held[-1].updated_at is None for held in states.values())
    assert any(held != sorted(held) for held in times), "no record was late"


def test_statements_at_the_same_time_count_once() -> None:
    spent = busy([Statement("a", "", 2.0, 10.0), Statement("b", "", 1.0, 9.5), Statement("b", "", 1.0, 20.0)])

    assert spent == pytest.approx(3.0)


@pytest.mark.parametrize("found", [(2, 5), (3, 4), (0, 0)])
def test_a_table_with_other_rows_is_not_reported(found: tuple[int, int]) -> None:
    require_equal("bronze", (3, 5), (3, 5))
    with pytest.raises(VerdictError, match="Nothing is reported"):
        require_equal("bronze", (3, 5), found)
