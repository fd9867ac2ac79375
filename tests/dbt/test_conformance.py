"""What dbt-spark gets wrong on Iceberg, seen on dbt-spark alone, and right with this project's macros."""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.conformance import FORMATS, RECORDED, SIDES, Bench, Feature, features

pytestmark = pytest.mark.stack
RECORDS = "TIDEGATE_RECORD" in os.environ
COLUMNS = {"id": "string", "v": "int", "at": "string", "day": "string"}
#: What each batch brings, as (key, v, minute, day); None: a tombstone.
BATCHES: tuple[tuple[tuple[str, int, int, int] | tuple[str, None, int, None], ...], ...] = (
    (("k1", 1, 5, 1), ("k2", 2, 5, 2), ("k3", 3, 5, 3)),
    (("k1", 0, 1, 1), ("k2", None, 6, None), ("k3", 3, 7, 4)),
)
#: Format v3 and dbt-spark alone run when the page is recorded, and in `make soak`.
RUNS_ALL = RECORDS or "TIDEGATE_SOAK" in os.environ
LATER = pytest.mark.skipif(not RUNS_ALL, reason="part of `make soak`")
RUN = SIDES if RUNS_ALL else ("ours",)
CASES = [
    pytest.param(form, feature, id=f"{form}-{feature.name}", marks=[LATER] if form != "v2" else [])
    for form in FORMATS
    for feature in features()
]


def admissions(one: Any, record: Callable[..., Any]) -> Iterator[int]:
    """Admit one batch after another, each before its phase."""
    offset = 0
    for batch in BATCHES:
        records = []
        for key, v, minute, day in batch:
            value = {"id": key, "v": v, "at": f"2026-11-20T10:{minute:02d}:00Z", "day": f"2026-11-0{day}"}
            records.append(record(None if v is None else value, key=key, offset=offset, at=offset))
            offset += 1
        yield one.admit(*records, columns=COLUMNS)


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, dict[tuple[str, str], tuple[str, str]]]]:
    """What each format's run saw; recorded at the end when asked for."""
    found: dict[str, dict[tuple[str, str], tuple[str, str]]] = {}
    yield found
    if RECORDS:
        assert set(found) == set(FORMATS), "record all formats or none"
        RECORDED.write_text(json.dumps(_record(found), indent=1) + "\n", encoding="utf-8")


@pytest.fixture
def outcomes(
    seen: dict[str, Any],
    lake: Callable[..., Any],
    record: Callable[..., Any],
    tmp_path: Path,
    form: str,
) -> dict[tuple[str, str], tuple[str, str]]:
    """What became of each feature on each side; the first test of a format runs them all."""
    if form not in seen:
        seen[form] = {}  # a run that fails is not tried again for each feature
        one = lake(mode="upsert", pk_fields=["id"], order_by=["at"])
        bench = Bench(one, form, tmp_path / "stock", RUN)
        try:
            seen[form] = bench.run(admissions(one, record))
        finally:
            bench.drop()
    return dict(seen[form])


@pytest.mark.parametrize(("form", "feature"), CASES)
def test_a_feature_on_dbt_spark_alone_and_on_ours(
    form: str, feature: Feature, outcomes: dict[tuple[str, str], tuple[str, str]]
) -> None:
    found = {side: outcomes[feature.name, side] for side in RUN}

    assert {side: found[side][0] for side in RUN} == {side: feature.expected(form, side) for side in RUN}, (
        found
    )
    if not RECORDS:
        recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["features"][feature.name][form]
        assert {side: recorded[side]["outcome"] for side in RUN} == {side: found[side][0] for side in RUN}


def _record(found: dict[str, dict[tuple[str, str], tuple[str, str]]]) -> dict[str, Any]:
    versions = {name: importlib.metadata.version(name) for name in ("dbt-core", "dbt-spark", "pyspark")}
    results = {
        feature.name: {
            form: {
                side: dict(zip(("outcome", "saw"), found[form][feature.name, side], strict=True))
                for side in SIDES
            }
            for form in FORMATS
        }
        for feature in features()
    }
    return {"versions": versions, "features": results}
