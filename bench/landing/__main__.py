"""`python -m bench.landing`: prepare topics, drain them, verify each drain, report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.landing import cases, jvm, report, stack
from bench.landing.cases import Topic
from bench.landing.drain import drain
from bench.landing.report import Result
from bench.landing.stack import Stack
from metastore_sync.errors import EXIT_FINE, TidegateError

RESULTS = Path(__file__).resolve().parents[1] / "results"


def main(words: Sequence[str] | None = None) -> int:
    """Run the bench; the table goes to stdout, talk to stderr. Return the exit code."""
    options = _options(words)
    try:
        with stack.running(options.port_base, keep=options.keep) as running:
            results: list[Result] = []
            for topic in _topics(options):
                for result in _measure(running, topic, options):
                    results.append(result)
                    _keep(results, options)
    except TidegateError as error:
        _say(error.render())
        return error.exit_code
    print(json.dumps(report.document(results), indent=2) if options.json else report.table(results))
    return EXIT_FINE


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.landing", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="40,000 records: does it all work?")
    parser.add_argument(
        "--memory", action="store_true", help="64 partitions, 10 million records (4 GB of disk)"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name contains it")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="drains of each case")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a connector setting"
    )
    parser.add_argument("--port-base", type=int, metavar="N", help="first port of the stack")
    parser.add_argument("--keep", action="store_true", help="leave the stack and what landed")
    parser.add_argument("--save", action="store_true", help="write bench/results/…-<date>.json")
    parser.add_argument("--json", action="store_true", help="print the raw results")
    return parser.parse_args(words)


def _topics(options: argparse.Namespace) -> tuple[Topic, ...]:
    if options.quick:
        return cases.QUICK
    return cases.MEMORY if options.memory else cases.SPEED


def _measure(running: Stack, topic: Topic, options: argparse.Namespace) -> Iterator[Result]:
    """Yield a verified result after each drain of a topic."""
    wanted = [case for case in cases.cases((topic,)) if options.only in case.name]
    if not wanted:
        return
    overrides = dict(setting.split("=", 1) for setting in options.set)
    _say(f"{topic.name}: producing {topic.records:,} records")
    produced = jvm.feed(running.settings, topic)
    for case in wanted * options.repeat:
        counting = jvm.count(running.settings, topic)
        drained = drain(running, case, overrides, keep=options.keep)
        result = report.verified(case, produced, counting, drained, overrides)
        _say(f"{case.name}: {result.rate:,.0f} records/s, {result.ratio:.2f} of counting")
        yield result


def _keep(results: Sequence[Result], options: argparse.Namespace) -> None:
    """Write what there is so far: a long run that is ended early has not been in vain."""
    if not options.save:
        return
    RESULTS.mkdir(exist_ok=True)
    name = "-".join(["landing", *(["memory"] if options.memory else []), *options.set])
    path = RESULTS / f"{name}-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps(report.document(results), indent=2) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
