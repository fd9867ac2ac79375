"""Every action for every finding ends where it says: a literal table, judged as the gate judges."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from schema_guard import landing_gaps
from schema_guard.accepted import AcceptedGap, GapKind
from schema_guard.batches import Batch
from schema_guard.chains import Cursor, Link
from schema_guard.core.classify import Judgement, Past, judge
from schema_guard.core.conform import misfits
from schema_guard.core.datatype import Array, Double, String, Struct, Type
from schema_guard.core.ddl import spark_type
from schema_guard.core.finding import Code, Verdict
from schema_guard.core.infer import Inference, infer
from schema_guard.core.json_text import parse_record
from schema_guard.core.kinds import ANY_ELEMENT, Position, names
from schema_guard.core.policy import Action
from schema_guard.core.schema import Schema, finalise
from schema_guard.manifests import Manifest
from tests.unit.test_core_evolution import criteria, likenesses, observed, written

CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "cases/policy/effects.yml").read_text())

#: The gate makes it from manifests; it changes no schema, so it has a test of its own.
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


def gap(*, accepted: bool = False) -> tuple[Batch, list[AcceptedGap]]:
    """Return a batch of one object, written by somebody who does not vouch for the offsets before it."""
    manifest = Manifest(
        data_key="orders/date=2026-11-20/x.jsonl.gz",
        topic_id="0a1b2c3d",
        partition=0,
        expected_offset=1,
        chain_start_offset=0,
        first_offset=4,
        last_offset=4,
        record_count=1,
        bytes=1,
        sha256="0" * 64,
        is_gzip=True,
        landed_at=datetime(2026, 11, 20, tzinfo=UTC),
        contiguous_read=False,
    )
    loss = AcceptedGap(
        topic_id="0a1b2c3d",
        partition=0,
        kind=GapKind.RETENTION_LOSS,
        first_offset=1,
        last_offset=3,
        data_key=None,
        batch_id=None,
        record_count=0,
        rejected_count=0,
        content_hash=0,
        actor="ann",
        why="retention",
        at=datetime(2026, 11, 21, tzinfo=UTC),
    )
    cursor = Cursor(topic_id="0a1b2c3d", generation=1, partition=0, next_offset=1)
    return Batch((Link(cursor, manifest),)), [loss] if accepted else []


@pytest.mark.parametrize("action", CASES["LANDING_GAP"])
def test_a_gap_in_landing_counts_as_policy_says_unless_somebody_answers_for_it(action: str) -> None:
    batch, losses = gap(accepted=action == "accepted")
    policy = {"LANDING_GAP": "block" if action == "accepted" else action}

    (found,) = gaps = landing_gaps.in_batch(batch, policy, losses)

    verdict = landing_gaps.counted_in(Verdict.NONE, gaps)
    assert f"{verdict}, told {found.severity}" == CASES["LANDING_GAP"][action]
    assert (found.evidence.first, found.evidence.last) == (
        Position("0a1b2c3d", 0, 1),
        Position("0a1b2c3d", 0, 4),
    )
    assert "3 offsets without a record" in (found.evidence.sample or "")


def test_every_action_of_every_code_is_in_the_table() -> None:
    actions = {action.value for action in Action}

    assert CASES.keys() == {code.value for code in Code}
    assert [code for code, case in CASES.items() if not actions <= case.keys()] == []
