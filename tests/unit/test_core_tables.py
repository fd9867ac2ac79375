"""What tables hold after versions come and go, as literal cases; and Spark DDL read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from schema_guard.core.datatype import DecimalType, Double, Field, Integer, Unknown
from schema_guard.core.ddl import spark_ddl
from schema_guard.core.ddl_text import DdlError, read_columns, read_type
from schema_guard.core.schema import Schema
from schema_guard.core.tables import held, obstacles

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases/tables/rollback.yml").read_text())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_going_back(case: dict[str, Any]) -> None:
    tables = held(read_columns(ddl) for ddl in reversed(case["loaded"]))
    for target, expected in case["obstacles"].items():
        found = obstacles(tables, read_columns(case["back"]), [target])
        assert [f"{o.pointer} {o.held} {o.wanted}" for o in found] == expected


def test_nothing_loaded_forbids_nothing() -> None:
    assert obstacles(held([]), read_columns("a bigint"), ["iceberg_v2"]) == []
    assert held([]) == Schema()


def test_every_target_must_accept_a_widening() -> None:
    tables, wanted = held([read_columns("a bigint")]), read_columns("a double")

    assert obstacles(tables, wanted, ["spark"]) == []
    assert [o.pointer for o in obstacles(tables, wanted, ["spark", "iceberg_v2"])] == ["/a"]


def test_a_version_that_saw_only_nulls_does_not_hide_the_column() -> None:
    untyped = Schema((Field("a", Unknown(), nullable=True),))
    tables = held([untyped, read_columns("a string")])

    assert [o.held for o in obstacles(tables, read_columns("a bigint"), ["iceberg_v2"])] == ["string"]


@pytest.mark.parametrize(
    "ddl",
    ["`a` bigint", "`a b` array<struct<`x``y`: decimal(38,0), `z`: string>>", "`d` decimal(3,3)"],
)
def test_columns_are_read_as_they_are_written(ddl: str) -> None:
    assert spark_ddl(read_columns(ddl)) == ddl


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("int", "'int' is none of boolean, bigint"),
        ("", "a type is missing"),
        ("decimal(39,0)", "1 to 38 digits"),
        ("decimal(3,4)", "no more after it"),
        ("decimal(٣,1)", "no count of digits"),
        ("array<bigint", "> is missing"),
        ("array<bigint>>", "'>' is too much"),
        ("struct<a: bigint, A: string>", "two fields are called A"),
        ("struct<1a: bigint>", "quote it"),
        ("big;int", "';int' is no part of a type"),
        ("array<" * 70, "nest at most 64 deep"),
    ],
)
def test_what_is_no_type_is_told(text: str, told: str) -> None:
    with pytest.raises(DdlError) as error:
        read_type(text)
    assert told in str(error.value)


def test_types_are_ours() -> None:
    assert [read_type(t) for t in ("BIGINT", " double ", "decimal( 4 , 2 )")] == [
        Integer(),
        Double(),
        DecimalType(4, 2),
    ]
