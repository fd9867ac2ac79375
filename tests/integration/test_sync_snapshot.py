"""The registry as one signed file."""

from __future__ import annotations

import dataclasses
import json
import stat
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from metastore_sync import registry, snapshot
from metastore_sync.errors import BrokenError
from metastore_sync.model import Dataset, DatasetState, Mode, Source
from metastore_sync.settings import Settings

CLICKS = Dataset(name="clicks", kafka_topic="web.clicks", mode=Mode.APPEND, owner="web")


@pytest.fixture
def conn(registry_settings: Settings) -> Iterator[psycopg.Connection[DictRow]]:
    with registry.connect(registry_settings) as conn:
        registry.put_dataset(conn, CLICKS, source=Source.API, actor="test")
        yield conn


def activate(conn: psycopg.Connection[DictRow]) -> snapshot.ActiveVersion:
    active = snapshot.ActiveVersion(
        version=1, fingerprint="0f" * 32, schema={"kind": "struct", "share": 0.1}, ddl="`a` bigint"
    )
    conn.execute(
        "insert into registry.schema_version (dataset, version, status, fingerprint, schema, ddl,"
        " columns, verdict, findings) values ('clicks', 1, 'ACTIVE', %s, %s, %s, '[]', 'INITIAL',"
        " '[]')",
        [active.fingerprint, Jsonb(active.schema), active.ddl],
    )
    return active


def test_what_was_written_is_read(conn: psycopg.Connection[DictRow], registry_settings: Settings) -> None:
    active = activate(conn)
    path = snapshot.write(registry_settings, conn)
    assert snapshot.read(registry_settings).datasets == (
        snapshot.SnapshotDataset(
            dataset=CLICKS, revision=1, source=Source.API, state=DatasetState.OK, active=active
        ),
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_changed_file_is_refused(conn: psycopg.Connection[DictRow], registry_settings: Settings) -> None:
    path = snapshot.write(registry_settings, conn)
    path.write_text(path.read_text().replace('"OK"', '"PAUSED"'))
    with pytest.raises(BrokenError, match="signature does not match"):
        snapshot.read(registry_settings)


def test_another_key_is_refused(conn: psycopg.Connection[DictRow], registry_settings: Settings) -> None:
    snapshot.write(registry_settings, conn)
    with pytest.raises(BrokenError, match="signature does not match"):
        snapshot.read(dataclasses.replace(registry_settings, snapshot_key="another"))


def test_a_signed_file_of_another_shape_is_refused(registry_settings: Settings) -> None:
    unsigned = {"snapshot_version": 2, "written_at": "2026-01-01T00:00:00Z", "datasets": []}
    signature = snapshot._signature(unsigned, registry_settings.snapshot_key.encode())
    registry_settings.snapshot_path.write_text(json.dumps({**unsigned, "signature": signature}))
    with pytest.raises(BrokenError, match=r"\$\.snapshot_version breaks its contract"):
        snapshot.read(registry_settings)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"datasets": []}'])
def test_a_file_that_is_no_snapshot_is_refused(registry_settings: Settings, content: str) -> None:
    registry_settings.snapshot_path.write_text(content)
    with pytest.raises(BrokenError, match="registry snapshot"):
        snapshot.read(registry_settings)


def test_no_snapshot_and_no_key_are_said_so(registry_settings: Settings) -> None:
    with pytest.raises(BrokenError, match="there is none yet"):
        snapshot.read(registry_settings)
    with (
        registry.connect(registry_settings) as conn,
        pytest.raises(BrokenError, match="no signing key is set"),
    ):
        snapshot.write(dataclasses.replace(registry_settings, snapshot_key=""), conn)


def test_importing_the_snapshot_loads_no_driver_and_no_client() -> None:
    program = (
        "import sys, metastore_sync.snapshot;"
        "print(sorted({'psycopg', 'requests', 'aiosql', 'alembic', 'boto3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
