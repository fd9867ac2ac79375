"""One row per key of a captured table, by the log's order, whatever order its changes arrive in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from tests.dbt.captured import CAPTURED, COLUMNS, HISTORY, TEN

pytestmark = pytest.mark.stack
STATE = "select id, v, is_deleted from {slv} order by id"
MODEL = (
    "{{ config(materialized='incremental', incremental_strategy='history') }}"
    """ select * from {{ history('NAME', deleted_when="__deleted = 'true'") }}"""
)

#: Three changes of one row (how, value, place in the log), what is left of it in every arrival order, and
#: its states with the minutes of their first and last moment. A change was made in the minute of its place in
#: the story.
STORIES = {
    "changed": (
        [("r", 1, 100), ("u", 2, 200), ("u", 3, 300)], (3, False), [(1, 1, 2), (2, 2, 3), (3, 3, None)],
    ),
    "deleted": ([("r", 1, 100), ("u", 2, 200), ("d", 0, 300)], (None, True), [(1, 1, 2), (2, 2, 3)]),
    "back_after_its_deletion": (
        [("c", 1, 100), ("d", 0, 200), ("c", 3, 300)], (3, False), [(1, 1, 2), (3, 3, None)],
    ),
    # A transaction began before the snapshot's place in the log and was committed after it.
    "read_while_it_changed": (
        [("r", 1, 250), ("u", 2, 200), ("u", 3, 240)], (3, False), [(1, 1, 2), (2, 2, 3), (3, 3, None)],
    ),
    "deleted_while_it_was_read": (
        [("r", 1, 250), ("r", 1, 260), ("d", 0, 240)], (None, True), [(1, 1, 2), (1, 2, 3)],
    ),
    "sent_again_after_a_crash": ([("u", 2, 200), ("d", 0, 300), ("u", 2, 200)], (None, True), [(2, 1, 2)]),
}  # fmt: skip


def test_every_arrival_order_ends_the_same(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    """Each story in each of its six orders is a key of its own; every batch brings one change of each."""
    customers = lake(**CAPTURED)
    customers.model("dim", MODEL)
    batches: list[list[Any]] = [[], [], []]
    expected, histories = {}, {}
    keys = [
        (f"{name}-{''.join(map(str, order))}", *story, order)
        for name, story in STORIES.items()
        for order in permutations(range(3))
    ]
    for number, (key, story, outcome, states, order) in enumerate(keys):
        expected[key] = outcome
        histories[key] = states
        for batch, which in enumerate(order):
            op, v, lsn = story[which]
            deleted = str(op == "d").lower()
            value = {"id": key, "v": v, "__deleted": deleted, "__op": op, "__lsn": lsn}
            value["__source_ts_ms"] = TEN + 60_000 * (1 + story.index((op, v, lsn)))
            batches[batch].append(record(value, key=key, offset=1000 * batch + number))
            if op == "d":  # some captures send a tombstone after a deletion; it says nothing new
                batches[batch].append(record(None, key=key, offset=1000 * batch + 500 + number))
    for batch in batches:
        customers.admit(*batch, columns=COLUMNS)
        customers.run()

    held = customers.rows(HISTORY)
    found = {key: (v, gone) for key, v, gone in customers.rows(STATE)}
    assert {k: v for k, v in found.items() if v != expected[k]} == {}
    assert found == expected
    for key, states in histories.items():
        assert [tuple(row[1:]) for row in held if row[0] == key] == states, key


def test_the_changes_of_a_new_topic_win_over_those_of_the_old(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    """A lost slot needs a new snapshot into a new topic; what the old one said last is older."""
    customers = lake(**CAPTURED)
    old = {"id": "a", "v": 1, "__deleted": "false", "__op": "u", "__lsn": 900}
    new = {"id": "a", "v": 2, "__deleted": "false", "__op": "r", "__lsn": 800}
    customers.admit(record(new, topic_id="0000000b", generation=2), record(old, offset=7), columns=COLUMNS)
    customers.run()

    assert customers.rows(STATE) == [("a", 2, False)]


def test_only_a_captured_tables_silver_may_say_what_a_deletion_is(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**{**CAPTURED, "cdc": None})
    orders.admit(record({"id": "a", "__op": "c", "__lsn": 1}), columns=COLUMNS)
    result = orders.build()
    assert "only a dataset with cdc orders deletions" in orders.messages(result)
