"""A batch against its ACTIVE version and its contract in one judgement; and one record against a contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from schema_guard.core import contracted
from schema_guard.core.breach import breaches
from schema_guard.core.classify import Criteria
from schema_guard.core.infer import infer
from schema_guard.core.json_schema import from_json_schema
from schema_guard.core.json_text import parse
from schema_guard.core.removal import Removal
from schema_guard.core.schema import finalise
from schema_guard.core.versus import FORBIDDEN

CASES = Path(__file__).parents[1] / "cases" / "declared"
JUDGED = yaml.safe_load((CASES / "judged.yml").read_text())
BROKEN = yaml.safe_load((CASES / "breaches.yml").read_text())


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in JUDGED.items()])
def test_a_batch_under_its_contract(case: dict[str, Any]) -> None:
    active = finalise(infer(map(parse, case["active"]))) if "active" in case else None
    criteria = Criteria(
        pk_fields=case.get("keys", []),
        targets=["iceberg_v2"],
        policy=case.get("policy", {}),
        removal=Removal(case.get("removal", "evidence")),
    )

    judgement = contracted.judge(
        active, from_json_schema(case["contract"]), infer(map(parse, case["records"])), criteria
    )

    forbidden = [f for f in judgement.findings if (f.evidence.basis or "").endswith(FORBIDDEN)]
    assert judgement.verdict == case["verdict"]
    assert [f"{f.code} {f.severity} {f.pointer}" for f in forbidden] == case["forbidden"]
    assert judgement.reject_breaches == case.get("rejects", False)
    told = [(finding.code, finding.pointer) for finding in judgement.findings]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in BROKEN.items()])
def test_where_one_record_breaks_a_contract(case: dict[str, Any]) -> None:
    contract = from_json_schema(case["contract"])

    assert {record: breaches(parse(record), contract) for record in case["records"]} == case["records"]
