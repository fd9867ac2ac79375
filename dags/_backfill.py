"""A dataset's second way: params `start_date` and `end_date` turn a run into one backfill."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param, XComArg, task

from _tasks import attempt
from metastore_sync.settings import Settings

log = logging.getLogger("tidegate.dags")

TASK_ID = "backfill"
_KIND = ["null", "string"]

#: Event times, half-open; a run without them is a live one.
PARAMS = {
    "start_date": Param(None, type=_KIND, description="Backfill: first event time, ISO 8601, UTC assumed."),
    "end_date": Param(None, type=_KIND, description="Backfill: event time behind the last one."),
}


def is_wanted(params: Mapping[str, Any]) -> bool:
    """Return whether the run was asked for a window; one end alone is refused by the task, with words."""
    return any(params.get(name) for name in PARAMS)


def backfill(name: str) -> XComArg:
    """Return the task that makes the window's rows anew; tried again, it goes on where it ended."""
    return _backfill(name)


@task(task_id=TASK_ID, pool="spark")
def _backfill(name: str, **context: Any) -> None:
    from lakehouse import backfill as backfills  # noqa: PLC0415 - parsing needs no Spark client
    from lakehouse import backfill_state as states  # noqa: PLC0415

    params = context["params"]

    def act(settings: Settings, dataset: str) -> list[states.Backfill]:
        window = states.window(*(str(params.get(end) or "") for end in ("start_date", "end_date")))
        actor = f"airflow {context['run_id']}"
        return [
            backfills.backfill(
                settings, dataset, window, actor=actor, on_step=lambda _, text: log.info("%s", text)
            )
        ]

    attempt(name, TASK_ID, act)
