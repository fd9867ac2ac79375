"""Silver follows the schema versions that were admitted, and refuses what the table cannot hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.stack
UPSERT = {"mode": "upsert", "pk_fields": ["id"]}
V1 = {"id": "bigint", "n": "int", "s": "struct<a:int>"}


def test_columns_are_added_widened_and_nested_before_the_write(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**UPSERT)
    orders.admit(record({"id": 1, "n": 1, "s": {"a": 1}}, offset=0), columns=V1)
    orders.run()
    grown = {
        "id": "bigint",
        "n": "bigint",
        "s": "struct<a:bigint,b:struct<c:array<struct<d:int>>>>",
        "channel": "string",
        "batch_id": "string",
        "price": "decimal(10,2)",
    }
    new = {
        "n": 2**40,
        "s": {"a": 2**40, "b": {"c": [{"d": 4}]}},
        "channel": "web",
        "batch_id": "mine",
        "price": 1.10,
    }
    orders.admit(record({"id": 2, **new}, offset=1), columns=grown)
    orders.run()
    grown |= {"price": "decimal(12,2)", "s": "struct<a:bigint,b:struct<c:array<struct<d:bigint,e:string>>>>"}
    orders.admit(record({"id": 3, "s": {"b": {"c": [{"e": "x"}]}}}, offset=2), columns=grown)
    orders.run()

    found = orders.rows(
        "select id, n, to_json(s), channel, payload_batch_id, cast(price as string) from {slv} order by id"
    )
    assert found == [
        (1, 1, '{"a":1}', None, None, None),
        (2, 2**40, '{"a":1099511627776,"b":{"c":[{"d":4}]}}', "web", "mine", "1.10"),
        (3, None, '{"b":{"c":[{"e":"x"}]}}', None, None, None),
    ]


def test_a_field_that_is_gone_leaves_null_in_new_rows(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**UPSERT)
    orders.admit(
        record({"id": 1, "n": 1}, offset=0),
        record({"id": 2, "n": 2}, offset=1),
        columns={"id": "bigint", "n": "int"},
    )
    orders.run()
    orders.admit(record({"id": 1}, offset=2), columns={"id": "bigint"})
    orders.run()

    assert orders.rows("select id, n from {slv} order by id") == [(1, None), (2, 2)]


def test_another_change_is_refused_and_full_refresh_rebuilds(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**UPSERT)
    orders.admit(record({"id": 1, "n": 1}, offset=0), columns={"id": "bigint", "n": "int"})
    orders.run()
    orders.admit(
        record({"id": 2, "n": "two", "z": 1}, offset=1), columns={"id": "bigint", "z": "int", "n": "string"}
    )

    said = orders.messages(orders.build())
    assert "n: int -> string" in said
    assert f"dbt run --full-refresh --select slv_{orders.name}" in said
    assert orders.rows("select id, n from {slv}") == [(1, 1)]
    assert "z" not in [row[0] for row in orders.rows("describe {slv}")]

    snapshots = "select count(*) from {brz}.snapshots"
    loads = orders.rows(snapshots)
    orders.run("--full-refresh")
    assert orders.rows("select id, n from {slv} order by id") == [(1, "1"), (2, "two")]
    assert orders.rows(snapshots) == loads
    assert len(orders.rows("select * from {slv}.snapshots")) == 2

    orders.admit(record({"id": 1, "n": "one"}, offset=2), columns={"id": "bigint", "z": "int", "n": "string"})
    orders.run()
    assert orders.rows("select id, n from {slv} order by id") == [(1, "one"), (2, "two")]
