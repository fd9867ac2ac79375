"""
The Airflow DAG of daily maintenance: a task per dataset and mart area, through the pool of Spark's tasks.

Parsing reads the signed registry snapshot and the names of the slices; it opens no socket and runs no SQL.
"""

from datetime import timedelta

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowException

from _alerts import tell_owner
from lakehouse import manifest_slice
from metastore_sync import settings, snapshot

INSTALLATION = settings.load()


@task(pool="spark", retries=1, retry_delay=timedelta(minutes=10))
def maintain(name: str) -> None:
    """Maintain one dataset or area; what met a load is left for tomorrow."""
    from lakehouse import maintain as maintenance  # noqa: PLC0415 - parsing needs no Spark client

    [done] = maintenance.maintain(settings.load(), [name], print)
    if done.exit_code:
        raise AirflowException(done.message)


# No dataset is called so: their names hold no dot.
with DAG(
    dag_id="tidegate.maintenance",
    schedule="17 3 * * *",
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "tidegate", "on_failure_callback": tell_owner},
    tags=["maintenance"],
    doc_md="Compaction, expiry of snapshots, orphans and retention. By hand: `tidegate maintain`",
) as dag:
    held = {entry.dataset.name: entry.dataset.owner for entry in snapshot.read(INSTALLATION).datasets}
    for name in [*held, *manifest_slice.marts(INSTALLATION)]:
        maintain.override(task_id=name, owner=held.get(name, "marts"))(name)
