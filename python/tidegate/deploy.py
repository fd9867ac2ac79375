"""`python -m tidegate.deploy`: give every dataset its models and DAG slice; one line per change on stdout."""

from __future__ import annotations

import sys

from lakehouse import deploy
from metastore_sync import settings
from metastore_sync.errors import EXIT_FINE, TidegateError


def main() -> int:
    """Deploy once; return the exit code."""
    try:
        for change in deploy.deploy(settings.load()):
            print(change)  # noqa: T201 - a command's result
    except TidegateError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command speaks
        return error.exit_code
    return EXIT_FINE


if __name__ == "__main__":
    sys.exit(main())
