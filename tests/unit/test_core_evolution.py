"""What the guard says about a batch: literal verdicts, one file of cases per finding code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from schema_guard.core.classify import Criteria, Judgement, Past, judge
from schema_guard.core.ddl import spark_ddl
from schema_guard.core.diff import diff
from schema_guard.core.finding import Code, Finding
from schema_guard.core.infer import Inference, infer
from schema_guard.core.json_text import parse_record
from schema_guard.core.kinds import Position, names
from schema_guard.core.likeness import Likeness, Profile, likeness
from schema_guard.core.policy import DEFAULT
from schema_guard.core.presence import Ledger
from schema_guard.core.removal import Removal
from schema_guard.core.renames import Pair, candidates
from schema_guard.core.schema import Schema, finalise

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/cases/evolution"
CONTRACT = json.loads((ROOT / "docs/contracts/findings.schema.json").read_text())

#: The gate makes it, from manifests.
ELSEWHERE = {Code.LANDING_GAP}

ICEBERG = Criteria(targets=["iceberg_v2"])

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


def written(line: str) -> Iterator[str]:
    """Write out `N x LINE`, where each # in LINE is another number."""
    times = re.match(r"(\d+) x ", line)
    if times is None:
        yield expanded(line)
    else:
        yield from (line[times.end() :].replace("#", str(7 * n)) for n in range(int(times[1])))


def observed(lines: list[str]) -> Inference:
    return infer(parse_record(text) for line in lines for text in written(line))


def criteria(case: dict[str, Any]) -> Criteria:
    return Criteria(
        pk_fields=case.get("pk_fields", []),
        partition_keys=case.get("partition_keys", []),
        targets=case.get("targets", ["iceberg_v2"]),
        policy=case.get("policy", {}),
        removal=Removal(case.get("removal", "evidence")),
    )


def past(case: dict[str, Any]) -> tuple[Schema | None, Ledger]:
    """Return the version and the presence that the earlier batches of a case left."""
    if "earlier" not in case:
        return (None if case["active"] is None else finalise(observed(case["active"]))), {}
    active, ledger = None, {}
    for lines in case["earlier"]:
        batch = observed(lines)
        ledger = judge(active, batch, criteria(case), Past(ledger)).ledger
        active = finalise(batch, active)
    return active, ledger


def profile(lines: list[str], pointer: str) -> Profile:
    found = Profile()
    for line in lines:
        for text in written(line):
            value = parse_record(text)
            for name in names(pointer):
                value = value.get(name, {}) if isinstance(value, dict) else {}
            if value != {}:
                found.add(value)
    return found


def likenesses(case: dict[str, Any], active: Schema | None, ledger: Ledger) -> dict[Pair, Likeness]:
    """Return what the gate would find in the landed objects."""
    batch = observed(case["batch"])
    after = judge(active, batch, criteria(case), Past(ledger)).ledger
    found = {}
    for pair in candidates(diff(active, batch, pk_fields=case.get("pk_fields", [])), batch.records, after):
        old = profile([*case.get("earlier", [[]])[-1], *case["batch"]], pair.old)
        new = profile(case["batch"], pair.new)
        found[pair] = likeness(names(pair.old)[-1], old, names(pair.new)[-1], new)
    return found


def judged(case: dict[str, Any]) -> tuple[Schema | None, Inference, Judgement]:
    active, ledger = past(case)
    batch = observed(case["batch"])
    known = Past(ledger, likenesses(case, active, ledger))
    return active, batch, judge(active, batch, criteria(case), known)


def line(finding: Finding) -> str:
    old, new = finding.old or "-", finding.new or "-"
    pointer = re.sub(r"(/\*){2,}", lambda stars: f"/*{len(stars[0]) // 2}", finding.pointer)
    old = "<struct>" if len(old) > 1000 else old
    new = "<deep>" if new.count("array<") > 10 else new
    count = finding.evidence.count
    return f"{finding.code} {finding.severity} {pointer} {old} -> {new} ({count})"


@pytest.mark.parametrize("case", EVOLUTIONS)
def test_batch_against_active_version(case: dict[str, Any]) -> None:
    _, _, judgement = judged(case)

    assert case["findings"] == [line(finding) for finding in judgement.findings]
    assert case["verdict"] == judgement.verdict
    assert case.get("reject_records", False) is judgement.reject_records
    for field, told in case.get("said", {}).items():
        (finding,) = (f for f in judgement.findings if f.code == field)
        document = {**finding.to_document(), **finding.to_document()["evidence"]}
        assert {name: document[name] for name in told} == told
    if "next" in case:
        assert case["next"] == spark_ddl(judgement.schema)


@pytest.mark.parametrize("case", EVOLUTIONS)
def test_findings_follow_their_contract(case: dict[str, Any]) -> None:
    _, _, judgement = judged(case)
    document = json.loads(json.dumps([finding.to_document() for finding in judgement.findings]))

    jsonschema.validate(document, CONTRACT)


def test_every_code_of_the_contract_has_policy_page_and_cases() -> None:
    contract = set(CONTRACT["items"]["properties"]["code"]["enum"])
    pages = {path.stem for path in (ROOT / "docs/findings").glob("*.md")}

    assert contract == {code.value for code in Code} == {code.value for code in DEFAULT}
    assert contract == pages - {"README"}
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

    (finding,) = judge(active, batch, ICEBERG).findings

    assert finding.evidence.to_document() == {
        "count": 3,
        "share": 0.6,
        "first": {"topic_id": "t1", "partition": 3, "offset": 9},
        "last": {"topic_id": "t1", "partition": 3, "offset": 12},
        "sample": '"AA-99"',
        "basis": None,
    }


def test_missing_key_names_its_first_and_last_record() -> None:
    batch = infer([{"id": 1}, {"a": 1}, {"id": 2}, {"a": 2}, {"id": 3}], Position("t", 0, 40))

    (finding,) = judge(None, batch, replace(ICEBERG, pk_fields=["id"])).findings

    assert finding.evidence.first == Position("t", 0, 41)
    assert finding.evidence.last == Position("t", 0, 43)
    assert finding.evidence.count == 2


@pytest.mark.parametrize(("policy", "targets"), [({"FIELD_ADDED": "shrug"}, ["spark"]), ({}, ["paper"])])
def test_unknown_action_or_target_is_an_error(policy: dict[str, str], targets: list[str]) -> None:
    active, batch = finalise(infer([{"a": 1}])), infer([{"a": 1.5}, {"b": 1}])

    with pytest.raises(ValueError, match=r"shrug|paper"):
        judge(active, batch, Criteria(targets=targets, policy=policy))
