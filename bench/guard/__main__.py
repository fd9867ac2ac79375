"""`python -m bench.guard`: make three corpora, infer each with us, DuckDB and Spark, verify, report."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.guard import corpora, ours, report, rivals
from bench.guard.corpora import Written
from bench.guard.report import Result, Round
from metastore_sync.errors import EXIT_FINE, TidegateError
from schema_guard.core.classify import Criteria, judge
from schema_guard.core.infer import infer
from schema_guard.core.schema import finalise

RESULTS = Path(__file__).resolve().parents[1] / "results"
_FIELDS = 1_000


def main(words: Sequence[str] | None = None) -> int:
    """Run the bench; the table goes to stdout, talk to stderr. Return the exit code."""
    options = _options(words)
    try:
        with tempfile.TemporaryDirectory(prefix="tidegate-guard-") as folder:
            results = report.verified([_measure(file, options) for file in _files(Path(folder), options)])
    except TidegateError as error:
        _say(error.render())
        return error.exit_code
    classified = _classify_seconds()
    document = json.dumps(report.document(results, classified), indent=2)
    if options.save:
        path = RESULTS / f"guard-{datetime.now(UTC):%Y-%m-%d}.json"
        path.write_text(document + "\n", encoding="utf-8")
    print(document if options.json else report.table(results, classified))
    return EXIT_FINE


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.guard", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, metavar="N", help="text of each corpus")
    parser.add_argument("--only", default="", metavar="TEXT", help="corpora whose name contains it")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="rounds over each file")
    parser.add_argument("--no-spark", action="store_true", help="leave Spark out")
    parser.add_argument("--save", action="store_true", help="write bench/results/guard-<date>.json")
    parser.add_argument("--json", action="store_true", help="print the raw results")
    return parser.parse_args(words)


def _files(folder: Path, options: argparse.Namespace) -> list[Written]:
    wanted = [corpus for corpus in corpora.CORPORA if options.only in corpus.name]
    files = []
    for corpus in wanted:
        _say(f"{corpus.name}: writing {options.megabytes} MB")
        files += corpora.write(corpus, folder, options.megabytes * 1_000_000)
    return files


def _measure(written: Written, options: argparse.Namespace) -> Result:
    rounds = []
    for _ in range(options.repeat):
        found = Round(
            duckdb=rivals.duckdb(written.path),
            ours=ours.run(written.path, report.PROCESSES),
            alone=ours.run(written.path, 1),
            spark=None if options.no_spark else rivals.spark(written.path),
        )
        rounds.append(found)
        _say(f"{written.name}: {found.ours.seconds:.2f} s, {found.of_duckdb:.2f} of DuckDB")
    return Result(written, tuple(rounds))


def _classify_seconds() -> float:
    """Return how long judging a batch takes when both schemas have 1,000 fields, the fastest of ten."""
    old = {f"field_{number}": number for number in range(_FIELDS)}
    new = {f"field_{number}": number if number % 10 else "text" for number in range(_FIELDS)}
    active, batch = finalise(infer([old])), infer([new])
    took = []
    for _ in range(10):
        began = time.perf_counter()
        judge(active, batch, Criteria(pk_fields=["field_1"], targets=["iceberg_v2"]))
        took.append(time.perf_counter() - began)
    return min(took)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
