"""Which column holds what was observed, and what has none yet."""

from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from schema_guard.core.conform import misfits
from schema_guard.core.datatype import (
    BigInteger,
    Boolean,
    DecimalType,
    Double,
    Format,
    Integer,
    String,
    Type,
)
from schema_guard.core.ddl import columns, left_out, spark_ddl
from schema_guard.core.formats import format_of
from schema_guard.core.infer import Inference, infer
from schema_guard.core.json_text import parse, parse_record
from schema_guard.core.kinds import Kind, Position
from schema_guard.core.promotion import accepts
from schema_guard.core.schema import Schema, finalise
from schema_guard.core.shape import shape

CASES = Path(__file__).parents[1] / "cases"
TYPES = yaml.safe_load((CASES / "inference/types.yml").read_text())
MISFITS = yaml.safe_load((CASES / "inference/misfits.yml").read_text())
PROMOTIONS = yaml.safe_load((CASES / "evolution/promotions.yml").read_text())

NAMED: dict[str, Type] = {
    "bigint": Integer(),
    "decimal(38,0)": BigInteger(),
    "double": Double(),
    "inexact double": Double(exact=False),
    "string": String(),
    "boolean": Boolean(),
}


def named(text: str) -> Type:
    if text in NAMED:
        return NAMED[text]
    precision, scale = text.removeprefix("decimal(").removesuffix(")").split(",")
    return DecimalType(int(precision), int(scale))


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in TYPES.items()])
def test_column_that_holds_the_values(case: dict[str, Any]) -> None:
    schema = finalise(infer(parse_record(f'{{"a": {value}}}') for value in case["values"]))
    expected = [{"name": "a", "type": case["column"]}] if "column" in case else []

    assert expected == columns(schema)
    assert case.get("left_out", []) == left_out(schema)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in MISFITS.items()])
def test_record_against_schema(case: dict[str, Any]) -> None:
    schema = finalise(infer(map(parse_record, case["made_by"])))
    found = misfits(parse_record(case["record"]), schema, case.get("pk_fields", []))

    assert case["misfits"] == found


@pytest.mark.parametrize(
    ("change", "answers"), [pytest.param(c, a, id=c) for c, a in PROMOTIONS["matrix"].items()]
)
def test_promotion_in_place(change: str, answers: list[str]) -> None:
    old, new = map(named, change.split(" -> "))
    given = [accepts(target, old, new) for target in PROMOTIONS["targets"]]

    assert [answer == "ok" for answer in answers] == given


def test_fingerprint_is_this_one() -> None:
    """A literal, because the registry compares fingerprints made years apart."""
    schema = finalise(infer([{"id": 1, "s": "x", "n": None, "d": 1.5, "a": [{"b": True}]}]))

    assert schema.canonical_bytes() == (
        b'{"fields":[{"element":{"fields":[{"name":"b","nullable":false,"type":"boolean"}],'
        b'"type":"struct"},"name":"a","nullable":false,"type":"array"},'
        b'{"exact":true,"name":"d","nullable":false,"type":"double"},'
        b'{"name":"id","nullable":false,"type":"integer"},'
        b'{"name":"n","nullable":true,"type":"unknown"},'
        b'{"format":"text","name":"s","nullable":false,"type":"string"}],"type":"struct"}'
    )
    assert schema.fingerprint == "02059a3cdf385a786b41c84ba5925e2fe4f9645acd1b9bb3c7f439c6032e1e5f"


def test_fingerprint_ignores_counts_and_field_order() -> None:
    once = finalise(infer([{"a": 1, "b": "x"}, {"b": "x"}]))
    often = finalise(infer([{"b": "y", "a": 5}, {"b": "z"}] * 3))
    grown = finalise(infer([{"a": 1, "b": "x"}]), finalise(infer([{"b": "x"}])))

    assert [field.name for field in grown.fields] == ["b", "a"]
    assert once.fingerprint == often.fingerprint == grown.fingerprint


def test_no_records_leave_the_base_as_it_is() -> None:
    base = finalise(infer([{"a": 1}]))

    assert finalise(Inference(), base) == base
    assert finalise(Inference()) == Schema()


def test_name_taken_but_for_case_gets_no_second_column() -> None:
    schema = finalise(infer([{"b": 1}, {"B": 2}]), finalise(infer([{"b": 1}])))

    assert spark_ddl(schema) == "`b` bigint"
    assert left_out(schema) == ["/B"]


def test_numbers_of_both_parsers_count_alike() -> None:
    texts = ["1.10", "19.99", "1e-7", "1E+21", "0.30000000000000004", "-0.0", "100.0"]
    exact = infer({"a": Decimal(text)} for text in texts)
    fast = infer({"a": float(text)} for text in texts)

    assert exact == fast


def test_first_position_is_the_smallest_not_the_first_seen() -> None:
    inference = Inference()
    for offset in (5, 3, 9, 4):
        inference.add({"a": "x"}, Position("t", 0, offset))
    tally = inference.root.children["a"].tally(Kind.STRING)

    assert tally is not None
    assert (tally.first.offset, tally.last.offset, tally.count) == (3, 9, 4)


def test_deepest_record_survives_pickle_and_finalise() -> None:
    deep = parse('{"a": ' + '{"a": [' * 63 + "1" + "]}" * 63 + "}")
    inference = infer([deep])
    copy = pickle.loads(pickle.dumps(inference))  # noqa: S301  our own bytes

    assert copy == inference
    assert finalise(copy).fingerprint == finalise(inference).fingerprint


def test_memory_grows_with_paths_not_with_records() -> None:
    few = len(pickle.dumps(infer({"a": n, "b": [n]} for n in range(100))))
    many = len(pickle.dumps(infer({"a": n, "b": [n]} for n in range(20_000))))

    assert many <= few + 20


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError, match="not a JSON value: set"):
        infer([{"a": {1}}])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-20", Format.DATE),
        ("2026-99-20", Format.TEXT),
        ("2026-11-20T10:00:00Z", Format.TIMESTAMP),
        ("2026-11-20 10:00:00.123456+0100", Format.TIMESTAMP),
        ("2026-11-20T10:00", Format.LOCAL_TIMESTAMP),
        ("123e4567-e89b-12d3-a456-426614174000", Format.UUID),
        ("2026-11-20T10:00:00Zulu", Format.TEXT),
        ("", Format.TEXT),
    ],
)
def test_format(text: str, written: Format) -> None:
    assert format_of(text) is written


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("Zoë Müller, 12 €", '"Aaa Aaaaaa, 99 ?"'),
        ("s" * 40, f'"{"a" * 32}…"'),
        (0, "number(1 digits)"),
        (True, "boolean"),
        (None, "null"),
        (Decimal("12.50"), "number(2 digits, 1 decimals)"),
        ({"secret": 1}, "object(1 keys)"),
    ],
)
def test_sample_shows_shape_only(value: object, seen: str) -> None:
    assert shape(value) == seen
