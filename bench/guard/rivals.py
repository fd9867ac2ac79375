"""The others' inference over the same file, each in a process of its own that has done nothing before."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metastore_sync.errors import BrokenError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Threads of each rival: as many as we have processes.
THREADS = 2
_DESCRIBE = "describe select * from read_json_auto(?, sample_size=-1, format='newline_delimited')"
#: Its own count of lines, each read as one column of text.
_COUNT = """
select count(*)
from read_csv(?, header=false, columns={'line': 'varchar'}, delim='\x01', quote='', escape='')
"""


@dataclass(frozen=True, slots=True)
class Run:
    """
    One timed inference.

    Attributes:
        seconds: Wall clock of the inference alone; starting a session lies before it.
        cpu_seconds: Spent in that time by the process that did it; None where others did it.
        records: As many as it read.
        again_seconds: Wall clock of a second inference in the same process; None where not made.
    """

    seconds: float
    cpu_seconds: float | None
    records: int
    again_seconds: float | None = None


def duckdb(path: Path) -> Run:
    """Describe a file by a full scan in DuckDB."""
    return _elsewhere("duckdb", path)


def spark(path: Path) -> Run:
    """
    Infer a file's schema with Spark, twice: in a session just started, and again when all is compiled.

    A session's start is counted in neither; the first is what a job of its own meets, as the others do here.
    """
    return _elsewhere("spark", path)


def _elsewhere(which: str, path: Path) -> Run:
    command = [sys.executable, "-m", "bench.guard.rivals", which, str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BrokenError(
            f"{which} failed on {path.name}: {done.stderr[-500:]}",
            not_done="Nothing was reported.",
            next_command=" ".join(command[1:]),
        )
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def _duckdb(path: Path) -> Run:
    import duckdb as engine  # noqa: PLC0415

    connection = engine.connect(config={"threads": THREADS})
    began, cpu = time.perf_counter(), time.process_time()
    connection.execute(_DESCRIBE, [str(path)]).fetchall()
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    counted = connection.execute(_COUNT, [str(path)]).fetchone()
    return Run(seconds, spent, counted[0] if counted else 0)


def _spark(path: Path) -> Run:
    from pyspark.sql import SparkSession  # noqa: PLC0415

    builder = SparkSession.builder.master(f"local[{THREADS}]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    session = builder.config("spark.driver.memory", "2g").getOrCreate()
    try:
        first, again = _timed_read(session, path), _timed_read(session, path)
        return Run(first, None, session.read.text(str(path)).count(), again)
    finally:
        session.stop()


def _timed_read(session: SparkSession, path: Path) -> float:
    began = time.perf_counter()
    session.read.json(str(path))
    return time.perf_counter() - began


def _main() -> None:
    which, path = sys.argv[1:]
    run = {"duckdb": _duckdb, "spark": _spark}[which](Path(path))
    print(json.dumps(asdict(run)))


if __name__ == "__main__":
    _main()
