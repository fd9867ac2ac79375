"""What the service says of itself when parts are away, and that its loop outlives every mistake."""

from __future__ import annotations

import dataclasses
import logging
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from metastore_sync import registry, snapshot
from metastore_sync.model import Dataset, Mode, Source
from metastore_sync.settings import Settings
from tidegate import adoption, logs, service
from tidegate.adoption import Adoption
from tidegate.health import Health, PartHealth

NOWHERE = "127.0.0.1:1"


@pytest.fixture
def settings(registry_settings: Settings) -> Settings:
    """Give a registry with one dataset and its snapshot; every other part is away."""
    given = dataclasses.replace(
        registry_settings,
        kafka_bootstrap=NOWHERE,
        connect_url=f"http://{NOWHERE}",
        s3_endpoint=f"http://{NOWHERE}",
        thrift=NOWHERE,
        token_read="a read token",
    )
    orders = Dataset(name="orders", kafka_topic="orders", mode=Mode.UPSERT, owner="shop", pk_fields=("id",))
    with registry.connect(given) as conn:
        registry.put_dataset(conn, orders, source=Source.FILE, actor="a test")
        snapshot.write(given, conn)
    return given


def _without_registry(settings: Settings) -> Settings:
    return dataclasses.replace(settings, postgres_dsn=f"postgresql://nobody@{NOWHERE}/nothing")


def test_health_names_each_part_that_is_away(settings: Settings) -> None:
    """The registry answers; the store does not, so the service cannot do its work."""
    with TestClient(service.build(settings, adopts=False)) as client:
        answer = client.get("/health")

    parts = answer.json()["parts"]
    assert (answer.status_code, answer.json()["status"]) == (503, "away")
    assert parts["registry"] == {"status": "ok"}
    assert {"store", "connect", "kafka", "thrift"} == {
        name for name, part in parts.items() if part["status"] == "away" and part["reason"]
    }


def test_without_the_registry_the_snapshot_is_named_everywhere(settings: Settings) -> None:
    """Health and status say since when; datasets are still listed, none of them as well."""
    since = snapshot.read(settings).written_at.isoformat()
    headers = {"Authorization": "Bearer a read token"}

    with TestClient(service.build(_without_registry(settings), adopts=False)) as client:
        health = client.get("/health")
        status = client.get("/status", headers=headers).json()
        page = client.get("/", headers=headers).text
        datasets = client.get("/datasets", headers=headers)

    assert (503, since) == (health.status_code, health.json()["running_on_snapshot_since"])
    assert since == status["running_on_snapshot_since"]
    assert [(d["name"], d["state"]) for d in status["datasets"]] == [("orders", "DEGRADED")]
    assert "The registry is away" in page
    assert (
        datasets.status_code,
        datasets.headers["Content-Type"],
    ) == (503, "application/problem+json")


@pytest.mark.parametrize(
    ("away", "status", "code"),
    [((), "ok", 200), (("connect",), "degraded", 200), (("store",), "away", 503)],
)
def test_only_a_needed_part_makes_503(away: tuple[str, ...], status: str, code: int) -> None:
    """A supervisor must not restart the service because Spark is busy or Connect restarts."""
    parts = tuple(
        PartHealth(name, "gone" if name in away else None)
        for name in ("registry", "store", "connect", "kafka", "thrift")
    )

    found = Health(parts=parts, snapshot_since=None)

    assert (status, code) == (found.status, found.http_status.value)


def test_a_turn_notes_what_it_could_not_do_and_the_next_one_clears_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect in one step neither ends the loop nor keeps the other step from its work."""
    loop = Adoption(_without_registry(settings))

    def broken(_: Settings) -> Any:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(adoption.adopt, "look", broken)
    loop.turn()
    assert loop.wrong() == "ZeroDivisionError: a defect; registry: PostgreSQL does not answer"

    monkeypatch.setattr(adoption.adopt, "look", lambda _: adoption.adopt.Adoption((), {}))
    monkeypatch.setattr(loop, "_settings", settings)
    monkeypatch.setattr(adoption.subprocess, "run", _done)
    loop.turn()
    assert loop.wrong() is None


def _done(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], 0, "", "")


def test_refused_connectors_are_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever registered the connector finds the reason in /health."""
    refused = {"mine": ("dataset.mode: is missing",)}
    monkeypatch.setattr(adoption.adopt, "look", lambda _: adoption.adopt.Adoption((), refused))
    monkeypatch.setattr(adoption.subprocess, "run", _done)
    loop = Adoption(settings)

    loop.turn()

    assert loop.wrong() == "connector mine: dataset.mode: is missing"


def test_it_deploys_once_per_change(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At the start, after a new model, after a new dataset; never just because time passed."""
    calls: list[Any] = []

    def count(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        calls.append(words)
        return subprocess.CompletedProcess(words, 0, "", "")

    monkeypatch.setattr(adoption.adopt, "look", lambda _: adoption.adopt.Adoption((), {}))
    monkeypatch.setattr(adoption.subprocess, "run", count)
    loop = Adoption(settings)

    loop.turn()
    loop.turn()
    assert len(calls) == 1

    settings.scaffold_folder.mkdir()
    (settings.scaffold_folder / "agg_orders.sql").write_text("select 1")
    loop.turn()
    loop.turn()
    assert len(calls) == 2

    orders = Dataset(name="clicks", kafka_topic="clicks", mode=Mode.APPEND, owner="web")
    with registry.connect(settings) as conn:
        registry.put_dataset(conn, orders, source=Source.API, actor="a test")
    loop.turn()
    assert len(calls) == 3


def test_a_new_dataset_gets_models_and_a_slice_for_its_dag(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of a turn after an adoption, dbt's parse in its own process included."""
    clicks = Dataset(name="clicks", kafka_topic="clicks", mode=Mode.APPEND, owner="web")
    with registry.connect(settings) as conn:
        registry.put_dataset(conn, clicks, source=Source.CONNECT, actor="a test")
    monkeypatch.setattr(adoption.adopt, "look", lambda _: adoption.adopt.Adoption((), {}))
    for name in ("home", "postgres_dsn", "snapshot_key", "thrift"):
        monkeypatch.setenv(f"TIDEGATE_{name.upper()}", str(getattr(settings, name)))
    loop = Adoption(settings)

    loop.turn()

    assert loop.wrong() is None
    assert (settings.scaffold_folder / "clicks" / "brz_clicks.sql").exists()
    assert (settings.manifest_folder / "clicks.json").exists()


def test_a_failed_deployment_is_told_and_waits_for_a_change(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that does not parse must not keep a core busy."""
    calls: list[Any] = []

    def fail(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        calls.append(words)
        return subprocess.CompletedProcess(words, 2, "", "dbt cannot parse the project: x.sql\n")

    monkeypatch.setattr(adoption.adopt, "look", lambda _: adoption.adopt.Adoption((), {}))
    monkeypatch.setattr(adoption.subprocess, "run", fail)
    loop = Adoption(settings)

    loop.turn()
    loop.turn()

    assert len(calls) == 1
    assert loop.wrong() == "dbt cannot parse the project: x.sql"


def test_tokens_never_reach_the_access_log() -> None:
    """The login link carries one in its query."""
    words = ("127.0.0.1:5", "GET", "/login?token=secret&x=1", "1.1", 303)
    record = logging.LogRecord("uvicorn.access", 20, "", 0, '%s - "%s %s HTTP/%s" %d', words, None)

    assert logs.redact(record)
    assert "secret" not in record.getMessage()
    assert "x=1" in record.getMessage()
