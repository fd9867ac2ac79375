"""The DAG of daily maintenance: a task per dataset and mart area, through the pool of Spark's tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from airflow.sdk import DAG, task

from _alerts import tell_owner
from _tasks import MAINTENANCE, attempt, log
from metastore_sync.settings import Settings


def maintenance_dag(owners: Mapping[str, str]) -> DAG:
    """Return the DAG; `owners` maps each dataset and `marts.<area>` to who is told when its task fails."""
    with DAG(
        dag_id=MAINTENANCE,
        schedule="17 3 * * *",
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args={"on_failure_callback": tell_owner},
        tags=["maintenance"],
        doc_md="Compaction, expiry of snapshots, orphans and retention. By hand: `tidegate maintain`",
    ) as dag:
        for name, owner in owners.items():
            _maintain.override(task_id=name, owner=owner)(name)
    return dag


@task(pool="spark", retries=1, retry_delay=timedelta(minutes=10))
def _maintain(name: str) -> None:
    from lakehouse import maintain  # noqa: PLC0415 - parsing needs no Spark client

    def act(settings: Settings, wanted: str) -> list[maintain.Maintained]:
        done = maintain.maintain(settings, [wanted], lambda line: log.info("%s", line))
        for entry in done:
            maintain.check(entry)
        return done

    attempt(name, "maintain", act)
