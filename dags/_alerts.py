"""Tell a dataset's owner that a task failed for good: in the log, and by webhook if one is set."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from _tasks import MAINTENANCE, OwnerToldError
from lakehouse.manifest_slice import MARTS

log = logging.getLogger("tidegate.alerts")

#: Address that receives a JSON document per alert; empty: the log alone.
WEBHOOK = "TIDEGATE_ALERT_WEBHOOK"
_TIMEOUT_SECONDS = 10


def tell_owner(context: Mapping[str, Any]) -> None:
    """
    Write the alert of a failed task; a webhook that is away costs a line in the log.

    A BLOCKED dataset is left out of the webhook: the check that found it tells the owner, with the report.
    """
    alert = _alert(context)
    log.error("alert for %s: %s.%s failed", alert["owner"], alert["dataset"], alert["task"])
    is_told = isinstance(context.get("exception"), OwnerToldError)
    if not is_told and (address := os.environ.get(WEBHOOK, "")):
        _post(address, alert)


def _alert(context: Mapping[str, Any]) -> dict[str, str]:
    """Return the alert: `dataset` is a dataset or a mart area `marts.<area>`."""
    instance = context["task_instance"]
    name, task, command = _subject(str(instance.dag_id), str(instance.task_id))
    return {
        "dataset": name,
        "task": task,
        "run": str(instance.run_id),
        "owner": str(context["task"].owner),
        "message": str(context.get("exception") or "the task failed"),
        "next_command": command,
    }


def _subject(dag_id: str, task_id: str) -> tuple[str, str, str]:
    """Return what a task works on, what it does, what to type; a DAG bears the name of what it builds."""
    if dag_id == MAINTENANCE:
        return task_id, "maintain", f"tidegate maintain {task_id}"
    if dag_id.startswith(MARTS):
        return dag_id, task_id, "tidegate run"
    return dag_id, task_id, f"tidegate status {dag_id}"


def _post(address: str, alert: dict[str, str]) -> None:
    import requests  # noqa: PLC0415 - parsing needs no HTTP client

    try:
        requests.post(address, json=alert, timeout=_TIMEOUT_SECONDS).raise_for_status()
    except requests.RequestException as error:
        log.warning("the alert was not delivered: %s", error)
