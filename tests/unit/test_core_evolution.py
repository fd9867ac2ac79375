"""What the guard says about a batch: literal verdicts, one file of cases per finding code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from schema_guard.core.classify import Judgement, judge
from schema_guard.core.ddl import spark_ddl
from schema_guard.core.finding import Code, Finding
from schema_guard.core.infer import Inference, infer
from schema_guard.core.json_text import parse_record
from schema_guard.core.kinds import Position
from schema_guard.core.policy import DEFAULT
from schema_guard.core.schema import Schema, finalise

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/cases/evolution"
CONTRACT = json.loads((ROOT / "docs/contracts/findings.schema.json").read_text())

#: Declared codes that this guard does not produce from one batch, or that the gate makes.
ELSEWHERE = {Code.FIELD_REMOVED, Code.FIELD_RENAMED, Code.LANDING_GAP}

EVOLUTIONS = [
    pytest.param(case, id=f"{path.stem}-{name}")
    for path in sorted(CASES.glob("*.yml"))
    if path.stem != "promotions"
    for name, case in yaml.safe_load(path.read_text()).items()
]


def expanded(text: str) -> str:
    """Write out the two shorthands of the case files."""

    def keys(found: re.Match[str]) -> str:
        return "{" + ", ".join(f'"k{n}": 1' for n in range(int(found[1]), int(found[2]) + 1)) + "}"

    text = re.sub(r"\{(\d+)\.\.(\d+)\}", keys, text)
    return re.sub(r"\[(\d+) deep\]", lambda n: "[" * int(n[1]) + "1" + "]" * int(n[1]), text)


def observed(lines: list[str]) -> Inference:
    return infer(parse_record(expanded(line)) for line in lines)


def judged(case: dict[str, Any]) -> tuple[Schema | None, Inference, Judgement]:
    active = None if case["active"] is None else finalise(observed(case["active"]))
    batch = observed(case["batch"])
    judgement = judge(
        active,
        batch,
        pk_fields=case.get("pk_fields", []),
        partition_keys=case.get("partition_keys", []),
        targets=case.get("targets", ["iceberg_v2"]),
        policy=case.get("policy", {}),
    )
    return active, batch, judgement


def line(finding: Finding) -> str:
    old, new = finding.old or "-", finding.new or "-"
    pointer = re.sub(r"(/\*){2,}", lambda stars: f"/*{len(stars[0]) // 2}", finding.pointer)
    old = "<struct>" if len(old) > 1000 else old
    new = "<deep>" if new.count("array<") > 10 else new
    count = finding.evidence.count
    return f"{finding.code} {finding.severity} {pointer} {old} -> {new} ({count})"


@pytest.mark.parametrize("case", EVOLUTIONS)
def test_batch_against_active_version(case: dict[str, Any]) -> None:
    active, batch, judgement = judged(case)

    assert case["findings"] == [line(finding) for finding in judgement.findings]
    assert case["verdict"] == judgement.verdict
    assert case.get("reject_records", False) is judgement.reject_records
    if "next" in case:
        assert case["next"] == spark_ddl(finalise(batch, active))


@pytest.mark.parametrize("case", EVOLUTIONS)
def test_findings_follow_their_contract(case: dict[str, Any]) -> None:
    _, _, judgement = judged(case)
    document = json.loads(json.dumps([finding.to_document() for finding in judgement.findings]))

    jsonschema.validate(document, CONTRACT)


def test_every_code_of_the_contract_has_policy_page_and_cases() -> None:
    contract = set(CONTRACT["items"]["properties"]["code"]["enum"])
    pages = {path.stem for path in (ROOT / "docs/findings").glob("*.md")}

    assert contract == {code.value for code in Code} == {code.value for code in DEFAULT}
    assert contract <= pages
    for code in set(Code) - ELSEWHERE:
        assert (CASES / f"{code.value.lower()}.yml").exists()


@pytest.mark.parametrize("code", list(Code))
def test_page_says_what_happened_and_what_to_type(code: Code) -> None:
    page = (ROOT / f"docs/findings/{code}.md").read_text()
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)

    assert page.startswith(f"# {code}\n")
    assert headings == ["What it means", "Default", "Example", "What to do"]
    assert f"`{DEFAULT[code]}`" in page


def test_evidence_names_first_and_last_record_and_only_the_shape() -> None:
    active = finalise(infer([{"zip": 1}]))
    batch = Inference()
    for offset, value in [(7, 1), (9, "AB-17"), (8, 2), (12, "x"), (10, "y")]:
        batch.add({"zip": value}, Position("t1", 3, offset))

    (finding,) = judge(active, batch, targets=["iceberg_v2"], policy={}).findings

    assert finding.evidence.to_document() == {
        "count": 3,
        "share": 0.6,
        "first": {"topic_id": "t1", "partition": 3, "offset": 9},
        "last": {"topic_id": "t1", "partition": 3, "offset": 12},
        "sample": '"AA-99"',
    }


def test_missing_key_names_its_first_record() -> None:
    batch = infer([{"id": 1}, {"id": 2}, {"a": 1}, {"a": 2}], Position("t", 0, 40))

    (finding,) = judge(None, batch, pk_fields=["id"], targets=["iceberg_v2"], policy={}).findings

    assert finding.evidence.first == Position("t", 0, 42)
    assert finding.evidence.count == 2


@pytest.mark.parametrize(("policy", "targets"), [({"FIELD_ADDED": "shrug"}, ["spark"]), ({}, ["paper"])])
def test_unknown_action_or_target_is_an_error(policy: dict[str, str], targets: list[str]) -> None:
    active, batch = finalise(infer([{"a": 1}])), infer([{"a": 1.5}, {"b": 1}])

    with pytest.raises(ValueError, match=r"shrug|paper"):
        judge(active, batch, targets=targets, policy=policy)
