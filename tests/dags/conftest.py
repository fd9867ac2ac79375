"""A home folder as a deployment leaves it, and the DAG files parsed against it, sockets closed."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "a key of this test alone"
DATASETS = ("orders", "flights", "airports")
AREA = "marts.daily"


def document(name: str, **fields: Any) -> dict[str, Any]:
    """A dataset as a snapshot holds it."""
    from metastore_sync import model  # noqa: PLC0415 - imported where conftest's variables are set

    given = {"name": name, "mode": "append", "owner": f"{name}-team", "schedule": "@hourly"}
    return model.to_document(model.from_document({**given, **fields}))


def write_snapshot(home: Path, entries: list[dict[str, Any]], *, age: timedelta = timedelta(hours=1)) -> None:
    """Write a signed registry snapshot, as old as `age`."""
    from metastore_sync import snapshot  # noqa: PLC0415

    written_at = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    body = {"snapshot_version": 1, "written_at": written_at, "datasets": entries}
    signature = hmac.new(KEY.encode(), snapshot.canonical_json(body), hashlib.sha256).hexdigest()
    path = home / "registry.snapshot.json"
    path.write_text(json.dumps({**body, "signature": signature}), encoding="utf-8")


def entry(name: str, *, state: str = "OK", **fields: Any) -> dict[str, Any]:
    """One dataset of a snapshot."""
    return {
        "document": document(name, **fields),
        "revision": 1,
        "source": "file",
        "state": state,
        "active": None,
        "cursors": [],
    }


def manifest(models: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]) -> dict[str, Any]:
    """Dbt's manifest of some models: name → (folders, names of parents); each has one test."""
    nodes: dict[str, Any] = {}
    for name, (folders, parents) in models.items():
        uid = f"model.tidegate.{name}"
        common = {"package_name": "tidegate", "tags": [], "config": {"materialized": "table"}}
        nodes[uid] = {
            **common,
            "unique_id": uid,
            "name": name,
            "resource_type": "model",
            "original_file_path": f"models/{'/'.join(folders)}/{name}.sql",
            "fqn": ["tidegate", *folders, name],
            "depends_on": {"nodes": [f"model.tidegate.{parent}" for parent in parents]},
            "checksum": {"name": "sha256", "checksum": name},
        }
        test = f"test.tidegate.not_null_{name}"
        nodes[test] = {
            **common,
            "unique_id": test,
            "name": f"not_null_{name}",
            "resource_type": "test",
            "original_file_path": f"models/{'/'.join(folders)}/{name}.yml",
            "fqn": ["tidegate", *folders, f"not_null_{name}"],
            "depends_on": {"nodes": [uid]},
        }
    return {"metadata": {"project_name": "tidegate"}, "nodes": nodes}


def pipeline(names: tuple[str, ...] = DATASETS) -> dict[str, Any]:
    """The manifest of bronze and silver per dataset and one mart area over the first two."""
    models: dict[str, Any] = {}
    for name in names:
        models[f"brz_{name}"] = ((name,), ())
        models[f"slv_{name}"] = ((name,), (f"brz_{name}",))
    models["agg_daily"] = (("marts", "daily"), ("slv_orders", "slv_flights"))
    return manifest(models)


def write_slices(home: Path, whole: dict[str, Any]) -> None:
    """Write the slices of a manifest where DAG files look for them."""
    from lakehouse import slices  # noqa: PLC0415

    folder = home / "manifests"
    folder.mkdir(exist_ok=True)
    for name, part in slices.cut(whole).items():
        (folder / f"{name}.json").write_text(json.dumps(part), encoding="utf-8")


class Deployment:
    """A TIDEGATE_HOME with three datasets, their slices and one mart area over two of them."""

    datasets = DATASETS
    area = AREA
    dags = ROOT / "dags"

    def __init__(self, home: Path) -> None:
        self.home = home

    entry = staticmethod(entry)
    pipeline = staticmethod(pipeline)

    def registry(self, *entries: dict[str, Any], age: timedelta = timedelta(hours=1)) -> None:
        """Replace the registry snapshot."""
        write_snapshot(self.home, list(entries), age=age)

    def slices(self, whole: dict[str, Any]) -> None:
        """Replace the manifest slices."""
        write_slices(self.home, whole)


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A deployment of its own for each test."""
    from lakehouse import project_view  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415

    monkeypatch.setenv("TIDEGATE_HOME", str(tmp_path))
    monkeypatch.setenv("TIDEGATE_SNAPSHOT_KEY", KEY)
    made = Deployment(tmp_path)
    made.registry(*(entry(name) for name in DATASETS))
    made.slices(pipeline())
    project_view.refresh(settings.load())
    return made


@pytest.fixture
def parse(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A function that parses dags/ as Airflow does and returns the DagBag; sockets are closed."""
    monkeypatch.setenv("AIRFLOW_HOME", str(deployment.home / "airflow"))
    monkeypatch.syspath_prepend(str(ROOT / "dags"))
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - after AIRFLOW_HOME

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a DAG file opened a socket while it was parsed")

    def parsed() -> Any:
        with monkeypatch.context() as closed:
            closed.setattr(socket.socket, "connect", refuse)
            closed.setattr(socket, "create_connection", refuse)
            return DagBag(dag_folder=str(ROOT / "dags"), collect_dags=True)

    return parsed
