"""
Maintenance of datasets and marts: tables first, then what retention may remove.

It runs beside loads. What meets one is tried again, then left for the next run and said; a dataset that fails
stops itself alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lakehouse import keep as keeping
from lakehouse import manifest_slice, prod_tables, spark
from lakehouse.keep import Keep
from lakehouse.upkeep import Tender, Upkeep
from metastore_sync import registry
from metastore_sync.errors import EXIT_FINE, LeaseLostError, TidegateError
from metastore_sync.settings import Settings
from schema_guard import retention
from schema_guard.retention import Removal

#: Called with one line for people per table and per kind of retention.
OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintained:
    """
    What was done for one dataset or mart area; of a dry run, what would be.

    Attributes:
        name: Dataset, or `marts.<area>`.
        tables: Its tables in the target `prod`, in the order of layers.
        removed: What retention removed.
        skipped: What was left for the next time, and why.
        error: What stopped it, if anything did.
    """

    name: str
    tables: tuple[Upkeep, ...] = ()
    removed: Removal = field(default_factory=Removal)
    skipped: tuple[str, ...] = ()
    error: TidegateError | None = None

    @property
    def exit_code(self) -> int:
        """0 fine, 2 broke."""
        return self.error.exit_code if self.error else EXIT_FINE

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values; `message` is the whole error, or empty."""
        return {
            "name": self.name,
            "tables": [asdict(table) for table in self.tables],
            "removed": asdict(self.removed),
            "skipped": list(self.skipped),
            "exit_code": self.exit_code,
            "message": self.error.render() if self.error else "",
        }


def maintain(
    settings: Settings,
    names: Sequence[str],
    on_step: OnStep,
    *,
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[Maintained]:
    """
    Maintain the named datasets, or all of them and the marts, one after the other.

    Args:
        settings: Where the parts are, and how long things are kept.
        names: Datasets or `marts.<area>`; none means every one.
        on_step: Called with a line for each table and each removal.
        dry_run: Look only.
        now: The moment that ages are counted from, UTC; the clock's unless given.

    Raises:
        UsageError: A retention setting cannot be read; nothing was begun.
    """
    wanted = list(dict.fromkeys(names)) or everything(settings)
    kept = {name: keeping.of(settings, name) for name in wanted}
    moment = now or datetime.now(UTC)
    return [_one(settings, name, kept[name], on_step, now=moment, dry_run=dry_run) for name in wanted]


def everything(settings: Settings) -> list[str]:
    """Return the names of all datasets, paused and retired ones too, and of all mart areas."""
    with registry.connect(settings) as conn:
        datasets = sorted(row.dataset.name for row in registry.datasets(conn))
    return [*datasets, *manifest_slice.marts(settings)]


def check(done: Maintained) -> None:
    """
    Return when the maintenance of a dataset or area went well.

    Raises:
        TidegateError: What stopped it.
    """
    if done.error:
        raise done.error


def _one(
    settings: Settings, name: str, keep: Keep, on_step: OnStep, *, now: datetime, dry_run: bool
) -> Maintained:
    done = Maintained(name=name)
    try:
        with registry.connect(settings) as conn:
            is_dataset = not name.startswith(manifest_slice.MARTS)
            proven = retention.proven_upto(conn, name) if is_dataset else 0
            with spark.session(settings) as lake:
                stood_on = prod_tables.followed(settings, lake, name)
                tender = Tender(lake, keep, now, followed=stood_on, dry_run=dry_run)
                for table in prod_tables.tables(settings, lake, name):
                    kept_up = (
                        tender.bronze(table, proven) if table.startswith("bronze.") else tender.other(table)
                    )
                    done = replace(
                        done, tables=(*done.tables, kept_up), skipped=(*done.skipped, *kept_up.skipped)
                    )
                    on_step(_line(kept_up, dry_run=dry_run))
            if is_dataset:
                done = _retain(settings, conn, done, keep, now=now, dry_run=dry_run)
                on_step(_removal_line(done, dry_run=dry_run))
    except TidegateError as error:
        on_step(f"{name}: FAILED\n{error.render()}")
        return replace(done, error=error)
    return done


def _retain(
    settings: Settings, conn: Any, done: Maintained, keep: Keep, *, now: datetime, dry_run: bool
) -> Maintained:
    removed = Removal()
    if keep.raw_days is not None:
        dataset = registry.dataset(conn, done.name).dataset
        before = now - timedelta(days=keep.raw_days)
        try:
            removed = retention.remove_raw(settings, conn, dataset, before, dry_run=dry_run)
        except LeaseLostError as busy:
            said = f"raw retention: {busy.fact}; the next run does it"
            done = replace(done, skipped=(*done.skipped, said))
    if keep.rejected_days is not None:
        before = now - timedelta(days=keep.rejected_days)
        forgotten = retention.remove_payloads(conn, done.name, before, dry_run=dry_run)
        removed = replace(removed, payloads=forgotten.payloads)
    return replace(done, removed=removed)


def _line(done: Upkeep, *, dry_run: bool) -> str:
    word = "would look at" if dry_run else "rewrote"
    verb = "would remove" if dry_run else "removed"
    return (
        f"{done.table}: {word} {done.rewritten} file(s), {verb} {done.expired} snapshot(s)"
        f" and {done.orphans} orphan(s)" + "".join(f"; {skipped}" for skipped in done.skipped)
    )


def _removal_line(done: Maintained, *, dry_run: bool) -> str:
    verb = "would remove" if dry_run else "removed"
    gone = done.removed
    return (
        f"{done.name}: {verb} {gone.objects} landed object(s) of {gone.bytes} bytes"
        f" and {gone.payloads} rejected payload(s)"
    )


def rows(done: Iterable[Maintained]) -> list[dict[str, object]]:
    """Return a row per table for people: figures before → after."""
    return [
        {
            "table": table.table,
            **{
                label: f"{asdict(table.before)[key]} → {asdict(table.after)[key]}"
                for label, key in _SHOWN.items()
            },
        }
        for entry in done
        for table in entry.tables
    ]


#: Column → figure.
_SHOWN = {
    "files": "data_files",
    "delete files": "delete_files",
    "bytes": "bytes",
    "snapshots": "snapshots",
    "stored files": "stored_files",
    "stored bytes": "stored_bytes",
}
