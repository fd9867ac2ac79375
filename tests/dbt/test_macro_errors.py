"""What is no valid argument of a macro is told with what is allowed, and nothing is built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from metastore_sync.settings import PROJECT
from tests.dbt.invocation import invoke

pytestmark = pytest.mark.stack
CASES = yaml.safe_load((PROJECT / "tests/cases/macros/errors.yml").read_text(encoding="utf-8"))
COLUMNS = {"id": "string", "v": "int", "at": "string"}


def test_arguments_that_cannot_be_are_told_with_what_is_allowed(
    lake: Callable[..., Any], record: Callable[..., Any], dbt_home: Path
) -> None:
    """One run of dbt for all: a model that cannot be compiled stops none of the others."""
    keyed, other, waiting = lake(mode="upsert", pk_fields=["id"]), lake(mode="append"), lake(mode="append")
    captured = lake(mode="upsert", pk_fields=["id"], order_by=["v"], cdc={"table": "public.t"})
    for one in (keyed, other, captured):
        one.admit(record({"id": "a", "v": 1}), columns=COLUMNS)
    words = {"NAME": keyed.name, "OTHER": other.name, "WAITING": waiting.name, "CAPTURED": captured.name}
    _run(keyed, [f"slv_{keyed.name}", *(f"brz_{one.name}" for one in (keyed, other, waiting, captured))])
    folder = dbt_home / "models" / keyed.name
    for name, case in CASES.items():
        model = f"agg_{name}_{keyed.name}"
        (folder / f"{model}.sql").write_text(_filled(case["model"], words), encoding="utf-8")
        described = {"models": [{"name": model, **case.get("properties", {})}]}
        (folder / f"{model}.yml").write_text(yaml.safe_dump(described), encoding="utf-8")
    view = f"dev_tidegate_test_silver.slv_{keyed.name}_current"
    keyed.rows(f"create view {view} as select *, cast(at as date) as day from {{slv}}")  # noqa: S608

    said = {}
    try:
        said = _run(keyed, [f"agg_{name}_{keyed.name}" for name in CASES])
    finally:
        keyed.rows(f"drop view {view}")

    missing = {
        name: (line, said[f"agg_{name}_{keyed.name}"])
        for name, case in CASES.items()
        for line in case["says"]
        if _filled(line, words) not in said[f"agg_{name}_{keyed.name}"]
    }
    assert missing == {}
    built = keyed.rows(f"show tables in dev_tidegate_test_gold like 'agg_*{keyed.name}'")
    assert built == []


def test_a_model_whose_prefix_names_no_layer_is_told_which_do(lake: Callable[..., Any]) -> None:
    one = lake(mode="append")
    one.model("odd", "select 1 as id")

    told = str(one.build(select="odd").exception)

    assert f"model odd_{one.name}: its prefix names no layer. Nothing was built." in told
    assert "Rename it to one of brz_ slv_ dim_ fct_ agg_, or give it a config `schema`." in told


def _run(one: Any, names: list[str]) -> dict[str, str]:
    """Run models, of whatever dataset; return what dbt says of each."""
    line = one.words(one.target, "")
    result = invoke([*line[: line.index("--select")], "--select", *names])
    assert result.result, result.exception
    return {ran.node.name: f"{ran.status}: {ran.message}" for ran in result.result}


def _filled(text: str, words: dict[str, str]) -> str:
    for word, name in words.items():
        text = text.replace(word, name)
    return text.replace("source_view()", f"ref('slv_{words['NAME']}').incorporate(path={{'identifier':"
                        f" 'slv_{words['NAME']}_current'}})")  # fmt: skip
