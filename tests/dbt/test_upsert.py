"""One row per key, whatever order its records arrive in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "v": "int", "at": "string"}
UPSERT = {"mode": "upsert", "pk_fields": ["id"], "order_by": ["at"], "event_time": "at"}
STATE = "select id, v, is_deleted, kafka_offset from {slv} order by id"


def moment(minute: int) -> str:
    return f"2026-11-20T10:{minute:02d}:00Z"


def test_a_reload_changes_nothing(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    orders = lake(**UPSERT)
    orders.admit(record({"id": "a", "v": 1, "at": moment(1)}, offset=0), columns=COLUMNS)
    orders.admit(record({"id": "a", "v": 2, "at": moment(2)}, offset=1), columns=COLUMNS)
    orders.run()
    before = orders.rows("select * from {slv}")

    orders.forget_position("slv", 0)
    orders.run()

    assert orders.rows("select * from {slv}") == before
    assert orders.rows(STATE) == [("a", 2, False, 1)]


def test_a_late_older_record_loses(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    orders = lake(**UPSERT)
    orders.admit(record({"id": "a", "v": 2, "at": moment(2)}, offset=0), columns=COLUMNS)
    orders.run()
    orders.admit(record({"id": "a", "v": 1, "at": moment(1)}, offset=1), columns=COLUMNS)
    orders.run()

    assert orders.rows(STATE) == [("a", 2, False, 0)]


def test_a_tombstone_kills_and_keeps_older_records_dead(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**UPSERT)
    orders.admit(record({"id": "a", "v": 1, "at": moment(1)}, key="a", offset=5, at=5), columns=COLUMNS)
    orders.run()
    orders.admit(record(None, key='{"id": "a"}', offset=7, at=7), columns=COLUMNS)
    orders.run()
    assert orders.rows(STATE) == [("a", None, True, 7)]

    orders.admit(record({"id": "a", "v": 9, "at": moment(9)}, offset=0, partition=1, at=6), columns=COLUMNS)
    orders.run()
    assert orders.rows(STATE) == [("a", None, True, 7)]

    orders.admit(record({"id": "a", "v": 3, "at": moment(0)}, offset=8, at=8), columns=COLUMNS)
    orders.run()
    assert orders.rows(STATE) == [("a", 3, False, 8)]


#: Three records of one key; every arrival order of them must end in the same row.
STORIES = {
    "updates": ([(1, 1, 0, 1), (2, 2, 1, 2), (3, 3, 2, 3)], (3, False)),
    "order_by_beats_kafka": ([(1, 5, 0, 1), (2, 2, 1, 2), (3, 3, 2, 3)], (1, False)),
    "deleted": ([(1, 1, 0, 1), (2, 2, 1, 2), (None, None, 2, 3)], (None, True)),
    "revived": ([(1, 1, 0, 1), (None, None, 1, 2), (3, 0, 2, 3)], (3, False)),
    "deleted_first": ([(None, None, 0, 1), (2, 2, 1, 2), (3, 3, 2, 3)], (3, False)),
    "tombstone_between": ([(1, 9, 0, 1), (None, None, 1, 2), (2, 2, 2, 3)], (2, False)),
}


def test_every_arrival_order_ends_the_same(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    """Each story, each of its six orders, and both ways to share partitions, is a key of its own."""
    orders = lake(**UPSERT)
    batches: list[list[Any]] = [[], [], []]
    expected = {}
    keys = [
        (f"{name}-{''.join(map(str, order))}-{lanes}", story, outcome, order, lanes)
        for name, (story, outcome) in STORIES.items()
        for order in permutations(range(3))
        for lanes in ("one", "each")
    ]
    for number, (key, story, outcome, order, lanes) in enumerate(keys):
        expected[key] = outcome
        for batch, which in enumerate(order):
            v, minute, offset, at = story[which]
            value = None if v is None else {"id": key, "v": v, "at": moment(minute)}
            lane = which if lanes == "each" else 0
            one = record(value, key=key, offset=number * 3 + offset, at=at, partition=lane)
            batches[batch].append(one)
    for batch in batches:
        orders.admit(*batch, columns=COLUMNS)
        orders.run()

    found = {key: (v, gone) for key, v, gone, _ in orders.rows(STATE)}
    assert {k: v for k, v in found.items() if v != expected[k]} == {}
    assert found == expected


def test_a_null_key_meets_the_row_that_has_it(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    orders = lake(mode="upsert", pk_fields=["id", "part"], order_by=["at"])
    columns = {**COLUMNS, "part": "int"}
    for offset, minute in enumerate((2, 1, 3, 0)):
        values = {"id": "a", "part": None, "v": minute, "at": moment(minute)}
        orders.admit(record(values, offset=offset), columns=columns)
        orders.run()

    assert orders.rows(STATE) == [("a", 3, False, 2)]


def test_stored_rows_meet_the_arriving_keys_before_they_are_shuffled(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**UPSERT)
    for minute in (1, 2):
        orders.admit(
            record({"id": "a", "v": minute, "at": moment(minute)}, offset=minute, at=minute), columns=COLUMNS
        )
        done = orders.build()
        assert done.success, orders.messages(done)

    sql = done.result.results[-1].node.compiled_code.replace("{", "{{").replace("}", "}}")
    [(plan,)] = orders.rows(f"explain {sql}")
    steps = [(len(line) - len(line.lstrip(" :+-*()0123456789")), line) for line in plan.splitlines()]
    [stored] = [n for n, (_, line) in enumerate(steps) if f"BatchScan lake.{orders.silver}.slv_" in line]

    above, depth = [], steps[stored][0]
    for indent, line in reversed(steps[:stored]):
        if indent < depth:
            above.append(line)
            depth = indent
    met = next((n for n, line in enumerate(above) if "LeftSemi" in line), None)
    assert met is not None, plan
    assert not [line for line in above[:met] if "Exchange" in line or "Sort " in line], plan
