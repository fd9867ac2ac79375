"""Who reads a field: models and columns, followed through compiled SQL."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from schema_guard.affected import Affected
from schema_guard.core.infer import infer
from schema_guard.core.schema import finalise
from schema_guard.impact import Model, affected, load

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases/impact/models.yml").read_text())
ACTIVE = finalise(infer([{"id": 1, "zip": "10115", "city": "Berlin", "batch_id": 7}]))


def models(case: dict[str, Any]) -> list[Model]:
    layers = {"slv": "silver", "brz": "bronze"}
    found = []
    for name, sql in case["models"].items():
        reads = re.findall(r"(?:bronze|silver|gold)\.\w+", sql or "") + case.get("reads", {}).get(name, [])
        relation = f"{layers.get(name[:3], 'gold')}.{name}"
        found.append(Model(name, relation, f"models/{name}.sql", tuple(reads), sql))
    return found


def told(model: Affected) -> list[str]:
    if model.unsure:
        return [f"(unsure: {model.unsure})"]
    return [*model.columns, *(["(condition)"] if model.in_conditions else [])]


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_what_a_change_of_a_field_reaches(case: dict[str, Any]) -> None:
    found = {m.model: told(m) for m in affected(models(case), "orders", ACTIVE, case["field"])}

    assert found.keys() == case["reached"].keys()
    for name, wanted in case["reached"].items():
        if wanted == ["(unsure)"]:
            assert found[name][0].startswith("(unsure: ")
        else:
            assert found[name] == wanted


def test_models_come_after_those_they_read(tmp_path: Path) -> None:
    def node(name: str, *reads: str) -> dict[str, Any]:
        return {
            "resource_type": "model",
            "name": name,
            "schema": "silver",
            "alias": name,
            "original_file_path": f"models/{name}.sql",
            "depends_on": {"nodes": [f"model.p.{other}" for other in reads]},
        }

    given = [node("last", "middle"), node("middle", "first"), node("first")]
    nodes = {f"model.p.{one['name']}": one for one in given}
    nodes["test.p.unique"] = {"resource_type": "test"}
    (tmp_path / "manifest.json").write_text(json.dumps({"metadata": {"project_name": "p"}, "nodes": nodes}))
    compiled = tmp_path / "compiled/p/models/first.sql"
    compiled.parent.mkdir(parents=True)
    compiled.write_text("select 1 as one")

    found = load(tmp_path)

    assert [model.name for model in found] == ["first", "middle", "last"]
    assert [model.sql for model in found] == ["select 1 as one", None, None]
    assert found[2].reads == ("silver.middle",)


def test_before_the_first_build_nothing_is_known(tmp_path: Path) -> None:
    assert load(tmp_path) == []
