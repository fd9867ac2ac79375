"""The few calls to Airflow's REST API (v2) that the demo makes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import requests

from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings

_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 1.0
_FINISHED = {"success", "failed"}


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One task of a finished DAG run and how often it was tried."""

    task_id: str
    state: str
    tries: int


@dataclass(frozen=True, slots=True)
class DagRun:
    """One finished DAG run."""

    dag_id: str
    run_id: str
    state: str
    tasks: tuple[TaskRun, ...]


class AirflowApi:
    """A session with Airflow's API server under the user of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._base = settings.airflow_url
        self._session = requests.Session()
        login = {"username": settings.airflow_user, "password": settings.airflow_password}
        token = self._call("POST", "/auth/token", json=login)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def wait_for_dag(self, dag_id: str, seconds: float = 180.0) -> None:
        """Wait until the DAG processor has parsed a DAG, then unpause it."""
        deadline = time.monotonic() + seconds
        while not self._has(dag_id):
            if time.monotonic() > deadline:
                raise BrokenError(
                    f"{dag_id}: Airflow has no such DAG after {seconds:.0f} s",
                    where=f"{self._base}/dags",
                    not_done="No DAG run was started.",
                    next_command="tidegate doctor",
                )
            time.sleep(_POLL_SECONDS)
        self._call("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": False})

    def trigger(self, dag_id: str) -> str:
        """Start a run now and return its id."""
        body = {"logical_date": None}
        return str(self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float = 600.0) -> DagRun:
        """Wait until a run has ended and return it with its tasks."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"
        deadline = time.monotonic() + seconds
        while (state := self._call("GET", path)["state"]) not in _FINISHED:
            if time.monotonic() > deadline:
                raise BrokenError(
                    f"{dag_id}: DAG run {run_id} is still {state} after {seconds:.0f} s",
                    where=f"{self._base}/dags/{dag_id}/runs/{run_id}",
                    not_done="The demo did not wait longer; the run goes on.",
                    next_command="tidegate status",
                )
            time.sleep(_POLL_SECONDS)
        instances = self._call("GET", f"{path}/taskInstances")["task_instances"]
        tasks = tuple(TaskRun(t["task_id"], str(t["state"]), t["try_number"]) for t in instances)
        return DagRun(dag_id, run_id, state, tasks)

    def log(self, run: DagRun, task_id: str) -> str:
        """Return the text of a task's first try."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/{task_id}/logs/1"
        content = self._call("GET", path)["content"]
        return "\n".join(str(line.get("event", line)) for line in content)

    def _has(self, dag_id: str) -> bool:
        url = f"{self._base}/api/v2/dags/{dag_id}"
        return bool(self._session.get(url, timeout=_TIMEOUT_SECONDS).ok)

    def _call(self, method: str, path: str, json: dict[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self._base}{path}"
        try:
            reply = self._session.request(method, url, json=json, timeout=_TIMEOUT_SECONDS)
            reply.raise_for_status()
        except requests.RequestException as error:
            raise BrokenError(
                f"Airflow did not answer {method} {path}",
                where=str(error),
                not_done="The DAG was not started or not followed.",
                next_command="tidegate doctor",
            ) from error
        answer: dict[str, Any] = reply.json()
        return answer
