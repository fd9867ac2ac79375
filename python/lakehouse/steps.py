"""The guard as a step of a run: one function for `tidegate run` and for a DAG's first task."""

from __future__ import annotations

from lakehouse.receipt_queries import QUERIES
from metastore_sync import registry
from metastore_sync.errors import BlockedError, RegistryAwayError, VerdictError
from metastore_sync.settings import Settings
from schema_guard import check, report


def guard(settings: Settings, name: str) -> list[report.Report]:
    """
    Judge every batch of the dataset that is waiting and return a report for each.

    Raises:
        BlockedError: A batch is BLOCKED; the text is the rendered report.
        VerdictError: Landed records wait for a manifest; the text is the rendered report.
        RegistryAwayError: PostgreSQL is away; the text says what the snapshot makes of what waits.
        BrokenError: The object store is away; nothing was admitted.
    """
    reports = check.check(settings, name)
    held_up = [judged for judged in reports if judged.exit_code]
    if any(judged.status is report.Status.UNRECORDED for judged in held_up):
        raise RegistryAwayError("\n".join(report.render(judged) for judged in held_up))
    if any(judged.status is report.Status.BLOCKED for judged in held_up):
        raise BlockedError("\n".join(report.render(judged) for judged in held_up))
    if held_up:
        raise VerdictError("\n".join(report.render(judged) for judged in held_up))
    return reports


def has_admitted(settings: Settings, name: str) -> bool:
    """Return whether a batch was ever admitted; before that the dataset's models have no columns."""
    with registry.connect(settings) as conn:
        return QUERIES.newest_admitted(conn, dataset=name) is not None
