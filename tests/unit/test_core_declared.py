"""Declared schemas: what a JSON Schema means as columns, and one declaration against another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from schema_guard.core.classify import Criteria
from schema_guard.core.ddl import spark_ddl
from schema_guard.core.finding import Finding
from schema_guard.core.infer import infer
from schema_guard.core.json_schema import DeclarationError, from_json_schema, to_json_schema
from schema_guard.core.schema import Schema, finalise
from schema_guard.core.versus import Direction, compare, violations

CASES = Path(__file__).parents[1] / "cases" / "declared"
COMPARISONS = yaml.safe_load((CASES / "comparisons.yml").read_text())
READ = yaml.safe_load((CASES / "json_schemas.yml").read_text())
BROKEN = yaml.safe_load((CASES / "violations.yml").read_text())


def document(short: Any) -> dict[str, Any]:
    """Write out a short declaration: a type's name, [element] or {field: type}."""
    match short:
        case [element]:
            return {"type": "array", "items": document(element)}
        case dict():
            fields = {name: document(below) for name, below in short.items()}
            return {"type": "object", "properties": fields, "required": list(fields)}
        case "date":
            return {"type": "string", "format": "date"}
        case _:
            return {"type": short}


def schema_of(short: dict[str, Any], optional: list[str]) -> Schema:
    declared = document(short)
    declared["required"] = [name for name in declared["required"] if name not in optional]
    return from_json_schema(declared).schema


def told(findings: tuple[Finding, ...]) -> list[str]:
    return sorted(f"{f.code} {f.severity} {f.pointer}" for f in findings)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in COMPARISONS.items()])
def test_what_a_change_of_declaration_breaks(case: dict[str, Any]) -> None:
    optional = case.get("optional", [])
    old = schema_of(case["old"], [] if case.get("only_new_optional") else optional)
    new = schema_of(case["new"], optional)
    criteria = Criteria(targets=case.get("targets", ["iceberg_v2"]))

    forward, backward = compare(old, new, criteria, Direction.FULL)

    assert told(forward.findings) == sorted(case["forward"])
    assert told(backward.findings) == sorted(case["backward"])
    assert compare(old, new, criteria, Direction.FORWARD) == [forward]
    assert compare(old, new, criteria, Direction.BACKWARD) == [backward]


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in READ.items()])
def test_the_columns_a_json_schema_declares(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(DeclarationError, match=case["error"]):
            from_json_schema(case["schema"])
        return
    declared = from_json_schema(case["schema"])

    assert spark_ddl(declared.schema) == case["ddl"]
    assert [f.name for f in declared.schema.fields if f.nullable] == case.get("nullable", [])
    assert sorted(declared.closed) == case.get("closed", [])


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in BROKEN.items()])
def test_what_arrived_against_its_contract(case: dict[str, Any]) -> None:
    contract = from_json_schema(case["contract"])
    arrived = infer(json.loads(line) for line in case["records"])

    findings = violations(contract, arrived, Criteria(targets=["iceberg_v2"]))

    assert told(findings) == sorted(what.replace(" ", " BREAKING ") for what in case["broken"])


def test_an_inferred_schema_survives_as_json_schema() -> None:
    records = [{"id": 1, "at": "2026-11-20", "lines": [{"n": 1.5}], "big": 2**63}, {"id": 2, "at": None}]
    schema = finalise(infer(records))

    assert from_json_schema(json.loads(json.dumps(to_json_schema(schema)))).schema == schema
