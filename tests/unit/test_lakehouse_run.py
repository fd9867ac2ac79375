"""A run of several datasets: each stands or falls alone, and the worst exit code is the run's."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lakehouse import build, deploy, retest, run, run_result, spark, steps
from lakehouse import receipt as receipts
from metastore_sync.errors import BrokenError, VerdictError
from metastore_sync.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def _steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three steps that end as the dataset's name says."""

    def guard(_: Settings, name: str) -> list[Any]:
        if name == "blocked":
            raise VerdictError("blocked: 1 breaking change", next_command="tidegate schema diff")
        return [SimpleNamespace(record_count=10, rejected_count=1)]

    def built(_: Settings, name: str, **__: object) -> build.BuildResult:
        if name == "broken":
            raise BrokenError("broken: 1 dbt node(s) failed")
        node = build.NodeResult(name=f"slv_{name}", kind="model", status="success", seconds=1.0)
        return build.BuildResult(nodes=(node,), seconds=1.0)

    monkeypatch.setattr(steps, "guard", guard)
    monkeypatch.setattr(build, "build", built)
    monkeypatch.setattr(receipts, "receipt", lambda *_: ["landed", "applied"])


@pytest.mark.usefixtures("_steps")
def test_one_datasets_failure_does_not_stop_the_others(settings: Settings) -> None:
    lines: list[str] = []

    results = run.run(settings, ["blocked", "broken", "orders"], lines.append)

    assert [(r.name, r.exit_code, list(r.seconds)) for r in results] == [
        ("blocked", 1, ["guard"]),
        ("broken", 2, ["guard", "build"]),
        ("orders", 0, ["guard", "build", "receipt"]),
    ]
    assert run_result.worst(results) == 2
    assert results[0].message == "blocked: 1 breaking change\nNext: tidegate schema diff"
    assert (results[2].batches, results[2].records, results[2].receipts) == (1, 9, 2)
    assert any(line.startswith("orders: receipt") for line in lines)


@pytest.mark.parametrize(
    ("codes", "worst"),
    [((), 0), ((0, 0), 0), ((0, 1), 1), ((1, 2), 2), ((64, 1), 64), ((64, 2), 2)],
)
def test_what_broke_outweighs_a_verdict(codes: tuple[int, ...], worst: int) -> None:
    assert run_result.worst([run_result.RunResult(name="d", exit_code=code) for code in codes]) == worst


def test_a_server_that_is_away_is_named_with_the_command_that_starts_it() -> None:
    settings = Settings(home=Path("/nowhere"), thrift="127.0.0.1:9")

    with pytest.raises(BrokenError) as error:
        spark.rows(settings, "select 1")

    assert str(error.value).startswith("Spark is away: 127.0.0.1:9 does not answer")
    assert str(error.value).endswith("Next: tidegate up")


@pytest.mark.parametrize(
    "met",
    [
        "org.apache.iceberg.exceptions.ValidationException: Found conflicting files",
        "[USER_RAISED_EXCEPTION] TIDEGATE_OVERTAKEN: gold.agg_orders_daily was written since this run looked",
        'Cannot invoke "org.apache.iceberg.PartitionSpec.schema()" because "this.spec" is null',
    ],
)
@pytest.mark.usefixtures("_steps")
def test_a_build_that_met_another_goes_again(
    met: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, tried = build.build, []

    def contested(*given: Any, **named: Any) -> build.BuildResult:
        tried.append(given)
        if len(tried) == 1:
            raise BrokenError("orders: 1 dbt node(s) failed", where=met)
        return built(*given, **named)

    monkeypatch.setattr(build, "build", contested)

    [result] = run.run(settings, ["orders"], lambda _: None)

    assert (result.exit_code, len(tried)) == (0, 2)


#: What each run brings → which of its builds ran the tests. (batches, did a model write, sources changed)
RUNS = {
    "the first run of a process tests": ([(0, False, False)], [True]),
    "nothing new: the tests stand": ([(1, True, False), *[(0, False, False)] * 2], [True, False, False]),
    "a new batch is tested": ([(1, True, False), (1, True, False)], [True, True]),
    "a table that lacked something is tested": ([(1, True, False), (0, True, False)], [True, False, True]),
    "a changed test runs": ([(1, True, False), (0, False, True)], [True, True]),
}


@pytest.mark.parametrize("name", list(RUNS))
def test_tests_that_passed_run_again_once_something_is_new(
    name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, expected = RUNS[name]
    tested: list[bool] = []
    sources = "first"
    for batches, wrote, changed in runs:
        node = build.NodeResult(name="slv", kind="model", status="success", seconds=1.0, has_written=wrote)

        def built(*_: object, words: tuple[str, ...], node: Any = node, **__: object) -> build.BuildResult:
            tested.append(words != retest.MODELS_ONLY)
            return build.BuildResult(nodes=(node,), seconds=1.0)

        reports = [SimpleNamespace(record_count=1, rejected_count=0)] * batches
        sources = "other" if changed else sources
        monkeypatch.setattr(steps, "guard", lambda *_, reports=reports: reports)
        monkeypatch.setattr(steps, "has_admitted", lambda *_: True)
        monkeypatch.setattr(build, "build", built)
        monkeypatch.setattr(deploy, "digest", lambda _, sources=sources: sources)
        monkeypatch.setattr(receipts, "receipt", lambda *_: [])
        monkeypatch.setattr(run, "areas", lambda *_: [])
        run.run(settings, ["orders"], lambda _: None)

    assert tested == expected
