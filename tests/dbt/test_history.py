"""Every state of every key with the time it held, whatever order records arrive in."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.dbt import history_oracle
from tests.dbt.arrival import moment

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "rank": "int", "v": "int", "at": "string"}
HISTORY = {"mode": "history", "pk_fields": ["id"], "event_time": "at"}
#: Minutes after ten of every state's first and last moment.
STATES = (
    "select id, v, minute(valid_from), minute(valid_to) from {slv}"
    " where is_current or valid_from < valid_to order by id, valid_from"
)
WRITTEN = (
    "select cast(coalesce(summary['added-records'], 0) as int),"
    " cast(coalesce(summary['added-position-deletes'], 0) as int)"
    " from {slv}.snapshots order by committed_at desc limit 1"
)


def test_a_late_row_splits_its_interval_and_nothing_else_is_written(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    customers = lake(**HISTORY)
    others = [record({"id": f"k{n}", "v": n, "at": moment(1)}, offset=10 + n) for n in range(40)]
    customers.admit(
        record({"id": "a", "v": 1, "at": moment(1)}, offset=0),
        record({"id": "a", "v": 5, "at": moment(5)}, offset=1),
        *others,
        columns=COLUMNS,
    )
    customers.run()
    customers.admit(record({"id": "a", "v": 3, "at": moment(3)}, offset=90), columns=COLUMNS)
    customers.run()

    assert customers.rows(STATES)[:3] == [("a", 1, 1, 3), ("a", 3, 3, 5), ("a", 5, 5, None)]
    assert customers.rows(WRITTEN) == [(2, 1)], "the late row, and the one whose end it is"

    before = sorted(map(str, customers.rows("select * from {slv}")))
    customers.forget_position("slv", 0)
    customers.run()
    assert sorted(map(str, customers.rows("select * from {slv}"))) == before
    assert customers.rows(WRITTEN) == [(0, 0)], "a reload changes nothing"


@dataclass(frozen=True)
class Event:
    """One record of a random history."""

    rank: int | None
    minute: int | None
    v: int | None
    partition: int
    offset: int
    kafka_minute: int


def random_key(chance: random.Random, first_offset: int) -> list[Event]:
    """Return up to eight records; few different clocks and ranks, so that they meet and disagree often."""
    events = []
    for n in range(chance.randint(1, 8)):
        place = (chance.randint(0, 2), first_offset + n, chance.randint(1, 7))
        if chance.random() < 0.3:
            events.append(Event(None, None, None, *place))
        else:
            events.append(Event(chance.randint(1, 5), chance.randint(1, 9), n, *place))
    return events


def test_random_histories_agree_with_an_oracle(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    """Ranks contradict the clock, clocks contradict Kafka, three partitions, tombstones anywhere."""
    customers = lake(**HISTORY, order_by=["rank"])
    chance = random.Random(4)  # noqa: S311
    keys = {f"k{n:03d}": random_key(chance, 8 * n) for n in range(600)}
    batches: list[list[Any]] = [[], [], []]
    for key, events in keys.items():
        for one in events:
            value = {"id": key, "rank": one.rank, "v": one.v, "at": moment(one.minute)}
            stands = {"offset": one.offset, "partition": one.partition, "at": 60 * (one.kafka_minute - 120)}
            chance.choice(batches).append(record(None if one.v is None else value, key=key, **stands))
    for batch in batches:
        customers.admit(*batch, columns=COLUMNS)
        customers.run()

    found: dict[str, list[Any]] = defaultdict(list)
    for key, *state in customers.rows(STATES):
        found[key].append(tuple(state))
    expected = {key: history_oracle.history(events) for key, events in keys.items()}
    wrong = {key: (found[key], want, keys[key]) for key, want in expected.items() if found[key] != want}
    assert not wrong, f"{len(wrong)} keys differ, such as {min(wrong.items(), key=lambda w: len(w[1][2]))}"
