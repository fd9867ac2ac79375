"""Every action for every finding ends where it says: a literal table, judged as the gate judges."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from schema_guard.core.classify import Judgement, Past, judge
from schema_guard.core.conform import misfits
from schema_guard.core.datatype import Array, Double, String, Struct, Type
from schema_guard.core.ddl import spark_type
from schema_guard.core.finding import Code, Verdict
from schema_guard.core.infer import Inference, infer
from schema_guard.core.json_text import parse_record
from schema_guard.core.kinds import ANY_ELEMENT, names
from schema_guard.core.policy import Action
from schema_guard.core.schema import Schema, finalise
from tests.unit.test_core_evolution import criteria, likenesses, observed, written

CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "cases/policy/effects.yml").read_text())

#: The gate makes it from manifests; it changes no schema.
ELSEWHERE = {Code.LANDING_GAP}

#: Where the action itself says that a field stays out, or that the records with it do.
LEFT_OUT = {
    (Code.FIELD_ADDED, Action.IGNORE): {"new"},
    (Code.CASE_COLLISION, Action.IGNORE): {"X"},
    (Code.CASE_COLLISION, Action.REJECT_RECORDS): {"X"},
}


def at(schema: Schema, pointer: str) -> str:
    """Return the type at a pointer as DDL, with `not null` and a string's format; - where there is none."""
    given: Type = schema.root
    null = ""
    for name in names(pointer):
        match given:
            case Struct():
                field = given.field(name)
                if field is None:
                    return "-"
                given, null = field.type, "" if field.nullable else " not null"
            case Array(element) if name == ANY_ELEMENT:
                given, null = element, ""
    text = re.sub(r"^(array<){64}.*", "<64 arrays>", spark_type(given))
    if given == Double(exact=False):
        text = "double inexact"
    if text == "string":
        text = f"string {given.format.value if isinstance(given, String) else 'json'}"
    return f"{text}{null}"


def settled(case: dict[str, Any], code: str, action: str) -> tuple[Judgement, Judgement]:
    """Return the judgement of a batch, and the one that counts: under `reject_records` of the rest."""
    by = replace(criteria(case), policy={code: action})
    active = finalise(observed(case["active"]))
    before = judge(None, observed(case["active"]), replace(by, policy={})).ledger
    asked = {**case, "earlier": [case["active"]]}
    past = Past(before, likenesses(asked, active, before))
    judgement = judge(active, observed(case["batch"]), by, past)
    if not judgement.reject_records or judgement.verdict is Verdict.BREAKING:
        return judgement, judgement
    rest: Inference = infer(
        value
        for line in case["batch"]
        for text in written(line)
        if not misfits(value := parse_record(text), active, by.pk_fields)
    )
    return judgement, judge(active, rest, by, past)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("code", sorted(set(Code) - ELSEWHERE))
def test_each_action_does_what_it_says(code: Code, action: Action) -> None:
    case = CASES[code.value]
    judgement, counts = settled(case, code.value, action.value)

    assert code in {finding.code for finding in judgement.findings}
    assert case[action.value] == f"{counts.verdict.value}: {at(counts.schema, case['pointer'])}"


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("code", sorted(set(Code) - ELSEWHERE))
def test_no_field_that_arrived_is_missing_unless_that_very_field_is_ignored(
    code: Code, action: Action
) -> None:
    case = CASES[code.value]
    _, counts = settled(case, code.value, action.value)

    arrived = set(observed(case["batch"]).root.children)
    assert arrived - {field.name for field in counts.schema.fields} == LEFT_OUT.get((code, action), set())


def test_an_ignored_rename_alone_makes_a_version_with_the_new_field() -> None:
    case = {
        "active": ['60 x {"id": #, "city": "C#-Ulm"}', '{"id": 1, "city": null}'],
        "batch": ['60 x {"id": #, "town": "C#-Ulm"}'],
    }

    judgement, _ = settled(case, "FIELD_RENAMED", "ignore")

    told = {finding.code: finding.severity.value for finding in judgement.findings}
    assert told == {"FIELD_ABSENT": "INFO", "FIELD_ADDED": "NON_BREAKING", "FIELD_RENAMED": "INFO"}
    # The gate makes a version only where something is to be taken.
    assert judgement.verdict is Verdict.NON_BREAKING
    assert at(judgement.schema, "/town") == "string text"
