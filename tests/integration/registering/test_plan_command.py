"""`tidegate plan` and `apply` as a program calls them: exit code, stable JSON, talk kept off stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from metastore_sync import registry
from metastore_sync.connect_api import ConnectApi
from metastore_sync.model import Dataset, Source
from metastore_sync.settings import PROJECT, Settings

pytestmark = pytest.mark.stack
CONTRACT = json.loads((PROJECT / "docs/contracts/plan.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("connector", "code", "verdict", "problems"),
    [
        ({}, 0, "drifted", []),
        ({"rotate_record": "1"}, 1, "refused", ["CONNECTOR_KEY_UNKNOWN"]),
    ],
    ids=["changes are no failure", "a problem is"],
)
def test_exit_code_and_document(
    settings: Settings,
    make_topic: Callable[[], str],
    make_dataset: Callable[..., Dataset],
    *,
    connector: dict[str, str],
    code: int,
    verdict: str,
    problems: list[str],
) -> None:
    dataset = make_dataset(make_topic(), **connector)
    with registry.connect(settings) as conn:
        registry.put_dataset(conn, dataset, source=Source.API, actor="test")

    done = tidegate(settings, "plan", dataset.name, "--json")

    document = json.loads(done.stdout)
    jsonschema.validate(document, CONTRACT)
    (entry,) = document["datasets"]
    assert (done.returncode, entry["verdict"], entry["source"]) == (code, verdict, "api"), done.stderr
    assert [problem["code"] for problem in entry["problems"]] == problems


def test_a_name_that_nobody_declares_is_wrong_usage(settings: Settings) -> None:
    done = tidegate(settings, "plan", "ordres")

    assert (done.returncode, done.stdout) == (64, "")
    assert "ordres: no dataset is declared by this name" in done.stderr


def test_apply_makes_what_it_can_run_and_lists_what_it_cannot(
    settings: Settings, make_topic: Callable[[], str], make_dataset: Callable[..., Dataset]
) -> None:
    """One whose topic is not there yet stops neither the others' connectors nor their models and DAGs."""
    runs, waits = make_dataset(make_topic()), make_dataset(f"sync_{uuid.uuid4().hex[:8]}")
    with registry.connect(settings) as conn:
        for dataset in (waits, runs):
            registry.put_dataset(conn, dataset, source=Source.API, actor="test")

    done = tidegate(settings, "apply", waits.name, runs.name, "--json")

    document = json.loads(done.stdout)
    jsonschema.validate(document, CONTRACT)
    told = {entry["dataset"]: [one["code"] for one in entry["problems"]] for entry in document["datasets"]}
    assert (done.returncode, told) == (1, {waits.name: ["TOPIC_MISSING"], runs.name: []}), done.stderr
    assert done.stderr.rstrip().endswith(document["datasets"][0]["problems"][0]["next_command"])
    status = ConnectApi(settings).status(f"tidegate-{runs.name}")
    assert status is not None
    assert status.is_running
    assert (settings.scaffold_folder / runs.name / f"slv_{runs.name}.sql").exists()
    assert (settings.manifest_folder / f"{runs.name}.json").exists()


def tidegate(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    names = [name for name in Settings.__dataclass_fields__ if name != "home"]
    variables = {f"TIDEGATE_{name.upper()}": str(getattr(settings, name)) for name in names}
    environment = {**os.environ, **variables, "TIDEGATE_HOME": str(settings.home)}
    program = str(Path(sys.executable).with_name("tidegate"))
    return subprocess.run(
        [program, *words], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
