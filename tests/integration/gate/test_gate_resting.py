"""What a DAG does for a dataset at rest: nothing, in green, with a note."""

from __future__ import annotations

import functools
import importlib
from types import SimpleNamespace

import pytest

from metastore_sync import registry
from metastore_sync.model import DatasetState
from metastore_sync.settings import PROJECT

#: What the task's process reads from its environment.
PASSED_ON = ("postgres_dsn", "s3_endpoint", "s3_access_key", "s3_secret_key", "raw_bucket", "snapshot_key")


@pytest.fixture
def guard(orders, monkeypatch):
    """The DAG's first task as a plain function, on this test's registry."""
    monkeypatch.syspath_prepend(str(PROJECT / "dags"))
    monkeypatch.setenv("TIDEGATE_HOME", str(orders.settings.home))
    for name in PASSED_ON:
        monkeypatch.setenv(f"TIDEGATE_{name.upper()}", getattr(orders.settings, name))
    task = importlib.import_module("_dataset_dag")._guard.function
    behind = SimpleNamespace(downstream_task_ids={"orders.brz_orders", "backfill"})
    return functools.partial(task, params={"start_date": None, "end_date": None}, task=behind)


@pytest.mark.parametrize("state", [DatasetState.PAUSED, DatasetState.RETIRED])
def test_a_dataset_at_rest_is_skipped_with_a_note(orders, guard, state):
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415 - loads slowly

    orders.land({"id": 1})
    with registry.connect(orders.settings) as conn:
        registry.set_state(conn, "orders", state, actor="ada", why="the shop migrates")

    with pytest.raises(AirflowSkipException, match=f"orders is {state} by ada, .*: the shop migrates"):
        guard("orders")

    assert orders.value("select count(*) from registry.batch") == 0


def test_a_dataset_in_use_is_judged(orders, guard):
    orders.land({"id": 1})

    follows = guard("orders")

    assert follows == ["orders.brz_orders"]
    assert orders.value("select count(*) from registry.batch") == 1
