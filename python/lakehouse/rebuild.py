"""
Rebuilds a lost registry: datasets from files and connectors, batches from manifests and bronze.

Each dataset is one transaction, its declaration included: nobody sees a dataset without its batches and
judges records that are loaded already. What bronze never loaded is judged anew by the next check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import DictRow

from lakehouse import bronze_history, rule_rejects, spark
from metastore_sync import redeclare, registry, snapshot
from metastore_sync.declared import Declared
from metastore_sync.errors import UsageError, VerdictError
from metastore_sync.settings import Settings
from schema_guard import rebuild as guard
from schema_guard.loaded import Loaded
from schema_guard.rebuild import RebuiltBatch

#: What neither bronze nor the raw zone knows.
LOST = (
    "who approved or rejected a change, when and why",
    "the audit log",
    "receipts: the next run makes them anew",
    "what was paused or retired",
    "losses that somebody accepted: a dataset that had some needs a backup",
    "keys of repeated API calls, and running backfills",
)

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """
    One dataset as it was rebuilt, or would be.

    Attributes:
        source: By which way it was registered: file, api or connect.
        after: The newest batch that the registry held already, from a backup; 0 for none.
        upto: The newest batch that bronze has applied.
        batches: Those between.
        is_written: False for a dry run.
    """

    dataset: str
    source: str
    after: int
    upto: int
    batches: tuple[RebuiltBatch, ...]
    is_written: bool


def rebuild(
    settings: Settings,
    names: Sequence[str],
    *,
    on_step: OnStep,
    onto_backup: bool = False,
    dry_run: bool = False,
) -> list[Rebuilt]:
    """
    Rebuild the named datasets, or all, one after the other.

    Args:
        settings: Where the parts are; Connect, Spark, store and PostgreSQL answer.
        names: None means every dataset that a file, a connector or the registry declares.
        on_step: Called with a line for each batch.
        onto_backup: Go on behind the batches that an old backup brought back.
        dry_run: Do all of it, then undo it.

    Raises:
        UsageError: A name is declared nowhere.
        VerdictError: The registry holds batches of a dataset; nothing was begun.
        BrokenError: A part is away, or bronze and raw zone contradict; datasets done before stay done.
    """
    with registry.connect(settings) as conn:
        chosen = _chosen(settings, conn, names)
        held = {entry.dataset.name: guard.newest_batch(conn, entry.dataset.name) for entry in chosen}
        if not onto_backup:
            _check_lost(held)
        with spark.session(settings) as lake:
            histories = {name: bronze_history.read(settings, lake, name) for name in held}
            done = [
                _dataset(
                    settings, conn, lake, entry=entry, loaded=histories[entry.dataset.name],
                    on_step=on_step, is_written=not dry_run,
                )
                for entry in chosen
            ]  # fmt: skip
        if not dry_run:
            snapshot.write(settings, conn)
    return done


def _chosen(settings: Settings, conn: psycopg.Connection[DictRow], names: Sequence[str]) -> list[Declared]:
    found = {entry.dataset.name: entry for entry in redeclare.declared(settings)}
    found |= {row.dataset.name: Declared(row.dataset, row.source) for row in registry.datasets(conn)}
    unknown = [name for name in names if name not in found]
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)}: neither a file, a connector nor the registry declares it",
            where=f"declared: {', '.join(sorted(found)) or 'nothing'}",
            not_done="Nothing was rebuilt.",
            next_command="tidegate registry rebuild --dry-run",
        )
    return [found[name] for name in names or sorted(found)]


def _check_lost(held: dict[str, int]) -> None:
    there = {name: batches for name, batches in held.items() if batches}
    if not there:
        return
    others = " ".join(name for name in held if name not in there)
    raise VerdictError(
        f"the registry is not lost: it holds batches of {', '.join(there)}",
        where="\n".join(f"{name}: up to batch {batch}" for name, batch in there.items()),
        not_done="Nothing was rebuilt.",
        next_command=f"tidegate registry rebuild {others}"
        if others
        else "tidegate registry rebuild --onto-backup, if they came from an old backup",
    )


def _dataset(
    settings: Settings,
    conn: psycopg.Connection[DictRow],
    lake: spark.Session,
    *,
    entry: Declared,
    loaded: Loaded,
    on_step: OnStep,
    is_written: bool,
) -> Rebuilt:
    name = entry.dataset.name
    batches: list[RebuiltBatch] = []
    with conn.transaction() as whole:
        registry.put_dataset(conn, entry.dataset, source=entry.source, actor=guard.ACTOR)
        after = guard.newest_batch(conn, name)
        for batch in guard.rebuild(settings, conn, entry.dataset, loaded):
            on_step(_line(name, batch, loaded.upto))
            batches.append(batch)
        # Silver leaves them out: before anybody builds, the registry must know of them again.
        rule_rejects.take_noted(conn, lake, name)
        if not is_written:
            raise psycopg.Rollback(whole)
    return Rebuilt(
        dataset=name,
        source=entry.source.value,
        after=after,
        upto=loaded.upto,
        batches=tuple(batches),
        is_written=is_written,
    )


def _line(name: str, batch: RebuiltBatch, upto: int) -> str:
    text = (
        f"{name}: batch {batch.batch_id} of {upto}: {batch.record_count} records,"
        f" {batch.rejected_count} rejected, version {batch.schema_version}, {batch.verdict}"
    )
    parts = [text]
    if batch.decision:
        parts.append({"approve": "approved by somebody", "reject": "rejected by somebody"}[batch.decision])
    if batch.bronze_version is not None:
        parts.append(f"bronze names version {batch.bronze_version}")
    return ", ".join(parts)


def counts(done: Iterable[Rebuilt]) -> list[dict[str, object]]:
    """Return a row per dataset for people."""
    return [
        {
            "dataset": entry.dataset,
            "source": entry.source,
            "batches": len(entry.batches),
            "upto": entry.upto,
            "records": sum(batch.record_count for batch in entry.batches),
            "rejected": sum(batch.rejected_count for batch in entry.batches),
        }
        for entry in done
    ]
