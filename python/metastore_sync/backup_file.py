"""
A backup of the registry as a file: one ZIP archive with a table per member, and a signed manifest.

Members are `<table>.copy`, PostgreSQL's own COPY text of the columns that the manifest lists, and
`manifest.json`. The manifest is signed with the snapshot key and holds each member's SHA-256, so that
a changed, cut or foreign file is refused before anything is written.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from metastore_sync.errors import BrokenError
from metastore_sync.snapshot import canonical_json

FORMAT = 1
MANIFEST = "manifest.json"
#: Bytes that are read or written at once.
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table in a backup: its columns in the order of the COPY text, its rows, the text's SHA-256 (hex)."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def member(self) -> str:
        """The archive's member that holds the rows."""
        return f"{self.name}.copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """
    What a backup holds.

    Attributes:
        written_at: Time of the transaction that read it, UTC.
        registry_version: Number of the newest migration it had.
        tables: In an order in which they can be filled.
        sequences: Name → last number given, for sequences that gave one.
    """

    written_at: datetime
    registry_version: str
    tables: tuple[Table, ...]
    sequences: dict[str, int]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    def to_document(self) -> dict[str, Any]:
        """Return the manifest as plain JSON values, unsigned."""
        return {
            "format": FORMAT,
            "written_at": self.written_at.astimezone(UTC).isoformat(),
            "registry_version": self.registry_version,
            "tables": [{**asdict(table), "columns": list(table.columns)} for table in self.tables],
            "sequences": self.sequences,
        }


def signature(document: dict[str, Any], key: bytes) -> str:
    """Return the HMAC-SHA-256 (hex) of an unsigned manifest."""
    return hmac.new(key, canonical_json(document), hashlib.sha256).hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """
    Open a backup to read it.

    Raises:
        BrokenError: There is no such file, or it is no whole archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (OSError, zipfile.BadZipFile, KeyError, EOFError) as error:
        raise unusable(path, str(error)) from error


def read_manifest(path: Path, archive: zipfile.ZipFile, key: bytes | None) -> Manifest:
    """
    Return the manifest after checking its signature; without a key the signature is not looked at.

    Raises:
        BrokenError: The signature does not match, or the format is not this program's.
    """
    try:
        document = json.loads(archive.read(MANIFEST))
        signed = str(document.pop("signature"))
        found = document["format"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise unusable(path, f"it holds no manifest of a registry: {error!r}") from error
    if key is not None and not hmac.compare_digest(signature(document, key), signed):
        raise BrokenError(
            f"{path.name}: its signature does not match: another installation's key, or a changed file",
            where=str(path),
            not_done="Nothing was restored.",
            next_command=f"tidegate registry restore {path} --unsigned, if you know where it comes from",
        )
    if found != FORMAT:
        raise unusable(path, f"format {found}, this program reads {FORMAT}")
    return Manifest(
        written_at=datetime.fromisoformat(document["written_at"]),
        registry_version=document["registry_version"],
        tables=tuple(Table(**{**t, "columns": tuple(t["columns"])}) for t in document["tables"]),
        sequences=document["sequences"],
    )


def check_members(path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """
    Read every table once and compare it with the manifest.

    Raises:
        BrokenError: A member is missing, or holds something else.
    """
    for table in manifest.tables:
        digest = hashlib.sha256()
        with archive.open(table.member) as member:
            while chunk := member.read(CHUNK):
                digest.update(chunk)
        if digest.hexdigest() != table.sha256:
            raise unusable(path, f"table {table.name}: SHA-256 {table.sha256} → {digest.hexdigest()}")


def unusable(path: Path, fact: str) -> BrokenError:
    """Return the error of a file that is no backup, or no longer."""
    return BrokenError(
        f"{path.name}: not a usable backup of the registry: {fact}",
        where=str(path),
        not_done="Nothing was restored.",
        next_command="tidegate registry restore FILE, with another backup",
    )
