"""
One Airflow DAG per mart area, started by the receipt of any dataset it reads.

The area's manifest slice says which these are; parsing opens no socket and runs no SQL.
"""

from airflow.sdk import get_parsing_context

from _dataset_dag import broken_dag
from _mart_dag import mart_dag
from lakehouse import manifest_slice
from metastore_sync import settings

INSTALLATION = settings.load()
WANTED = get_parsing_context().dag_id

for name in manifest_slice.marts(INSTALLATION):
    if WANTED not in (None, name):
        continue
    try:
        globals()[f"dag_{name}"] = mart_dag(INSTALLATION, name)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one area stays its own
        globals()[f"dag_{name}"] = broken_dag(name, "marts", error)
