"""DuckDB's own tables: `python -m bench.merge.duckdb`, a task on standard input."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb as engine

from bench.merge import alone, content
from bench.merge.content import COLUMNS, Content, statement


def main() -> None:
    """Do the task to a copy of the table's file, which is on disk when the clock stops."""
    task = alone.task()
    first = Path(task.table) / "line.duckdb"
    if not task.write:
        first.parent.mkdir(parents=True)
    table = first.with_name("work.duckdb") if task.write else first
    if task.write:
        shutil.copyfile(first, table)
    source = f"select {', '.join(COLUMNS)} from read_parquet('{task.increment}')"  # noqa: S608
    with engine.connect(str(table), config={"threads": alone.THREADS}) as session:
        session.execute("set timezone = 'UTC'")
        session.execute(f"create temp view increment as {source}")
        wanted = statement(f"duckdb/{task.write or 'overwrite'}")

        def write() -> dict[str, Any]:
            session.execute(wanted)
            session.execute("checkpoint")
            return {}

        def look() -> Content:
            sql = statement("duckdb/content", text=content.row_text("varchar"), table="line")
            return content.of(session.execute(sql).fetchone())

        alone.timed(write, look)


if __name__ == "__main__":
    main()
