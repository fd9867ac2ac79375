"""`python -m bench.merge`: ten operations on TPC-H's line items, ours, delta-rs and DuckDB, verified."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.merge import report, rivals, stack
from bench.merge.lines import Lines
from bench.merge.operations import OPERATIONS, Base, Operation, Write
from bench.merge.ours import Tables
from bench.merge.report import Result, Round
from bench.merge.rivals import Rival, RivalRun, Task
from bench.merge.stack import Stack
from metastore_sync.errors import EXIT_FINE, TidegateError

RESULTS = Path(__file__).resolve().parents[1] / "results"


def main(words: Sequence[str] | None = None) -> int:
    """Run the bench; the table goes to stdout, talk to stderr. Return the exit code."""
    options = _options(words)
    wanted = [operation for operation in OPERATIONS if options.only in operation.name]
    try:
        with stack.running(options.port_base, keep=options.keep) as running:
            results = _measure(running, wanted, options)
    except TidegateError as error:
        _say(error.render())
        return error.exit_code
    document = json.dumps(report.document(results, options.scale), indent=2)
    if options.save:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"merge-{datetime.now(UTC):%Y-%m-%d}.json"
        path.write_text(document + "\n", encoding="utf-8")
    print(document if options.json else report.table(results))
    return EXIT_FINE


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.merge", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, metavar="N", help="TPC-H scale factor")
    parser.add_argument("--only", default="", metavar="TEXT", help="operations whose name contains it")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="rounds of each operation")
    parser.add_argument("--port-base", type=int, metavar="N", help="first port of the stack")
    parser.add_argument("--keep", action="store_true", help="leave the stack and its tables")
    parser.add_argument("--save", action="store_true", help="write bench/results/merge-<date>.json")
    parser.add_argument("--json", action="store_true", help="print the raw results")
    return parser.parse_args(words)


def _measure(running: Stack, operations: Sequence[Operation], options: argparse.Namespace) -> list[Result]:
    lines = Lines(running.files)
    _say(f"making line items of scale factor {options.scale:g}, and what arrives")
    lines.make(options.scale, operations)
    _say("making the tables")
    ours, beside = Tables(running, lines), _Beside(running, lines)
    ours.seed(operations)
    beside.seed({operation.base for operation in operations})
    ours.warm_up(operations)
    return [_result(ours, beside, lines, operation, options.repeat) for operation in operations]


def _result(ours: Tables, beside: _Beside, lines: Lines, operation: Operation, repeat: int) -> Result:
    rounds = []
    for _ in range(repeat):
        done = Round(
            ours={form: ours.run(operation, form) for form in operation.forms},
            rivals={rival: beside.run(rival, operation) for rival in Rival},
        )
        rounds.append(done)
        told = [f"{form} {run.seconds:.1f} s" for form, run in done.ours.items()]
        told += [f"{rival} {run.seconds:.1f} s" for rival, run in done.rivals.items()]
        _say(f"{operation.name}: {', '.join(told)}")
    before, arrived = lines.rows(lines.base(operation.base)), lines.rows(lines.increment(operation))
    return report.verified(operation, before, arrived, rounds)


class _Beside:
    """The rivals' tables: Delta in the stack's own store, DuckDB's file on the same disk."""

    def __init__(self, running: Stack, lines: Lines) -> None:
        settings = running.settings
        self._lines, self._folder = lines, running.files
        self._bucket = f"s3://{settings.lake_bucket}/delta"
        self._store = {
            "AWS_ENDPOINT_URL": settings.s3_endpoint,
            "AWS_ACCESS_KEY_ID": settings.s3_access_key,
            "AWS_SECRET_ACCESS_KEY": settings.s3_secret_key,
            "AWS_REGION": settings.s3_region,
            "AWS_ALLOW_HTTP": "true",
            "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        }

    def seed(self, bases: Iterable[Base]) -> None:
        """Make the table of each base."""
        for base in sorted(bases):
            for rival in Rival:
                rivals.run(rival, self._task(rival, base, write="", arrives=self._lines.base(base)))

    def run(self, rival: Rival, operation: Operation) -> RivalRun:
        """Do an operation to the table's first rows."""
        arrives = self._lines.increment(operation)
        return rivals.run(rival, self._task(rival, operation.base, write=operation.write, arrives=arrives))

    def _task(self, rival: Rival, base: Base, *, write: str, arrives: Path) -> Task:
        table = f"{self._bucket}/{base}" if rival is Rival.DELTA else str(self._folder / f"duckdb-{base}")
        return Task(
            write=write,
            increment=str(arrives),
            table=table,
            store=self._store,
            whole=write == Write.SYNC,
        )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
