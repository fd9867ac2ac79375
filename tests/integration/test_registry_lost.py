"""The registry's database is dropped under a running stack; what is left brings it back."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from lakehouse import deploy, run, spark
from metastore_sync import apply, registry, settings
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import UsageError
from metastore_sync.model import Dataset, Mode, Source
from metastore_sync.render import connector_name
from metastore_sync.settings import Settings
from schema_guard.rejections.replay import replay
from schema_guard.rejections.selection import Wanted
from tidegate.demo import landing, producer
from tidegate.demo.events import Event
from tidegate.demo.ledger import Ledger
from tidegate.stack import lifecycle

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1500)]

#: Another name each time: the lake of a stack that stays up remembers the run before.
NAME = f"parcels_{secrets.token_hex(3)}"
PARCELS = Dataset(
    name=NAME,
    kafka_topic=NAME,
    mode=Mode.UPSERT,
    owner="parcels@example.com",
    pk_fields=("id",),
    order_by=("at",),
    event_time="at",
    connector=MappingProxyType({"rotate.interval.ms": "2000"}),
)
#: What a rebuild owes; who decided, when it was judged, and receipts are known to nobody else.
KEPT = {
    "dataset": "name, kafka_topic, document, state, source",
    "schema_version": "version, status, fingerprint, ddl, columns, verdict, base_version",
    "batch": "batch_id, status, schema_version, verdict, record_count, rejected_count, value_bytes,"
    " content_hash, max_event_time, watermark, admitted_at",
    "batch_object": "*",
    "partition_cursor": "*",
    "replayed_record": 'topic_id, partition, "offset", stage, rejected_batch, batch_id, is_edited, why',
    "rejected_record": 'batch_id, topic_id, partition, "offset", stage, error_type, original_payload',
}


_ROWS = "select {} from registry.{} where {} = %s"
_SILVER = "select count(*) as n, count(distinct id) as ids from silver.slv_{}"
_RECEIPTS = (
    "select batch_id, array_agg(is_green) as green from registry.receipt where dataset = %s group by 1"
)
_REJECTED = 'select topic_id, partition, "offset" from registry.rejected_record where dataset = %s'
_BRONZE = "select count(*) as n from bronze.brz_{}"


@pytest.fixture(scope="module")
def lake_stack() -> Iterator[Settings]:
    """All but the service and Airflow, so that nobody but the test runs anything."""
    was_up = any(part.healthy for part in lifecycle.state())
    lifecycle.up(parts=["postgres", "s3", "kafka", "connect", "spark"])
    yield settings.load()
    if not was_up:
        lifecycle.down()


@pytest.fixture
def backed_up(lake_stack: Settings, tmp_path: Path) -> Iterator[Settings]:
    """The registry that other tests rely on comes back from a backup, whatever this one did to its own."""
    file = tmp_path / "before.zip"
    backup = tidegate("registry", "backup", "--to", str(file))
    assert backup.returncode == 0, backup.stderr
    yield lake_stack
    ConnectApi(lake_stack).delete(connector_name(NAME))
    shutil.rmtree(lake_stack.scaffold_folder / NAME)
    drop_registry(lake_stack)
    for words in (("up", "postgres"), ("registry", "restore", str(file))):
        done = tidegate(*words)
        assert done.returncode == 0, done.stderr
    with registry.connect(lake_stack) as conn:
        assert NAME not in [row.dataset.name for row in registry.datasets(conn)]


def wave(known: Settings, *values: dict[str, Any] | str) -> None:
    """Produce, wait until Connect has landed it, run."""
    events = [
        Event(str(number), value if isinstance(value, str) else json.dumps(value), "")
        for number, value in enumerate(values)
    ]
    ends = producer.produce(known, Ledger(known.home), NAME, events, lambda: None)
    landing.wait(known, NAME, ends)
    [result, *_] = run.run(known, [NAME], lambda _: None)
    assert result.exit_code == 0, result.message


def _owner(table: str) -> str:
    return "name" if table == "dataset" else "dataset"


def state(known: Settings) -> dict[str, list[str]]:
    with registry.connect(known) as conn:
        return {
            table: sorted(map(repr, conn.execute(_ROWS.format(columns, table, _owner(table)), [NAME])))
            for table, columns in KEPT.items()
        }


def drop_registry(known: Settings) -> None:
    admin = settings.stack_environment(known.home)["TIDEGATE_POSTGRES_ADMIN_DSN"]
    database = conninfo_to_dict(known.postgres_dsn)["dbname"]
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(f'drop database "{database}" with (force)')


def tidegate(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tidegate.cli import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)


def rejected(known: Settings) -> Wanted:
    """The one record that was rejected."""
    with registry.connect(known) as conn:
        [row] = conn.execute(_REJECTED, [NAME]).fetchall()
    return Wanted(**row)


def receipts(known: Settings) -> dict[int, list[bool]]:
    with registry.connect(known) as conn:
        rows = conn.execute(_RECEIPTS, [NAME]).fetchall()
        return {row["batch_id"]: row["green"] for row in rows}


def test_a_dropped_registry_is_rebuilt_from_connectors_manifests_and_bronze(backed_up: Settings) -> None:
    known = backed_up
    producer.create_topic(known, NAME)
    apply.apply(known, [PARCELS], lambda _: None, source=Source.API, actor="tests")
    deploy.deploy(known)
    wave(known, *({"id": n, "at": "2026-11-20T10:00:00Z"} for n in range(20)), "not json")
    mended = b'{"id": 5, "at": "2026-11-20T10:30:00Z"}'
    replay(known, NAME, rejected(known), "ann", "it was cut", payload=mended)
    wave(known, *({"id": n, "at": "2026-11-20T11:00:00Z", "weight": n} for n in range(10)))
    wave(known, {"id": 1, "at": "2026-11-20T09:00:00Z", "weight": 2, "to": {"zip": "N1"}})
    before = state(known)

    drop_registry(known)
    up = tidegate("up", "postgres")
    tried = tidegate("registry", "rebuild", "--dry-run", NAME)
    after_trial = state(known)
    done = tidegate("registry", "rebuild", NAME, "--json")

    codes = (up.returncode, tried.returncode, done.returncode)
    assert codes == (0, 0, 0), up.stderr + tried.stderr + done.stderr
    assert not after_trial["dataset"]
    assert [batch["batch_id"] for batch in json.loads(done.stdout)["datasets"][0]["batches"]] == [1, 2, 3, 4]
    assert state(known) == before
    assert tidegate("registry", "rebuild", NAME).returncode == 1

    wave(known, *({"id": n, "at": "2026-11-20T12:00:00Z", "weight": n} for n in range(30)))
    held = spark.rows(known, _SILVER.format(NAME))[0]
    loaded = spark.rows(known, _BRONZE.format(NAME))[0]["n"]

    assert held == {"n": 30, "ids": 30}
    assert loaded == 20 + 1 + 10 + 1 + 30
    assert receipts(known) == {number: [True, True] for number in (1, 2, 3, 4, 5)}
    with pytest.raises(UsageError, match="was replayed before: batch 2, by ann"):
        replay(known, NAME, rejected(known), "ann", "it was cut", payload=mended)
