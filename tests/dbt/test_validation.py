"""Rules in a model's yml say of each row whether it is good, and never lose one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "low": "int", "high": "int"}
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
