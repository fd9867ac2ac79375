"""
Puts a backup back: into a registry that holds nothing a person would miss, all of it or nothing.

The schemas are made anew at the backup's own version, filled, and only then migrated to this program's,
so that an older backup comes forward by the same migrations as the registry it was taken from.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from metastore_sync import backup_file, migrate, registry, snapshot
from metastore_sync.backup import QUERIES, copy_of, in_order
from metastore_sync.backup_file import CHUNK, Manifest, Table
from metastore_sync.errors import BrokenError, UsageError, VerdictError
from metastore_sync.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came back; `registry_version` is the registry's now, the backup's own is in its manifest."""

    path: str
    manifest: Manifest
    registry_version: str


def restore(settings: Settings, path: Path, *, replace: bool = False, unsigned: bool = False) -> Restored:
    """
    Put a backup back and write the snapshot anew.

    Args:
        settings: Where the registry is; its database exists, the registry in it need not.
        path: The backup.
        replace: Also over a registry that holds declarations, but no batch.
        unsigned: Do not look at the signature; the checksums still count.

    Raises:
        VerdictError: The registry holds something; it stays as it is.
        UsageError: A newer program wrote the backup.
        BrokenError: The file is not a whole backup of this installation, or PostgreSQL is away.
    """
    key = None if unsigned else snapshot.signing_key(settings)
    with backup_file.opened(path) as archive:
        manifest = backup_file.read_manifest(path, archive, key)
        _check_known(path, manifest)
        backup_file.check_members(path, archive, manifest)
        with migrate.alone(settings.postgres_dsn, f"the restore of {path.name}") as connection:
            with migrate.driver(connection) as conn:
                _check_empty(conn, path, replace=replace)
            migrate.take_away(connection)
            migrate.upgrade(connection, manifest.registry_version)
            with migrate.driver(connection) as conn:
                _fill(conn, archive, manifest)
            migrate.upgrade(connection)
    with registry.connect(settings) as conn:
        snapshot.write(settings, conn)
    return Restored(path=str(path), manifest=manifest, registry_version=migrate.newest_version())


def _check_known(path: Path, manifest: Manifest) -> None:
    if manifest.registry_version > migrate.newest_version():
        raise UsageError(
            f"{path.name}: of registry version {manifest.registry_version}, newer than this program's"
            f" {migrate.newest_version()}",
            where=str(path),
            not_done="Nothing was restored.",
            next_command="install the release that wrote this backup, or a newer one",
        )


def _check_empty(conn: psycopg.Connection[DictRow], path: Path, *, replace: bool) -> None:
    """Refuse a registry with rows in it: batches always, declarations unless told to replace them."""
    held = _rows_held(conn)
    if not held or (replace and not held.get("batch")):
        return
    listed = ", ".join(f"{count} in {name}" for name, count in sorted(held.items()))
    if held.get("batch"):
        raise VerdictError(
            f"the registry is not lost: it holds {held['batch']} batches",
            where=f"rows: {listed}",
            not_done="Nothing was restored; the registry stays as it is.",
            next_command="tidegate registry backup, then drop its database, tidegate up, and restore",
        )
    raise VerdictError(
        "the registry is not empty: somebody has declared datasets since it was lost",
        where=f"rows: {listed}",
        not_done="Nothing was restored; the registry stays as it is.",
        next_command=f"tidegate registry restore {path} --replace",
    )


def _rows_held(conn: psycopg.Connection[DictRow]) -> dict[str, int]:
    if not QUERIES.is_there(conn):
        return {}
    held = {}
    for row in in_order(conn):
        name = sql.Identifier("registry", row["name"])
        count = conn.execute(sql.SQL("select count(*) as rows from {}").format(name)).fetchone()
        held[str(row["name"])] = int(count["rows"]) if count else 0
    return {name: count for name, count in held.items() if count}


def _fill(conn: psycopg.Connection[DictRow], archive: zipfile.ZipFile, manifest: Manifest) -> None:
    for table in manifest.tables:
        # A migration may have put rows of its own there; the backup holds them as they were last.
        conn.execute(sql.SQL("truncate {} cascade").format(sql.Identifier("registry", table.name)))
    for table in manifest.tables:
        _copy_in(conn, archive, table)
    for name, last in manifest.sequences.items():
        QUERIES.set_sequence(conn, name=name, last=last)


def _copy_in(conn: psycopg.Connection[DictRow], archive: zipfile.ZipFile, table: Table) -> None:
    with conn.cursor() as cursor, archive.open(table.member) as member:
        with cursor.copy(copy_of(table.name, table.columns, "from stdin")) as rows:
            while chunk := member.read(CHUNK):
                rows.write(chunk)
        if cursor.rowcount != table.rows:
            raise BrokenError(
                f"registry restore: table {table.name}: {table.rows} → {cursor.rowcount} rows",
                not_done="Nothing was restored.",
                next_command="tidegate registry restore FILE, with another backup",
            )
