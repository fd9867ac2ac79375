"""A dataset's DAG: guard ▶ a task per model with its tests ▶ receipt; or one backfill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, XComArg, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

import _backfill
from _alerts import tell_owner
from _models import models
from _tasks import asset, attempt
from lakehouse import manifest_slice
from metastore_sync import settings as installation
from metastore_sync.model import DatasetState
from metastore_sync.settings import Settings
from metastore_sync.snapshot import SnapshotDataset

#: Only what broke is tried again; a verdict raises `AirflowFailException`, which never is.
RETRIES = {"retries": 2, "retry_delay": timedelta(seconds=30)}

#: Registering a dataset writes the snapshot first and its models and slice right after.
DEPLOYMENT_TAKES = timedelta(minutes=10)


def dataset_dag(settings: Settings, entry: SnapshotDataset) -> DAG:
    """
    Return the DAG of one dataset.

    Raises:
        BrokenError: Its manifest slice cannot be read.
    """
    dataset = entry.dataset
    cut = manifest_slice.read(settings, dataset.name)
    scheduled = dataset.schedule if entry.state is not DatasetState.PAUSED else ""
    with DAG(
        dag_id=dataset.name,
        schedule=scheduled or None,
        catchup=False,
        max_active_runs=1,  # a second run would only meet the first one's leases
        is_paused_upon_creation=False,
        default_args={"owner": dataset.owner, "on_failure_callback": tell_owner, **RETRIES},
        params=_backfill.PARAMS,
        tags=[dataset.name, dataset.mode.value],
        doc_md=_words(entry, cut.content_hash),
    ) as dag:
        judged = guard(dataset.name)
        judged >> models(settings, cut) >> receipt(dataset.name)
        judged >> _backfill.backfill(dataset.name)
    return dag


def broken_dag(name: str, owner: str, error: Exception) -> DAG:
    """Return a DAG whose one task fails with the reason why the real one could not be made."""
    reason = str(error)
    with DAG(
        dag_id=name,
        schedule=None,
        catchup=False,
        default_args={"owner": owner, "on_failure_callback": tell_owner},
        tags=[name, "broken"],
        doc_md=f"This DAG could not be made.\n\n```\n{reason}\n```",
    ) as dag:

        @task(task_id="broken")
        def broken() -> None:
            raise AirflowFailException(reason)

        broken()
    return dag


def is_being_deployed(settings: Settings, name: str, written_at: datetime) -> bool:
    """Return whether a dataset has no slice yet and the registry changed moments ago."""
    has_slice = manifest_slice.path_of(settings, name).exists()
    return not has_slice and datetime.now(UTC) - written_at < DEPLOYMENT_TAKES


@task.branch(task_id="guard")
def _guard(name: str, **context: Any) -> list[str]:
    if _backfill.is_wanted(context["params"]):
        return [_backfill.TASK_ID]
    from lakehouse import steps  # noqa: PLC0415 - parsing needs neither the guard nor its libraries
    from metastore_sync import lifecycle  # noqa: PLC0415 - nor a database driver

    if note := lifecycle.resting(installation.load(), name):
        raise AirflowSkipException(note)
    attempt(name, "guard", steps.guard)
    if not steps.has_admitted(installation.load(), name):
        raise AirflowSkipException(f"{name}: nothing has landed yet, so there is nothing to build")
    return sorted(context["task"].downstream_task_ids - {_backfill.TASK_ID})


@task(task_id="receipt", pool="spark")
def _receipt(name: str) -> None:
    from lakehouse import receipt as receipts  # noqa: PLC0415 - parsing needs no Spark client

    attempt(name, "receipt", receipts.receipt)


def guard(name: str) -> XComArg:
    """Return the task that judges what landed, and lets either the models or a backfill follow."""
    return _guard(name)


def receipt(name: str) -> XComArg:
    """Return the task that proves the build and then tells the marts."""
    return _receipt.override(outlets=[asset(name)])(name)


def _words(entry: SnapshotDataset, content_hash: str) -> str:
    active = f"version {entry.active.version}" if entry.active else "none yet"
    return (
        f"Dataset **{entry.dataset.name}** of {entry.dataset.owner}, "
        f"topic `{entry.dataset.kafka_topic}`, mode {entry.dataset.mode.value}, "
        f"schema {active}.\n\n"
        f"When a task failed: `tidegate status {entry.dataset.name}`\n\n"
        f"Models {content_hash[:12]}"
    )
