"""Real DAG runs, by Airflow's own command, of what other tests call as functions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest

from lakehouse import slices
from metastore_sync import registry, snapshot
from metastore_sync.settings import PROJECT, Settings
from schema_guard.core.infer import infer
from schema_guard.core.schema import finalise
from tests.dbt.backfilled import NOTES, Dataset, Make, Record, order, orders
from tests.dbt.beside import by_hand, end_as_one, waiting
from tests.dbt.catalog import SECONDS, Catalog

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif("TIDEGATE_SOAK" not in os.environ, reason="Airflow starts for each run"),
]
Airflow = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def airflow(tmp_path: Path) -> Callable[[Settings], Airflow]:
    """Give Airflow's command with a database of its own, for the DAGs of an installation."""

    def of(settings: Settings) -> Airflow:
        given = {f"TIDEGATE_{f.name.upper()}": str(getattr(settings, f.name)) for f in fields(settings)}
        host, _, port = settings.thrift.partition(":")
        variables = {
            **os.environ, **given,
            "TIDEGATE_THRIFT_HOST": host, "TIDEGATE_THRIFT_PORT": port,
            "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "true",
        }  # fmt: skip

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            command = [str(Path(sys.executable).parent / "airflow"), *words]
            return subprocess.run(
                command, env=variables, cwd=PROJECT, text=True, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip

        assert run("db", "migrate").returncode == 0
        return run

    return of


def deploy(dataset: Dataset) -> None:
    """Write what DAG files read: slices, and the snapshot with the schema as the guard describes it."""
    found = finalise(infer([order("a", "10:00")]))
    dataset.facts(
        "update registry.schema_version set fingerprint = %(fingerprint)s, schema = %(schema)s::jsonb"
        " where dataset = %(name)s and status = 'ACTIVE' returning 1",
        fingerprint=found.fingerprint,
        schema=json.dumps(found.to_document()),
    )
    slices.write(dataset.settings)
    with registry.connect(dataset.settings) as conn:
        snapshot.write(dataset.settings, conn)


def test_a_run_with_dates_is_a_backfill_and_maintenance_is_a_run(
    make: Make, record: Record, airflow: Callable[[Settings], Airflow]
) -> None:
    dataset = orders(make, record)
    deploy(dataset)
    run = airflow(dataset.settings)

    window = '{"start_date": "2026-11-20T10:00", "end_date": "2026-11-20T11:00"}'
    made = run("dags", "test", dataset.name, "--conf", window)

    assert made.returncode == 0, made.stdout[-4000:]
    assert "Run failed" not in made.stdout
    assert dataset.rows(NOTES) == [("a", 1, "n1", 2), ("b", 1, "n1", 2), ("c", 1, None, 1)]
    told = dataset.facts("select state, actor from registry.backfill where dataset = %(name)s")
    assert [(state, actor.split(" ")[0]) for state, actor in told] == [("DONE", "airflow")]

    half = run("dags", "test", dataset.name, "--conf", '{"start_date": "2026-11-20T10:00"}')
    assert "Run failed" in half.stdout
    assert "is neither a date nor an instant" in half.stdout

    kept = run("tasks", "test", "tidegate.maintenance", dataset.name)
    assert kept.returncode == 0, kept.stdout[-4000:]
    assert f"silver.slv_{dataset.name}: rewrote" in kept.stdout


def test_a_run_by_hand_beside_a_run_of_the_dag_ends_as_one(
    make: Make, record: Record, airflow: Callable[[Settings], Airflow]
) -> None:
    """The DAG's task and `dbt run` both load the waiting batch before either commits; Airflow tries again."""
    with waiting(make, record) as dataset:
        deploy(dataset)
        run = airflow(dataset.settings)
        with ThreadPoolExecutor(1) as threads:
            with Catalog().held("bronze", f"brz_{dataset.name}"):
                made = threads.submit(run, "dags", "test", dataset.name)
                Catalog().wait(1, 2 * SECONDS)
                hand = by_hand(dataset)
                Catalog().wait(2)
            done = made.result(4 * SECONDS)

        assert "Run failed" not in done.stdout, done.stdout[-4000:]
        assert done.returncode == 0, done.stdout[-4000:]
        end_as_one(dataset, hand)
