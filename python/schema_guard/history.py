"""What people read about a dataset's schemas and batches: for the command and the service alike."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import DictRow

from metastore_sync import registry
from metastore_sync.errors import UsageError
from metastore_sync.settings import Settings
from schema_guard import reports
from schema_guard.edges import registry as edges

#: The statements of `sql/history.sql` as functions.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "sql" / "history.sql", "psycopg")

Connection = psycopg.Connection[DictRow]
#: Before every batch number that can be.
NEWEST = sys.maxsize


def versions(conn: Connection, name: str) -> list[dict[str, Any]]:
    """
    Return every schema version of a dataset, newest first, without the schemas themselves.

    Raises:
        UsageError: No dataset has this name.
    """
    registry.dataset(conn, name)
    return list(QUERIES.versions(conn, dataset=name))


def version(conn: Connection, name: str, number: int | None = None) -> dict[str, Any]:
    """
    Return one version whole: schema, DDL, columns, findings, decision.

    Args:
        conn: To the registry.
        name: A dataset.
        number: None means the newest.

    Raises:
        UsageError: There is no such dataset or version.
    """
    registry.dataset(conn, name)
    wanted = number or QUERIES.newest_version(conn, dataset=name)
    row = QUERIES.version(conn, dataset=name, version=wanted) if wanted else None
    if row is None:
        told = f"version {number}" if number else "a schema version yet"
        raise UsageError(
            f"{name} has no {told.removeprefix('a ')}",
            not_done="Nothing was compared.",
            next_command=f"tidegate schema history {name}" if number else f"tidegate check {name}",
        )
    return dict(row)


def with_impact(settings: Settings, conn: Connection, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a version whose findings name the models that read their fields now."""
    active = edges.active_version(conn, name)
    dataset = registry.dataset(conn, name).dataset
    read_by = reports.of_findings(settings, dataset, active.schema if active else None, row["findings"])
    findings = [
        {**finding, "impact": [model.to_document() for model in models]}
        for finding, models in zip(row["findings"], read_by, strict=True)
    ]
    return {**row, "findings": findings}


def batches(conn: Connection, name: str, *, before: int = NEWEST, page: int = 50) -> list[dict[str, Any]]:
    """
    Return a page of batches, newest first.

    Args:
        conn: To the registry.
        name: A dataset.
        before: Only batches with a smaller number.
        page: How many at most.

    Raises:
        UsageError: No dataset has this name.
    """
    registry.dataset(conn, name)
    return list(QUERIES.batches(conn, dataset=name, before=before, page=page))
