"""One set of records, one table: upsert, history and append in every order of arrival over three batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from tests.dbt import arrival

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "v": "int", "at": "string", "e": "string"}
ONE_KEY = {
    "mode": "upsert", "pk_fields": ["id"], "order_by": ["at"], "event_time": "at", "event_id": ["id", "e"],
}  # fmt: skip
MODEL = (
    "{{ config(materialized='incremental', incremental_strategy='MODE') }} select * from {{ MODE('NAME') }}"
)

Ends = dict[str, Any]


def test_every_arrival_order_ends_the_same(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    """Thousands of orders in three runs: the three tables read one bronze table, every order is a key."""
    orders = lake(**ONE_KEY)
    orders.model("dim", MODEL.replace("MODE", "history"))
    orders.model("fct", MODEL.replace("MODE", "append"))
    told = list(arrival.every_order())
    for batch in arrival.batches_of(told, record):
        orders.admit(*batch, columns=COLUMNS)
        orders.run()

    expected = {one.key: one.story.upsert for one in told}
    assert wrong(upserted(orders), expected) == {}
    assert wrong(histories(orders), {one.key: one.story.history for one in told}) == {}
    assert wrong(repeats(orders), {one.key: repeated(one) for one in told}) == {}


def wrong(found: Ends, expected: Ends) -> dict[str, tuple[Any, Any]]:
    """Return the keys that end otherwise, as (found, expected)."""
    keys = found.keys() | expected.keys()
    return {key: (found.get(key), expected.get(key)) for key in keys if found.get(key) != expected.get(key)}


def upserted(orders: Any) -> Ends:
    return {key: [v, gone] for key, v, gone in orders.rows("select id, v, is_deleted from {slv}")}


def histories(orders: Any) -> Ends:
    """Minutes after ten; a key that was never valid has no interval."""
    intervals: Ends = defaultdict(list)
    query = (
        "select id, v, minute(valid_from), minute(valid_to), is_current, is_deleted,"
        " is_current or valid_from < valid_to from {dim} order by id, valid_from"
    )
    for key, v, start, end, current, deleted, valid in orders.rows(query):
        assert current == (end is None)
        assert not (deleted and valid)
        intervals[key] += [[v, start, end]] if valid else []
    return intervals


def repeats(orders: Any) -> Ends:
    flagged: Ends = defaultdict(list)
    for key, offset, repeat in orders.rows(
        "select id, kafka_offset, is_duplicate from {fct} order by kafka_offset"
    ):
        flagged[key] += [offset] if repeat else []
    return flagged


def repeated(one: arrival.Told) -> list[int]:
    return [one.first_offset + place for place in one.story.repeats]
