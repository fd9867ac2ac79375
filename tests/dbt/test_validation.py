"""Rules in a model's yml say of each row whether it is good, and never lose one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "low": "int", "high": "int"}
BROKEN = "low_is_below_high"
KEYED = {"mode": "upsert", "pk_fields": ["id"]}
SILVER = (
    "{{ config(materialized='incremental', incremental_strategy='upsert', meta={'rules': RULES}) }}"
    " select *, {{ row_validation(unless='is_deleted') }} from {{ upsert('NAME') }}"
)
RULES = [
    {"name": "has_a_low", "check": "low is not null"},
    {"name": "low_is_below_high", "check": "low < high"},
]


def test_rows_that_break_a_rule_stay_and_name_it(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    ranges = lake(**KEYED)
    ranges.model("slv", SILVER.replace("RULES", str(RULES)))
    values = [("good", 1, 2), ("wrong", 3, 2), ("empty", None, 2), ("open", 1, None)]
    records = [
        record({"id": key, "low": low, "high": high}, key=key, offset=n)
        for n, (key, low, high) in enumerate(values)
    ]
    ranges.admit(*records, record(None, key="gone", offset=9), columns=COLUMNS)
    ranges.run()

    rows = ranges.rows(
        "select id, validation_status, array_join(validation_errors, ' ') from {slv} order by kafka_offset"
    )
    assert rows == [
        ("good", "SUCCESS", ""),
        ("wrong", "FAILED", "low_is_below_high"),
        ("empty", "FAILED", "has_a_low"),
        ("open", "SUCCESS", ""),
        ("gone", "SUCCESS", ""),
    ]


REJECTING = [{"name": "low_is_below_high", "check": "low < high", "on_failure": "reject"}]
RULED = (
    "{{ config(materialized='incremental', incremental_strategy='MODE', meta={'rules': RULES}) }}"
    " select * from {{ MODE('NAME') }}"
)


def test_what_a_rule_rejects_is_in_no_silver_table_of_the_dataset_and_noted_once(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    ranges = lake(**KEYED, event_id=["id"])
    ranges.model("slv", RULED.replace("MODE", "upsert").replace("RULES", str(REJECTING)))
    for layer, mode in (("dim", "history"), ("fct", "append")):
        ranges.model(layer, RULED.replace("MODE", mode).replace("RULES", "[]"))
    query = "select id, low, kafka_offset from {%s} order by kafka_offset"
    tables = {layer: query % layer for layer in ("slv", "dim", "fct")}
    batches = [[("a", 1, 2), ("b", 9, 2)], [("a", 5, 4), ("c", 9, 1)], [("b", 1, 3), ("c", None, 1)]]
    for number, values in enumerate(batches):
        records = [
            record({"id": key, "low": low, "high": high}, key=key, offset=2 * number + n)
            for n, (key, low, high) in enumerate(values)
        ]
        gone = [record(None, key="d", offset=6)] if number == 2 else []
        ranges.admit(*records, *gone, columns=COLUMNS)
        ranges.run()

    good = [("a", 1, 0), ("b", 1, 4), ("c", None, 5), ("d", None, 6)]
    live = {layer: ranges.rows(text) for layer, text in tables.items()}
    assert live == dict.fromkeys(tables, good)
    noted = "select batch_id, kafka_offset, array_join(rules, ' ') from {slv}__rejected order by 2"
    assert ranges.rows(noted) == [(1, 1, BROKEN), (2, 2, BROKEN), (2, 3, BROKEN)]
    ranges.run("--full-refresh", select="slv dim fct")
    assert {layer: ranges.rows(text) for layer, text in tables.items()} == live
    assert len(ranges.rows(noted)) == 3
    ranges.rows("drop table {slv}__rejected purge")


def test_rules_that_cannot_be_read_are_all_told_and_nothing_is_built(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    ranges = lake(**KEYED)
    ranges.admit(record({"id": "a", "low": 1, "high": 2}), columns=COLUMNS)
    wrong = [{"name": "Upper", "check": "true"}, {"name": "no_check"}, *RULES, RULES[0]]
    wrong.append({"name": "maybe", "check": "true", "on_failure": "drop"})
    ranges.model("slv", SILVER.replace("RULES", str(wrong)))

    told = ranges.messages(ranges.build())

    for line in (
        "rule 1 is called Upper; allowed: lower case letters, digits and _",
        'rule 2 is {"name": "no_check"}; allowed: {name: …, check: …, on_failure: …}',
        "rule maybe has on_failure drop; allowed: mark, reject",
        "two rules are called has_a_low",
        "Nothing was built.",
    ):
        assert line in told
