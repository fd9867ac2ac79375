"""`python -m schema_guard <dataset>`: check once; exit 0 fine, 1 verdict, 2 broke, 64 wrong usage."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import NoReturn

from metastore_sync import settings
from metastore_sync.errors import EXIT_FINE, EXIT_USAGE, EXIT_VERDICT, TidegateError
from schema_guard.check import check
from schema_guard.report import Report, Status, render


class _Words(argparse.ArgumentParser):
    """Words on the command line; wrong ones end with this project's exit code."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is typed."""
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one dataset and return the exit code."""
    words = _Words(prog="schema_guard", description="Judge what has landed of a dataset.")
    words.add_argument("dataset")
    words.add_argument("--json", action="store_true", help="reports as one JSON array")
    given = words.parse_args(arguments)
    try:
        reports = check(settings.load(), given.dataset)
    except TidegateError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    _print(reports, as_json=given.json)
    return max((report.exit_code for report in reports), default=EXIT_FINE)


def _print(reports: list[Report], *, as_json: bool) -> None:
    """Write results to stdout, and what needs a person to stderr."""
    if as_json:
        sys.stdout.write(json.dumps([report.to_json() for report in reports], indent=2) + "\n")
    for report in reports:
        if report.exit_code == EXIT_VERDICT:
            sys.stderr.write(render(report) + "\n")
        elif not as_json and report.status is Status.ADMITTED:
            sys.stdout.write(render(report) + "\n")
    if not reports:
        sys.stderr.write("Nothing new has landed.\n")


if __name__ == "__main__":
    sys.exit(main())
