"""The frozen seams: their schemas are sound, and each example keeps or breaks its contract as it is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

CONTRACTS = Path(__file__).resolve().parents[2] / "docs" / "contracts"
SCHEMAS = sorted(CONTRACTS.glob("*.schema.json"))
EXAMPLES = sorted(CONTRACTS.glob("examples/*/*.json"))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_contract_is_a_json_schema(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_example_is_what_its_name_says(path: Path) -> None:
    contract = json.loads((CONTRACTS / f"{path.parent.name}.schema.json").read_text(encoding="utf-8"))
    example = json.loads(path.read_text(encoding="utf-8"))

    kept = Draft202012Validator(contract).is_valid(example)

    assert kept == path.name.endswith(".pass.json")


def test_both_outcomes_are_shown_for_every_contract_with_examples() -> None:
    shown = {(path.parent.name, path.suffixes[0]) for path in EXAMPLES}

    assert shown == {(name, kind) for name in ("manifest", "record-line") for kind in (".pass", ".fail")}
