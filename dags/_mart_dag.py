"""A mart area's DAG: a task per model with its tests, started by any input's new receipt."""

from __future__ import annotations

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, AssetAny, task
from airflow.sdk.exceptions import AirflowSkipException

from _alerts import tell_owner
from _dataset_dag import RETRIES
from _models import models
from _tasks import asset, asset_of
from lakehouse import manifest_slice
from metastore_sync import settings as installation
from metastore_sync.settings import Settings


def mart_dag(settings: Settings, name: str) -> DAG:
    """
    Return the DAG of one mart area.

    Args:
        settings: Where the manifest slices are.
        name: `marts.<area>`.

    Raises:
        BrokenError: Its manifest slice cannot be read.
    """
    cut = manifest_slice.read(settings, name)
    inputs = [asset_of(uri) for uri in cut.inputs]
    with DAG(
        dag_id=name,
        # Any input, not all of them: one blocked dataset must not stop what the others feed.
        schedule=AssetAny(*inputs) if inputs else None,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args={"owner": "marts", "on_failure_callback": tell_owner, **RETRIES},
        tags=["marts", cut.area],
        doc_md=f"Mart area **{cut.area}**, reads {', '.join(cut.inputs)}.\n\nModels {cut.content_hash[:12]}",
    ) as dag:
        published = EmptyOperator(task_id="published", outlets=[asset(name)])
        inputs_exist(name) >> models(settings, cut) >> published
    return dag


@task(task_id="inputs_exist")
def inputs_exist(name: str) -> None:
    """Skip the run while a dataset that the area reads has no proven batch: it has no tables."""
    from lakehouse import mart_order  # noqa: PLC0415 - parsing needs no registry client

    settings = installation.load()
    areas = mart_order.heads(settings)
    area = next(area for area in areas if area.name == name)
    if lacks := mart_order.missing(settings, area, areas):
        raise AirflowSkipException(f"{name} waits for the first of {', '.join(lacks)}")
