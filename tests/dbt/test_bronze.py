"""What landed() brings to bronze, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.stack
COLUMNS = {"id": "bigint", "at": "string"}
PLAIN = {"mode": "append", "event_time": "at"}


def test_bronze_holds_the_admitted_records_and_nothing_else(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**PLAIN)
    good = record({"id": 1, "at": "2026-11-20T10:00:00Z"}, key="1", offset=3)
    orders.admit(
        record("{", offset=2), good, record("{}", offset=4), columns=COLUMNS, rejected=[2], offsets=(2, 3)
    )
    orders.admit(record({"id": 2}, offset=9), columns=COLUMNS, status="BLOCKED")

    orders.run(select="brz")

    assert orders.rows("select kafka_offset, kafka_key, value, batch_id from {brz}") == [
        (3, "1", '{"id": 1, "at": "2026-11-20T10:00:00Z"}', 1)
    ]


def test_several_batches_load_in_one_run_and_twice_is_once(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**PLAIN)
    for offset in range(3):
        orders.admit(
            record({"id": offset}, offset=offset),
            record({"id": 9}, partition=1, offset=offset),
            columns=COLUMNS,
        )
    orders.run(select="brz")
    before = sorted(orders.rows("select * from {brz}"))

    orders.forget_position("brz", 1)
    orders.run(select="brz")

    assert sorted(orders.rows("select * from {brz}")) == before
    assert orders.rows("select batch_id, count(*) from {brz} group by 1 order by 1") == [
        (1, 2),
        (2, 2),
        (3, 2),
    ]


def test_a_run_without_a_new_batch_commits_nothing(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**PLAIN)
    orders.admit(record({"id": 1}, offset=0), columns=COLUMNS)
    orders.run()
    commits = "select count(*) from {brz}.snapshots union all select count(*) from {slv}.snapshots"
    before = orders.rows(commits)

    orders.run()

    assert orders.rows(commits) == before


def test_a_table_set_back_is_loaded_from_there_and_what_it_forgot_does_not_count(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**PLAIN)
    for offset in range(2):
        orders.admit(record({"id": offset}, offset=offset), columns=COLUMNS)
        orders.run(select="brz")
    [(first,)] = orders.rows("select snapshot_id from {brz}.snapshots order by committed_at limit 1")
    orders.rows(f"call lake.system.set_current_snapshot('{{brz}}', {first})")
    orders.admit(record({"id": 2}, offset=2), columns=COLUMNS)

    orders.run(select="brz")

    assert orders.rows("select batch_id, kafka_offset from {brz} order by 1") == [(1, 0), (2, 1), (3, 2)]


#: Of a run of bronze and silver without news: what dbt asks of its schemas, and one question per model.
IDLE_STATEMENTS = 8


def test_a_run_without_a_new_batch_asks_one_question_per_table(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**PLAIN)
    orders.admit(record({"id": 1}, offset=0), columns=COLUMNS)
    orders.run()

    asked = orders.statements()

    of_models = [sql for node, sql in asked if node]
    assert [sql.count("meta.admitted") for sql in of_models] == [2, 2]
    assert len(asked) <= IDLE_STATEMENTS


def test_a_dataset_without_a_batch_has_an_empty_bronze_and_no_silver(lake: Callable[..., Any]) -> None:
    orders = lake(**PLAIN)

    result = orders.build()

    assert orders.rows("select count(*) from {brz}") == [(0,)]
    assert f"tidegate run {orders.name}" in orders.messages(result)
