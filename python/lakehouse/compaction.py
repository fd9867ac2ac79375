"""
Fewer and larger files: bronze by day once its batches are proven, silver and gold where files are small.

The rows stay what they are. Bronze is written in one partition per batch, which makes a load repeatable. A
proven batch is never loaded again: its rows move into a second partition spec, by day of Kafka's timestamp.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from lakehouse import spark
from lakehouse.spark_sql import statement
from metastore_sync.errors import BrokenError

#: Iceberg's own target size of a file, and the share of it below which a file counts as small.
_TARGET_BYTES = 512 * 1024 * 1024
SMALL_BYTES = _TARGET_BYTES * 3 // 4
#: Batches moved in one commit; each is a Spark job of its own.
_BATCHES_AT_ONCE = 500
#: Days named one by one in one statement; of more, the range.
_DAYS_NAMED = 100

#: Bronze's specs: the first it is made with, the second is added here.
_BY_BATCH, _BY_DAY = "batch_id", "kafka_timestamp_day"
_MERGE_DAYS = {"output-spec-id": "1", "min-input-files": "2", "target-file-size-bytes": str(_TARGET_BYTES)}
_MOVE = {"output-spec-id": "1", "rewrite-all": "true"}
#: A data file is rewritten once three tenths of its rows are deleted, or beside four other small ones.
_TIDY = {"min-input-files": "5", "delete-ratio-threshold": "0.3", "remove-dangling-deletes": "true"}

#: Runs a statement that commits, again when somebody else committed first.
Commit = Callable[[str], list[dict[str, object]]]


def bronze_waiting(lake: spark.Session, table: str, upto: int) -> int:
    """Return how many files hold proven batches, up to one, in a partition of their own."""
    return int(_waiting(lake, table, upto)["files"])


def compact_bronze(lake: spark.Session, table: str, upto: int, commit: Commit) -> int:
    """
    Move proven batches into partitions of days, merge the files of each; return how many were rewritten.

    Args:
        lake: Session.
        table: `bronze.brz_<name>`.
        upto: The newest batch before which all have green receipts, itself included.
        commit: Runs what writes.

    Raises:
        BrokenError: The table is partitioned otherwise, or somebody else committed each time.
    """
    _add_day_spec(lake, table, commit)
    rewritten = 0
    while int((found := _waiting(lake, table, upto))["files"]):
        first = int(found["first_batch"])
        last = min(int(found["last_batch"]), first + _BATCHES_AT_ONCE - 1)
        where = f"batch_id >= {first} and batch_id <= {last}"
        moved = _rewrite(commit, table, _MOVE, where)
        if not moved:
            break
        rewritten += moved
    days = [row["day"] for row in lake.rows(statement("small_days", bronze=table, small_bytes=SMALL_BYTES))]
    # A pass takes the files of a batch for a group, so days are merged by a second one.
    return rewritten + (_rewrite(commit, table, _MERGE_DAYS, _of_days(days)) if days else 0)


def compact(table: str, delete_files: int, commit: Commit) -> int:
    """Merge small files of a table, apply what deletes much of one; return how many were rewritten."""
    rewritten = _rewrite(commit, table, _TIDY)
    if delete_files:
        commit(statement("rewrite_deletes", table=table))
    return rewritten


def _waiting(lake: spark.Session, table: str, upto: int) -> dict[str, int]:
    [found] = lake.rows(statement("batch_files", bronze=table, upto=upto))
    return found


def _rewrite(commit: Commit, table: str, options: dict[str, str], where: str = "") -> int:
    [row] = commit(statement("rewrite", table=table, options=options, where=where))
    return int(str(row["rewritten_data_files_count"]))


def _add_day_spec(lake: spark.Session, table: str, commit: Commit) -> None:
    """Give bronze its second spec, and leave new rows to the first; ends what a killed process began."""
    fields = next(row for row in lake.rows(f"describe {table}.files") if row["col_name"] == "partition")
    known = str(fields["data_type"])
    if _BY_BATCH not in known:
        raise _partitioned_otherwise(table, known)
    if _BY_DAY not in known:
        commit(f"alter table {table} replace partition field {_BY_BATCH} with days(kafka_timestamp)")
    if f"PARTITIONED BY ({_BY_BATCH})" not in _definition(lake, table):
        commit(f"alter table {table} replace partition field {_BY_DAY} with {_BY_BATCH}")
    if f"PARTITIONED BY ({_BY_BATCH})" not in (now := _definition(lake, table)):
        raise _partitioned_otherwise(table, now)


def _definition(lake: spark.Session, table: str) -> str:
    return str(lake.rows(f"show create table {table}")[0]["createtab_stmt"])


def _of_days(days: list[str | None]) -> str:
    r"""
    Return the condition for the rows of some days.

    >>> print(_of_days(["2026-11-30", None]).replace(" or ", "\nor "))
    (kafka_timestamp >= timestamp '2026-11-30' and kafka_timestamp < timestamp '2026-12-01')
    or kafka_timestamp is null
    """
    named = [day for day in days if day is not None]
    spans = [(day, day) for day in named] if len(named) <= _DAYS_NAMED else [(min(named), max(named))]
    parts = [
        f"(kafka_timestamp >= timestamp '{first}' and kafka_timestamp < timestamp '{_after(last)}')"
        for first, last in spans
    ]
    return " or ".join([*parts, *(["kafka_timestamp is null"] if None in days else [])])


def _after(day: str) -> str:
    return str(date.fromisoformat(day) + timedelta(days=1))


def _partitioned_otherwise(table: str, found: str) -> BrokenError:
    return BrokenError(
        f"{table}: it is not partitioned by {_BY_BATCH}, as bronze is made",
        where=found[:200],
        not_done="Its files were not compacted.",
        next_command=f'tidegate sql "show create table {table}"',
    )
