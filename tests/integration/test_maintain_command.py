"""`tidegate maintain` and its DAG's task when they cannot do it: exit codes, words, who is told."""

from __future__ import annotations

import importlib
import json
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest

from metastore_sync import registry
from metastore_sync.model import Dataset, Mode, Source
from metastore_sync.settings import PROJECT, Settings
from tidegate.cli import execute

SHUT = "127.0.0.1:9"


@pytest.fixture
def orders(registry_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give a registry that holds the dataset orders; nothing answers where Spark should be."""
    for field in fields(registry_settings):
        monkeypatch.setenv(f"TIDEGATE_{field.name.upper()}", str(getattr(registry_settings, field.name)))
    monkeypatch.setenv("TIDEGATE_THRIFT", SHUT)
    dataset = Dataset(name="orders", kafka_topic="orders", mode=Mode.APPEND, owner="orders-team")
    with registry.connect(registry_settings) as conn:
        registry.put_dataset(conn, dataset, source=Source.FILE, actor="tests")
    return registry_settings


@pytest.fixture
def task(orders: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the DAG's task of the dataset."""
    monkeypatch.syspath_prepend(str(PROJECT / "dags"))
    dag = importlib.import_module("_maintenance_dag").maintenance_dag({"orders": "orders-team"})
    return dag.get_task("orders")


@pytest.mark.parametrize("name", ["ordrs", "marts.sales"])
def test_an_unknown_name_is_wrong_usage(
    orders: Settings, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["maintain", name]) == 64

    told = capsys.readouterr()
    assert told.out == ""
    assert f"{name}: no dataset has this name" in told.err
    assert "known datasets: orders" in told.err


def test_what_broke_is_told_with_exit_code_2(orders: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["maintain", "--json"]) == 2

    told = capsys.readouterr()
    [entry] = json.loads(told.out)
    assert (entry["name"], entry["exit_code"], entry["tables"]) == ("orders", 2, [])
    assert f"Spark is away: {SHUT}" in entry["message"]
    assert "orders: FAILED" in told.err


def test_a_retention_that_cannot_be_read_begins_nothing(
    orders: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIDEGATE_KEEP_RAW_DAYS", "soon")

    assert execute(["maintain"]) == 64
    assert "TIDEGATE_KEEP_RAW_DAYS: 'soon' is neither days" in capsys.readouterr().err


def test_the_dags_task_fails_with_the_message_and_is_tried_again(task: Any) -> None:
    with pytest.raises(Exception, match="Spark is away") as failed:
        task.python_callable("orders")

    assert type(failed.value).__name__ == "AirflowException"
    alert = importlib.import_module("_alerts")._alert(
        {
            "task_instance": SimpleNamespace(dag_id=task.dag_id, task_id=task.task_id, run_id="scheduled__1"),
            "task": task,
            "exception": failed.value,
        }
    )
    assert (alert["dataset"], alert["task"], alert["owner"], alert["next_command"]) == (
        "orders", "maintain", "orders-team", "tidegate maintain orders",
    )  # fmt: skip
    assert alert["message"].startswith("Spark is away")


def test_wrong_settings_fail_the_dags_task_for_good(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_KEEP_SNAPSHOT_DAYS", "0")

    with pytest.raises(Exception, match="TIDEGATE_KEEP_SNAPSHOT_DAYS") as failed:
        task.python_callable("orders")

    assert type(failed.value).__name__ == "AirflowFailException"
