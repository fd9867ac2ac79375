"""The page docs/conformance.md: which features hold on dbt-spark alone and with this project's macros."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests/cases/conformance"
RECORDED = ROOT / "docs/conformance.json"
FORMATS = ("v2", "v3")
SIDES = ("stock", "ours")
MARKS = {"works": "yes", "wrong": "**wrong rows**", "error": "fails"}
HEAD = """# dbt on Iceberg: what holds

Written by `make docs` from what `make conformance` saw and recorded. Each feature is a model that is built
twice over one Spark: once with dbt-spark {dbt-spark} alone ("stock"), once with this project's macros
("ours"), in tables of Iceberg's format 2 and 3 (dbt-core {dbt-core}, Spark {pyspark}). A feature that is a
refusal holds when dbt refuses and the rows of before stay. The cases: `tests/cases/conformance`.

| feature | v2 stock | v2 ours | v3 stock | v3 ours | what stock does |
|---|---|---|---|---|---|
"""


class UnrecordedError(Exception):
    """Features of the cases and of the recorded results differ; `make conformance` records anew."""


def page(cases: Path = CASES, recorded: Path = RECORDED) -> str:
    """Return the page's text; UnrecordedError when a case has no result, or a result no case."""
    results = json.loads(recorded.read_text(encoding="utf-8"))
    features = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in cases.glob("*.yml")}
    if differing := sorted(features.keys() ^ results["features"].keys()):
        raise UnrecordedError(
            f"docs/conformance.json: {', '.join(differing)} stand in the cases or the results alone;"
            " the page was not written. Next: make conformance"
        )
    rows = [_row(name, features[name], results["features"][name]) for name in sorted(features)]
    return HEAD.format(**results["versions"]) + "\n".join(rows) + "\n"


def _row(name: str, case: dict[str, Any], result: dict[str, Any]) -> str:
    marks = " | ".join(MARKS[result[form][side]["outcome"]] for form in FORMATS for side in SIDES)
    link = f"[{case['feature']}](../tests/cases/conformance/{name}.yml)"
    return f"| {link} | {marks} | {case.get('stock_does', '')} |"
