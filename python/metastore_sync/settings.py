"""
Where the parts are: one frozen object, read from the environment and from the local stack.

Order of precedence per setting: environment variable `TIDEGATE_<NAME>`, the file `$TIDEGATE_HOME/env`
that `tidegate up` writes (mode 0600, `NAME=value` lines), the default below.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: The repository this package is installed from (editable), or the folder named by TIDEGATE_PROJECT.
PROJECT = Path(os.environ.get("TIDEGATE_PROJECT", Path(__file__).resolve().parents[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    Addresses, credentials and folders of one installation.

    Attributes:
        home: Folder of everything that is not in the repository (`TIDEGATE_HOME`).
        kafka_bootstrap: `host:port[,host:port]`.
        connect_url: Base address of Kafka Connect's REST API.
        s3_endpoint: Address of the object store; empty means AWS itself.
        raw_bucket: Bucket of landed objects and manifests; keys start with the topic.
        lake_bucket: Bucket of the Iceberg warehouse.
        postgres_dsn: libpq address of the registry database.
        thrift: `host:port` of the Spark Thrift server.
        service_url: Base address of the HTTP service.
        airflow_url: Base address of Airflow's API server.
        token_read: Bearer token of the role read; likewise write and approve (each includes the former).
        snapshot_key: HMAC key of the registry snapshot.
        alert_webhook: Address that is told when a dataset becomes BLOCKED; empty: nobody is.
        keep_raw_days: How long a proven landed object stays, as `lakehouse.keep` reads it; empty: for ever.
        keep_rejected_days: How long a rejected record's payload stays; empty: for ever.
        keep_snapshot_days: How long a table can be read as it was.
        scan_engine: Who reads large batches: `local` (this machine's cores) or `spark` (Spark's workers).
    """

    home: Path
    kafka_bootstrap: str = "127.0.0.1:19092"
    connect_url: str = "http://127.0.0.1:19083"
    s3_endpoint: str = "http://127.0.0.1:19000"
    s3_access_key: str = ""
    s3_secret_key: str = ""
    s3_region: str = "us-east-1"
    raw_bucket: str = "raw"
    lake_bucket: str = "lake"
    postgres_dsn: str = "postgresql://tidegate@127.0.0.1:19432/tidegate"
    thrift: str = "127.0.0.1:19010"
    service_url: str = "http://127.0.0.1:19080"
    airflow_url: str = "http://127.0.0.1:19081"
    airflow_user: str = "admin"
    airflow_password: str = ""
    token_read: str = ""
    token_write: str = ""
    token_approve: str = ""
    snapshot_key: str = ""
    alert_webhook: str = ""
    keep_raw_days: str = ""
    keep_rejected_days: str = ""
    keep_snapshot_days: str = "7"
    scan_engine: str = "local"

    @property
    def snapshot_path(self) -> Path:
        """The signed registry snapshot: what DAG parsing reads."""
        return self.home / "registry.snapshot.json"

    @property
    def manifest_folder(self) -> Path:
        """One slice of dbt's manifest per dataset and mart area, `<name>.json`."""
        return self.home / "manifests"

    @property
    def scaffold_folder(self) -> Path:
        """Models scaffolded for adopted datasets: dbt's second model path."""
        return self.home / "models"

    @property
    def dbt_project(self) -> Path:
        """The dbt project's folder."""
        return PROJECT / "dbt_project"

    @property
    def dataset_folder(self) -> Path:
        """The folder of dataset files."""
        return PROJECT / "connect" / "datasets"


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the absolute `TIDEGATE_HOME`, by default `.tidegate` in the repository."""
    return Path(environment.get("TIDEGATE_HOME") or PROJECT / ".tidegate").resolve()


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings in force for this process."""
    home = home_folder(environment)
    known = {**stack_environment(home), **environment}
    names = [name for name in Settings.__dataclass_fields__ if name != "home"]
    given = {n: known[f"TIDEGATE_{n.upper()}"] for n in names if known.get(f"TIDEGATE_{n.upper()}")}
    return Settings(home=home, **given)


def stack_environment(home: Path) -> dict[str, str]:
    """Return what the running local stack wrote about itself; empty when there is none."""
    path = home / "env"
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
