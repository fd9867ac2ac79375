"""`python -m bench.lakehouse`: land orders, build them, verify every table by hash, report."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.lakehouse import bronze, flat, idle, stack
from bench.lakehouse.stack import Stack
from metastore_sync.errors import EXIT_FINE, TidegateError

RESULTS = Path(__file__).resolve().parents[1] / "results"


@dataclass(frozen=True, slots=True)
class Case:
    """
    One measurement.

    Attributes:
        parts: Of the stack that it needs.
        measure: Takes the stack, a number of records and a number of rounds; returns a document.
        lines: The document as Markdown.
        size: Records and rounds; `quick` when only asked whether it works.
    """

    parts: tuple[str, ...]
    measure: Callable[[Stack, int, int], dict[str, Any]]
    lines: Callable[[dict[str, Any]], list[str]]
    size: tuple[int, int]
    quick: tuple[int, int]


CASES = {
    "idle": Case(idle.PARTS, idle.measure, idle.lines, (20_000, 5), (2_000, 1)),
    "bronze": Case(bronze.PARTS, bronze.measure, bronze.lines, (2_000_000, 5), (20_000, 1)),
    "flat": Case(flat.PARTS, flat.measure, flat.lines, (2_000, 100), (200, 20)),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the bench; tables go to stdout, talk to stderr. Return the exit code."""
    options = _options(words)
    chosen = [options.only] if options.only else list(CASES)
    parts = tuple({part for name in chosen for part in CASES[name].parts})
    results: dict[str, Any] = {}
    try:
        with stack.running(options.port_base, parts, keep=options.keep) as running:
            for name in chosen:
                _say(f"{name}: measuring")
                case = CASES[name]
                records, rounds = case.quick if options.quick else case.size
                results[name] = case.measure(running, options.records or records, rounds)
                _say("\n".join(case.lines(results[name])))
                _keep(results, options)
    except TidegateError as error:
        _say(error.render())
        return error.exit_code
    if options.json:
        print(json.dumps(_document(results), indent=2))
    else:
        print("\n\n".join("\n".join(CASES[name].lines(found)) for name, found in results.items()))
    return EXIT_FINE


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.lakehouse", description=__doc__)
    parser.add_argument("--only", choices=CASES, help="one measurement; all of them unless given")
    parser.add_argument("--quick", action="store_true", help="few records: does it all work?")
    parser.add_argument("--records", type=int, metavar="N", help="records of each measurement")
    parser.add_argument("--port-base", type=int, metavar="N", help="first port of the stack")
    parser.add_argument("--keep", action="store_true", help="leave the stack and its tables")
    parser.add_argument("--save", action="store_true", help="write bench/results/lakehouse…-<date>.json")
    parser.add_argument("--json", action="store_true", help="print the raw results")
    return parser.parse_args(words)


def _document(results: dict[str, Any]) -> dict[str, Any]:
    """Return the raw results; nothing in it names a folder or a machine."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **results,
    }


def _keep(results: dict[str, Any], options: argparse.Namespace) -> None:
    """Write what there is so far: a long run that is ended early has not been in vain."""
    if not options.save:
        return
    RESULTS.mkdir(exist_ok=True)
    name = "-".join(["lakehouse", *([options.only] if options.only else [])])
    path = RESULTS / f"{name}-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps(_document(results), indent=2) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
