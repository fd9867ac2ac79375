"""What a step's exit code means to Airflow, and who hears of a failure."""

from __future__ import annotations

import importlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from metastore_sync.errors import BlockedError, BrokenError, LeaseLostError, UsageError, VerdictError

DAGS = Path(__file__).resolve().parents[2] / "dags"


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DAGS))
    return importlib.import_module("_tasks")


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DAGS))
    return importlib.import_module("_alerts")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (VerdictError("orders: a hole"), "AirflowFailException"),
        (BlockedError("orders: blocked"), "OwnerToldError"),
        (UsageError("orders: unknown"), "AirflowFailException"),
        (BrokenError("registry: away"), "AirflowException"),
        (LeaseLostError("orders: lease lost"), "AirflowException"),
    ],
    ids=[
        "a verdict is final",
        "blocked is final, and the check tells the owner",
        "wrong words are final",
        "broken is tried again",
        "a lost lease too",
    ],
)
def test_the_exit_code_decides_whether_airflow_tries_again(
    tasks: Any, error: Exception, outcome: str
) -> None:
    def act(*_: object) -> list[object]:
        raise error

    with pytest.raises(Exception, match=str(error)) as raised:
        tasks.attempt("orders", "guard", act)

    assert type(raised.value).__name__ == outcome


def test_the_whole_message_is_in_the_tasks_log(tasks: Any, caplog: pytest.LogCaptureFixture) -> None:
    def act(*_: object) -> list[object]:
        raise VerdictError("orders: 1 breaking change", next_command="tidegate schema diff orders")

    with pytest.raises(Exception, match="breaking"):
        tasks.attempt("orders", "guard", act)

    assert "orders: 1 breaking change\nNext: tidegate schema diff orders" in caplog.text


def test_a_webhook_hears_dataset_task_and_next_command(alerts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[dict[str, str]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            heard.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Ear) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        monkeypatch.setenv("TIDEGATE_ALERT_WEBHOOK", f"http://127.0.0.1:{server.server_port}/")
        alerts.tell_owner(failure())
        thread.join(timeout=10)

    assert [(h["dataset"], h["task"], h["owner"], h["next_command"]) for h in heard] == [
        ("orders", "guard", "orders-team", "tidegate status orders")
    ]


@pytest.mark.parametrize(
    ("dag", "task", "told"),
    [
        ("orders", "receipt", ("orders", "receipt", "tidegate status orders")),
        ("tidegate.maintenance", "orders", ("orders", "maintain", "tidegate maintain orders")),
        ("tidegate.maintenance", "marts.sales", ("marts.sales", "maintain", "tidegate maintain marts.sales")),
        ("marts.sales", "models.fct_orders", ("marts.sales", "models.fct_orders", "tidegate run")),
    ],
)
def test_an_alert_names_what_failed_and_not_the_dag_it_failed_in(
    alerts: Any, dag: str, task: str, told: tuple[str, ...]
) -> None:
    alert = alerts._alert(failure(dag=dag, task=task))

    assert (alert["dataset"], alert["task"], alert["next_command"]) == told


def test_a_webhook_that_is_away_costs_a_line_in_the_log(
    alerts: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TIDEGATE_ALERT_WEBHOOK", "http://127.0.0.1:9/")

    alerts.tell_owner(failure())

    assert "the alert was not delivered" in caplog.text


def test_a_blocked_dataset_is_not_told_a_second_time(
    tasks: Any, alerts: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The check told the owner: here no request is made, not even one that fails."""
    monkeypatch.setenv("TIDEGATE_ALERT_WEBHOOK", "http://127.0.0.1:9/")

    alerts.tell_owner(failure(tasks.OwnerToldError("orders: 1 breaking change")))

    assert issubclass(tasks.OwnerToldError, tasks.AirflowFailException)
    assert "alert for orders-team" in caplog.text
    assert "not delivered" not in caplog.text


def failure(error: Exception | None = None, *, dag: str = "orders", task: str = "guard") -> dict[str, Any]:
    return {
        "task_instance": SimpleNamespace(dag_id=dag, task_id=task, run_id="manual__1"),
        "task": SimpleNamespace(owner="orders-team"),
        "exception": error or RuntimeError("orders: 1 breaking change"),
    }
