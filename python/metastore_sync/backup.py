"""
Writes the registry into one file, as it was at one moment, while everybody works on.

Every table of the schema `registry` is copied in one REPEATABLE READ transaction. Passwords of roles
and connectors' secrets are not in the registry; rejected records' payloads are, so the file is mode 0600.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from psycopg import IsolationLevel, sql
from psycopg.rows import DictRow

from metastore_sync import object_store, registry
from metastore_sync.backup_file import MANIFEST, Manifest, Table, signature
from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.settings import Settings
from metastore_sync.snapshot import signing_key

#: The statements of `sql/backup.sql` as functions.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "sql" / "backup.sql", "psycopg")
S3 = "s3://"
_PATTERN = "registry-*.zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was written: where, what it holds, and older ones that made room for it."""

    path: str
    manifest: Manifest
    size_bytes: int
    removed: tuple[str, ...] = ()


def backup(settings: Settings, to: str = "", *, keep: int = 0) -> Backup:
    """
    Write a backup and return what it holds.

    Args:
        settings: Where the registry and the object store are.
        to: A folder, a file that ends in `.zip`, or `s3://bucket/key`; by default `$TIDEGATE_HOME/backups`.
        keep: How many backups stay in a folder, the new one included; 0: all.

    Raises:
        UsageError: The target cannot be a backup's, or `keep` is asked of a target that is no folder.
        BrokenError: The registry or the target is away; no file stays.
    """
    key = signing_key(settings)
    is_folder = not to.startswith(S3) and not to.endswith(".zip")
    if keep and not is_folder:
        raise UsageError(
            f"--keep: {to} is no folder",
            not_done="Nothing was written.",
            next_command="tidegate registry backup --to FOLDER --keep 14",
        )
    now = datetime.now(UTC)
    name = f"registry-{now:%Y%m%dT%H%M%S.%f}Z.zip"
    if to.startswith(S3):
        return _to_store(settings, key, to if to.endswith(".zip") else f"{to.rstrip('/')}/{name}")
    folder = Path(to) if to else settings.home / "backups"
    path = (folder / name if is_folder else Path(to)).absolute()
    made = _to_path(settings, key, path)
    removed = _make_room(path, keep) if keep else ()
    return Backup(path=made.path, manifest=made.manifest, size_bytes=made.size_bytes, removed=removed)


def _to_path(settings: Settings, key: bytes, path: Path) -> Backup:
    """Write beside the target (mode 0600), force it to disk, then rename it: never half a backup."""
    unfinished = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        unfinished = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            manifest = _write(settings, key, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise _not_written(str(path), str(error)) from error
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)
    return Backup(path=str(path), manifest=manifest, size_bytes=path.stat().st_size)


def _to_store(settings: Settings, key: bytes, address: str) -> Backup:
    bucket, _, name = address.removeprefix(S3).partition("/")
    with tempfile.NamedTemporaryFile(prefix="tidegate-backup-") as file:
        manifest = _write(settings, key, file)
        size = file.tell()
        file.seek(0)
        try:
            object_store.client(settings).put_object(Bucket=bucket, Key=name, Body=file)
        except (BotoCoreError, ClientError) as error:
            raise _not_written(address, str(error)) from error
    return Backup(path=address, manifest=manifest, size_bytes=size)


def _write(settings: Settings, key: bytes, file: Any) -> Manifest:
    with (
        registry.connect(settings, any_version=True) as conn,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
    ):
        if not QUERIES.is_there(conn):
            raise _not_written(conn.info.dbname, "this database holds no registry")
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        with conn.transaction():
            manifest = _dump(conn, archive)
        document = manifest.to_document()
        archive.writestr(MANIFEST, json.dumps({**document, "signature": signature(document, key)}, indent=1))
    return manifest


def _dump(conn: psycopg.Connection[DictRow], archive: zipfile.ZipFile) -> Manifest:
    return Manifest(
        registry_version=str(QUERIES.version(conn)),
        tables=tuple(_table(conn, archive, row) for row in in_order(conn)),
        sequences={row["name"]: row["last"] for row in QUERIES.sequences(conn) if row["last"] is not None},
        written_at=datetime.now(UTC),
    )


def in_order(conn: psycopg.Connection[DictRow]) -> list[DictRow]:
    """Return the registry's tables (name, columns), each behind those that its rows refer to."""
    tables = {row["name"]: row for row in QUERIES.tables(conn)}
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(tables, ()))
    for row in QUERIES.needs(conn):
        order.add(row["name"], row["needs"])
    return [tables[name] for name in order.static_order()]


def copy_of(name: str, columns: tuple[str, ...], direction: str) -> sql.Composed:
    """Return the COPY statement of a table; direction is `to stdout` or `from stdin`."""
    return sql.SQL("copy {} ({}) {}").format(
        sql.Identifier("registry", name),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL("to stdout") if direction == "to stdout" else sql.SQL("from stdin"),
    )


def _table(conn: psycopg.Connection[DictRow], archive: zipfile.ZipFile, row: DictRow) -> Table:
    name, columns = str(row["name"]), tuple(row["columns"])
    digest = hashlib.sha256()
    with (
        conn.cursor() as cursor,
        archive.open(f"{name}.copy", "w", force_zip64=True) as member,
    ):
        with cursor.copy(copy_of(name, columns, "to stdout")) as rows:
            for chunk in rows:
                digest.update(chunk)
                member.write(chunk)
        count = cursor.rowcount
    return Table(name=name, columns=columns, rows=count, sha256=digest.hexdigest())


def _make_room(newest: Path, keep: int) -> tuple[str, ...]:
    """Remove all but the newest backups of a folder: their names sort by time."""
    older = sorted(newest.parent.glob(_PATTERN), reverse=True)[keep:]
    for path in older:
        path.unlink(missing_ok=True)
    return tuple(str(path) for path in older)


def _not_written(where: str, cause: str) -> BrokenError:
    return BrokenError(
        f"registry backup: cannot be written: {cause}",
        where=where,
        not_done="There is no new backup; older ones stay.",
        next_command="tidegate registry backup --to FOLDER",
    )
