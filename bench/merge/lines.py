"""What all contenders read: the tables' first rows and each operation's increment, as Parquet files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb

from bench.merge.content import SQL, statement
from bench.merge.operations import Base, Operation


class Lines:
    """The files below one folder; nothing is random, so a scale gives the same rows everywhere."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, scale: float, operations: Iterable[Operation]) -> None:
        """Write the files of a TPC-H scale factor."""
        command = ["tpchgen-cli", "parquet", "-s", str(scale), "--tables=lineitem"]
        tool = Path(sys.executable).parent / command[0]
        subprocess.run(
            [str(tool), *command[1:], f"--output-dir={self._folder}"], check=True, capture_output=True
        )
        with duckdb.connect() as engine:
            engine.execute("set timezone = 'UTC'")
            engine.execute(f"set variable lineitem = '{self._folder / 'lineitem.parquet'}'")
            engine.execute((SQL / "lines.sql").read_text(encoding="utf-8"))
            for base in Base:
                self._write(engine, f"from {base}", self.base(base))
            self._write(engine, "select * from whole limit 0", self.nothing)
            for operation in operations:
                self._write(engine, statement(f"increments/{operation.name}"), self.increment(operation))

    @property
    def nothing(self) -> Path:
        """A file without rows, with the columns of all others."""
        return self._folder / "nothing.parquet"

    def base(self, base: Base) -> Path:
        """Return the rows that a table holds before an operation."""
        return self._folder / f"{base}.parquet"

    def increment(self, operation: Operation) -> Path:
        """Return what arrives."""
        return self._folder / f"{operation.name}.increment.parquet"

    @staticmethod
    def rows(path: Path) -> int:
        """Return how many rows a file has."""
        with duckdb.connect() as engine:
            counted = engine.execute("select count(*) from read_parquet(?)", [str(path)]).fetchone()
        return int(counted[0]) if counted else 0

    @staticmethod
    def _write(engine: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
        engine.execute(f"copy ({sql}) to '{path}' (format parquet)")
