"""What is no valid argument of a macro is told with what is allowed, and nothing is built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from metastore_sync.settings import PROJECT

pytestmark = pytest.mark.stack
CASES = yaml.safe_load((PROJECT / "tests/cases/macros/errors.yml").read_text(encoding="utf-8"))
COLUMNS = {"id": "string", "v": "int", "at": "string"}


def test_arguments_that_cannot_be_are_told_with_what_is_allowed(
    lake: Callable[..., Any], record: Callable[..., Any], dbt_home: Path
) -> None:
    """One run of dbt for all: a model that cannot be compiled stops none of the others."""
    keyed, other, waiting = lake(mode="upsert", pk_fields=["id"]), lake(mode="append"), lake(mode="append")
    keyed.admit(record({"id": "a", "v": 1}), columns=COLUMNS)
    other.admit(record({"id": "a", "v": 1}), columns=COLUMNS)
    words = {"NAME": keyed.name, "OTHER": other.name, "WAITING": waiting.name}
    keyed.run()
    other.run(select="brz")
    waiting.run(select="brz")
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
        line = keyed.words(keyed.target, "")
        names = [f"agg_{name}_{keyed.name}" for name in CASES]
        from dbt.cli.main import dbtRunner  # noqa: PLC0415  # dbt takes seconds to import

        result = dbtRunner().invoke([*line[: line.index("--select")], "--select", *names])
        assert result.result, result.exception
        said = {one.node.name: f"{one.status}: {one.message}" for one in result.result}
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


def _filled(text: str, words: dict[str, str]) -> str:
    for word, name in words.items():
        text = text.replace(word, name)
    return text.replace("source_view()", f"ref('slv_{words['NAME']}').incorporate(path={{'identifier':"
                        f" 'slv_{words['NAME']}_current'}})")  # fmt: skip
