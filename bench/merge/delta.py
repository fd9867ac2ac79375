"""Delta tables by delta-rs, fed by DuckDB: `python -m bench.merge.delta`, a task on standard input."""

from __future__ import annotations

from typing import Any, assert_never

import deltalake
import duckdb as engine

from bench.merge import alone, content
from bench.merge.content import COLUMNS, KEY, Content, statement
from bench.merge.operations import Write
from bench.merge.rivals import Task

_ON = " and ".join(f"t.{column} = s.{column}" for column in KEY)


def main() -> None:
    """Do the task to the table at its first version, in the same object store as ours."""
    task = alone.task()
    session = engine.connect(config={"threads": alone.THREADS})
    source = session.sql(f"select {', '.join(COLUMNS)} from read_parquet('{task.increment}')")  # noqa: S608
    if not task.write:
        alone.timed(lambda: _overwrite(task, source), lambda: _look(task, session))
        return
    table = deltalake.DeltaTable(task.table, storage_options=task.store)
    if table.version() != task.first:
        table.restore(task.first)
    alone.timed(lambda: _write(task, table, source), lambda: _look(task, session))


def _write(task: Task, table: deltalake.DeltaTable, source: Any) -> dict[str, Any]:
    kind = Write(task.write)
    match kind:
        case Write.APPEND:
            deltalake.write_deltalake(table, source, mode="append")
            return {}
        case Write.OVERWRITE:
            return _overwrite(task, source)
        case Write.UPSERT | Write.DELETE | Write.SYNC | Write.EXPRESSION:
            return _merge(kind, task, table, source)
        case _:
            assert_never(kind)


def _overwrite(task: Task, source: Any) -> dict[str, Any]:
    deltalake.write_deltalake(task.table, source, mode="overwrite", storage_options=task.store)
    return {}


def _merge(kind: Write, task: Task, table: deltalake.DeltaTable, source: Any) -> dict[str, Any]:
    merger = table.merge(source, _ON, source_alias="s", target_alias="t", streamed_exec=task.whole)
    if kind is Write.EXPRESSION:
        flag = "case when s.l_extendedprice >= 50000 then 'H' else 'L' end"
        merger = merger.when_matched_update({"l_quantity": "-9", "l_returnflag": flag})
    if kind is Write.DELETE:
        merger = merger.when_matched_delete("s.l_quantity = -7")
    if kind is not Write.EXPRESSION:
        merger = merger.when_matched_update_all()
    if kind is Write.SYNC:
        merger = merger.when_not_matched_by_source_delete()
    elif kind is not Write.EXPRESSION:
        merger = merger.when_not_matched_insert_all()
    return dict(merger.execute())


def _look(task: Task, session: engine.DuckDBPyConnection) -> Content:
    table = deltalake.DeltaTable(task.table, storage_options=task.store)
    stored = deltalake.QueryBuilder().register("line", table).execute("select * from line")
    session.register("stored", stored)
    sql = statement("duckdb/content", text=content.row_text("varchar"), table="stored")
    return content.of(session.execute(sql).fetchone())


if __name__ == "__main__":
    main()
