"""A backfill's branches in Iceberg: made at main's snapshot, fast-forwarded onto main, dropped."""

from __future__ import annotations

from lakehouse import spark
from lakehouse.backfill_state import StagedTable
from lakehouse.spark_sql import statement
from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.settings import Settings


def fork(settings: Settings, branch: str, table: str) -> StagedTable:
    """
    Begin the table's branch at main's newest snapshot, whatever the branch was before.

    Raises:
        UsageError: The table does not exist or holds no batch.
    """
    schema, name = table.split(".")
    with spark.session(settings) as lake:
        found = lake.rows(statement("branch_base", table=table)) if lake.has_table(schema, name) else []
        if not found or found[0]["batch_id"] is None:
            raise UsageError(
                f"{table}: it holds no batch, so there is nothing to make anew",
                not_done="Nothing was begun.",
                next_command=f"tidegate run {name.removeprefix('slv_')}",
            )
        snapshot = int(found[0]["snapshot_id"])
        # Only tables with this property follow a session's branch; it has no meaning without one.
        lake.rows(f"alter table {table} set tblproperties ('write.wap.enabled' = 'true')")
        lake.rows(f"alter table {table} create or replace branch `{branch}` as of version {snapshot}")
    return StagedTable(table_name=table, base_snapshot=snapshot, upto=int(found[0]["batch_id"]))


def has_moved(settings: Settings, staged: StagedTable) -> bool:
    """Return whether somebody wrote main since the branch began."""
    found = spark.rows(settings, statement("branch_base", table=staged.table_name))
    return int(found[0]["snapshot_id"]) != staged.base_snapshot


def fast_forward(settings: Settings, branch: str, staged: StagedTable) -> bool:
    """
    Make main what the branch is, in one step; return whether it was done.

    It is not when main was written meanwhile: Iceberg refuses, and main stays as it is.

    Raises:
        BrokenError: It failed for another reason.
    """
    try:
        spark.rows(
            settings, f"call lake.system.fast_forward('{staged.table_name}', 'main', '{branch}')"
        )
    except BrokenError:
        if has_moved(settings, staged):
            return False
        raise
    return True


def is_forwarded(settings: Settings, branch: str, staged: StagedTable) -> bool:
    """Return whether main is what the branch is."""
    found = spark.rows(settings, statement("branch_heads", table=staged.table_name, branch=branch))
    heads = {row["name"]: row["snapshot_id"] for row in found}
    return branch in heads and heads[branch] == heads["main"]


def drop(settings: Settings, branch: str, table: str) -> None:
    """Drop the table's branch; fine when it has none."""
    spark.rows(settings, f"alter table {table} drop branch if exists `{branch}`")
