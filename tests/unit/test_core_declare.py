"""What declared changes of columns make of a version, as literal cases; and what arrives in spite of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from schema_guard.core.classify import Criteria, Past, judge
from schema_guard.core.ddl import spark_ddl
from schema_guard.core.ddl_text import read_columns, read_type
from schema_guard.core.declare import ImpossibleError, declare
from schema_guard.core.given_up import without
from schema_guard.core.infer import infer
from schema_guard.core.operation import AddColumn, DropColumn, Operation, RenameColumn, WidenColumn
from schema_guard.core.presence import Presence
from schema_guard.core.schema import Schema, finalise

ROOT = Path(__file__).parents[2]
CASES = yaml.safe_load((ROOT / "tests/cases/tables/declared.yml").read_text())
CONTRACT = json.loads((ROOT / "docs/contracts/findings.schema.json").read_text())
CRITERIA = Criteria(pk_fields=["id"], targets=["iceberg_v2"], table="silver.slv_orders")


def operation(kind: str, pointer: str, *rest: str) -> Operation:
    match kind:
        case "add_column":
            return AddColumn(pointer, read_type(*rest))
        case "widen_column":
            return WidenColumn(pointer, read_type(*rest))
        case "drop_column":
            return DropColumn(pointer)
        case _:
            return RenameColumn(pointer, *rest)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_operations(case: dict[str, Any]) -> None:
    tables = read_columns(case["tables"]) if "tables" in case else Schema()

    def made() -> Any:
        asked = [operation(*one) for one in case["do"]]
        return declare(read_columns(case["active"]), asked, CRITERIA, named={"id"}, tables=tables)

    if "refused" in case:
        with pytest.raises(ImpossibleError) as refusal:
            made()
        assert case["refused"] in str(refusal.value)
        return
    found, expected = made(), case["then"]
    assert spark_ddl(found.schema) == expected["ddl"]
    told = [f"{f.code} {f.pointer} {'rebuild' if f.rebuild else '-'}" for f in found.findings]
    assert told == expected["findings"]
    assert {f.severity for f in found.findings} == {"NON_BREAKING"}
    jsonschema.validate([f.to_document() for f in found.findings], CONTRACT)
    assert sorted(found.dropped) == expected.get("dropped", sorted(found.dropped))
    assert dict(found.renamed) == expected.get("renamed", dict(found.renamed))
    if "accept" in expected:
        assert [f.accept for f in found.findings] == expected["accept"]


def test_a_straggler_is_told_and_kept_out() -> None:
    active = read_columns("id bigint, s struct<b: bigint>")
    arrived = infer([{"id": 1, "zip": 10115, "s": {"b": 1, "c": {"d": 1}}}, {"id": 2, "s": {"b": 2}}])

    kept, strays = without(arrived, ["/zip", "/s/c"], active)
    judgement = judge(active, kept, CRITERIA, Past(strays=strays))

    assert spark_ddl(finalise(kept, active)) == "`id` bigint, `s` struct<`b`: bigint>"
    told = [(f.code, f.severity, f.pointer, f.new, f.evidence.count) for f in judgement.findings]
    assert told == [
        ("FIELD_ADDED", "INFO", "/s/c", "struct<`d`: bigint>", 1),
        ("FIELD_ADDED", "INFO", "/zip", "bigint", 1),
    ]
    assert judgement.verdict == "NONE"
    assert "/zip" not in judgement.ledger
    assert "/zip" in judge(active, arrived, CRITERIA).ledger


def test_a_straggler_inside_arrays_is_kept_out() -> None:
    active = read_columns("l array<struct<a: bigint>>")
    kept, strays = without(infer([{"l": [{"a": 1, "b": 2}, {"a": 1}]}]), ["/l/*/b"], active)

    assert [stray.pointer for stray in strays] == ["/l/*/b"]
    assert finalise(kept, active).fingerprint == finalise(infer([{"l": [{"a": 1}]}]), active).fingerprint


def test_a_field_added_again_is_no_straggler() -> None:
    arrived = infer([{"id": 1, "zip": "N1"}])

    assert without(arrived, ["/zip"], read_columns("id bigint, zip string")) == (arrived, ())


def test_what_was_declared_added_arrives_without_a_finding() -> None:
    made = declare(read_columns("id bigint"), [AddColumn("/on", read_type("string"))], CRITERIA)

    judgement = judge(made.schema, infer([{"id": 1, "on": "2026-11-20"}]), CRITERIA)

    assert (judgement.verdict, judgement.findings) == ("NONE", ())


def test_a_renamed_field_may_stay_away() -> None:
    known = {"/id": Presence(100, 100), "/zip": Presence(100, 100, 100, 2)}
    active, arrived = read_columns("id bigint, zip bigint"), infer([{"id": n} for n in range(100)])

    declared = judge(active, arrived, CRITERIA, Past(known, renamed=["/zip"]))
    undeclared = judge(active, arrived, CRITERIA, Past(known))

    assert ([f.code for f in declared.findings], declared.verdict) == (["FIELD_ABSENT"], "NONE")
    assert ([f.code for f in undeclared.findings], undeclared.verdict) == (["FIELD_REMOVED"], "BREAKING")
