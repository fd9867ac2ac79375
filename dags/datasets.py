"""
One Airflow DAG per dataset of the signed registry snapshot.

Parsing reads the snapshot and the manifest slices; it opens no socket and runs no SQL.
"""

from airflow.sdk import get_parsing_context

from _dataset_dag import broken_dag, dataset_dag, is_being_deployed
from metastore_sync import settings, snapshot
from metastore_sync.model import DatasetState

INSTALLATION = settings.load()
REGISTRY = snapshot.read(INSTALLATION)
#: A task's process needs its own DAG only.
WANTED = get_parsing_context().dag_id

for entry in REGISTRY.datasets:
    name = entry.dataset.name
    if WANTED not in (None, name) or entry.state is DatasetState.RETIRED:
        continue
    if is_being_deployed(INSTALLATION, name, REGISTRY.written_at):
        continue
    try:
        globals()[f"dag_{name}"] = dataset_dag(INSTALLATION, entry)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one dataset stays its own
        globals()[f"dag_{name}"] = broken_dag(name, entry.dataset.owner, error)
