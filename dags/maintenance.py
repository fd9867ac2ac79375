"""
The Airflow DAG of daily maintenance.

Parsing reads the signed registry snapshot and the names of the slices; it opens no socket and runs no SQL.
"""

from _maintenance_dag import maintenance_dag
from lakehouse import manifest_slice
from metastore_sync import settings, snapshot

INSTALLATION = settings.load()
OWNERS = {entry.dataset.name: entry.dataset.owner for entry in snapshot.read(INSTALLATION).datasets}

dag = maintenance_dag(OWNERS | dict.fromkeys(manifest_slice.marts(INSTALLATION), "marts"))
