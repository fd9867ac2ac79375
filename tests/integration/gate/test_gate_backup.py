"""A backup holds the whole registry, and gives back nothing but what it held."""

from __future__ import annotations

import json
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from metastore_sync import backup_file, migrate, registry, snapshot
from metastore_sync.backup import QUERIES, backup
from metastore_sync.connectors import ConnectorRow, put
from metastore_sync.errors import BrokenError, UsageError, VerdictError
from metastore_sync.restore import restore
from schema_guard.check import check
from schema_guard.decide import approve, reject

WHY = "agreed with the shop team"


@pytest.fixture
def history(world):
    """Two datasets with versions, decisions, rejected records, two generations, a connector, a proof."""
    world.declare()
    world.land({"id": 1, "zip": 10115}, "poison\x00 with \t and \\N", b"\xff".decode("latin-1"))
    world.land({"id": 1}, topic_id="ffffffff", partition=2)
    check(world.settings, "orders")
    world.land({"id": 2, "zip": "N1"}, {"id": 3})
    check(world.settings, "orders")
    approve(world.settings, "orders", 2, "ann", WHY)
    world.name = "returns"
    world.ends.clear()
    world.declare(mode="upsert", pk_fields=["id"], order_by=["id"])
    world.land({"id": 1, "x": 1}, {"id": None, "x": 2})
    check(world.settings, "returns")
    reject(world.settings, "returns", 1, "ann", WHY)
    with registry.connect(world.settings) as conn:
        config = {"name": "tidegate-orders", "s3.secret.access.key": "a-secret-of-the-connector"}
        put(conn, ConnectorRow(dataset="orders", name="tidegate-orders", applied=config))
        conn.execute(
            "insert into registry.receipt (dataset, batch_id, line, is_green, terms, mismatches)"
            " values ('orders', 1, 'landed_to_bronze', true, '{}', '[]')"
        )
    return world


def everything(settings):
    """Every row of every table, and where each sequence stands."""
    with registry.connect(settings) as conn:
        tables = [row["name"] for row in QUERIES.tables(conn)]
        rows = {
            name: sorted(map(repr, conn.execute(f"select t::text from registry.{name} as t").fetchall()))  # noqa: S608
            for name in tables
        }
        return rows | {row["name"]: row["last"] for row in QUERIES.sequences(conn)}


def lose(settings):
    """Take the registry away, as a database made anew has none."""
    with psycopg.connect(settings.postgres_dsn, autocommit=True) as conn:
        conn.execute("drop schema registry cascade; drop schema admitted cascade")
        conn.execute("drop table public.alembic_version")


@pytest.mark.parametrize("is_migrated", [True, False], ids=["empty registry", "no registry"])
def test_a_backup_brings_every_row_back(history, is_migrated):
    before = everything(history.settings)
    made = backup(history.settings)
    lose(history.settings)
    if is_migrated:
        migrate.migrate(history.settings.postgres_dsn)

    restore(history.settings, Path(made.path))

    assert everything(history.settings) == before
    assert made.manifest.rows == sum(len(rows) for rows in before.values() if isinstance(rows, list))
    assert {entry.dataset.name for entry in snapshot.read(history.settings).datasets} == {"orders", "returns"}
    history.land({"id": 9, "x": 1})
    assert check(history.settings, "returns")[0].status == "ADMITTED"


def test_a_backup_is_private_and_holds_no_secret(history):
    path = Path(backup(history.settings).path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    settings = history.settings
    with zipfile.ZipFile(path) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert b"poison".hex().encode() in text
    for secret in (settings.snapshot_key, settings.s3_secret_key, "a-secret-of-the-connector"):
        assert secret.encode() not in text


def test_a_backup_goes_to_the_object_store_and_keeps_some_in_a_folder(history, tmp_path):
    bucket = history.settings.raw_bucket
    stored = backup(history.settings, f"s3://{bucket}/backups/one.zip")
    assert stored.path == f"s3://{bucket}/backups/one.zip"
    body = history.client.get_object(Bucket=bucket, Key="backups/one.zip")["Body"].read()
    assert len(body) == stored.size_bytes

    kept = [backup(history.settings, str(tmp_path / "b"), keep=2).path for _ in range(3)]

    assert sorted(str(path) for path in (tmp_path / "b").iterdir()) == kept[1:]


def damaged(path, how):
    """Write the archive anew with one thing changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    match how:
        case "a row":
            members["dataset.copy"] = members["dataset.copy"].replace(b"shop@", b"shoq@")
        case "the manifest":
            members["manifest.json"] = members["manifest.json"].replace(b'"rows": 2', b'"rows": 3')
        case "a table":
            del members["receipt.copy"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("how", ["a row", "the manifest", "a table", "half of it", "another key"])
def test_a_backup_that_was_changed_is_refused_before_anything_is_written(history, how):
    made = backup(history.settings)
    path, settings = Path(made.path), history.settings
    lose(settings)
    if how == "another key":
        settings = replace(settings, snapshot_key="the key of a new machine")
    elif how == "half of it":
        path.write_bytes(path.read_bytes()[: made.size_bytes // 2])
    else:
        damaged(path, how)

    with pytest.raises(BrokenError, match="Nothing was restored"):
        restore(settings, path)

    with psycopg.connect(settings.postgres_dsn) as conn:
        assert conn.execute("select to_regnamespace('registry')").fetchone() == (None,)
    if how == "another key":
        assert restore(settings, path, unsigned=True).manifest == made.manifest


def test_a_registry_that_holds_batches_is_never_replaced(history):
    made = backup(history.settings)
    before = everything(history.settings)

    for replace_declarations in (False, True):
        with pytest.raises(VerdictError, match="the registry is not lost: it holds 3 batches"):
            restore(history.settings, Path(made.path), replace=replace_declarations)

    assert everything(history.settings) == before


def test_declarations_made_since_are_replaced_only_when_told_to(history):
    made, before = backup(history.settings), everything(history.settings)
    lose(history.settings)
    migrate.migrate(history.settings.postgres_dsn)
    history.declare()

    with pytest.raises(VerdictError, match="--replace"):
        restore(history.settings, Path(made.path))
    restore(history.settings, Path(made.path), replace=True)

    assert everything(history.settings) == before


def signed_anew(settings, path, **changes):
    """Let the installation itself have written another manifest."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    document = {**json.loads(members["manifest.json"]), **changes}
    del document["signature"]
    sign = backup_file.signature(document, snapshot.signing_key(settings))
    members["manifest.json"] = json.dumps({**document, "signature": sign}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_a_backup_of_a_newer_program_is_refused(history):
    path = Path(backup(history.settings).path)
    signed_anew(history.settings, path, registry_version="9999")

    with pytest.raises(UsageError, match=r"9999, newer than this program's"):
        restore(history.settings, path)


def test_an_older_backup_comes_forward_by_the_migrations(world):
    """A registry at the first version, which has no connectors yet, comes back at the newest."""
    lose(world.settings)
    with migrate.alone(world.settings.postgres_dsn, "a test") as connection:
        migrate.upgrade(connection, "0001")
    with psycopg.connect(world.settings.postgres_dsn, autocommit=True) as conn:
        conn.execute(
            "insert into registry.dataset (name, kafka_topic, document, source) values ('orders', 'orders',"
            """ '{"name": "orders", "mode": "append", "owner": "x", "kafka_topic": "orders"}', 'file')"""
        )
        conn.execute("insert into registry.audit_log (actor, action) values ('ann', 'x')")
    old = backup(world.settings)
    lose(world.settings)

    done = restore(world.settings, Path(old.path))

    assert (done.manifest.registry_version, done.registry_version) == ("0001", migrate.newest_version())
    assert world.rows("select name from registry.dataset") == [{"name": "orders"}]
    assert world.rows("select count(*) as connectors from registry.connector") == [{"connectors": 0}]
    assert world.value("insert into registry.audit_log (actor, action) values ('b', 'y') returning id") == 2


def test_a_failure_in_the_middle_leaves_what_was_there(history, monkeypatch):
    made = backup(history.settings)
    lose(history.settings)
    migrate.migrate(history.settings.postgres_dsn)
    history.declare()
    before = everything(history.settings)
    signed_anew(history.settings, Path(made.path), sequences={"no_such_sequence": 1})

    with pytest.raises(BrokenError, match="PostgreSQL refused the restore of registry-"):
        restore(history.settings, Path(made.path), replace=True)

    assert everything(history.settings) == before
