"""The demo: real orders and flights from Kafka to gold, checked against the producer's own ledger."""

from __future__ import annotations

import sys

from rich.console import Console

from metastore_sync.settings import Settings

#: Columns of a story that is read in a file or a CI log.
_LOG_WIDTH = 160


def run(_settings: Settings) -> None:
    """
    Start what is not up, then tell the story; returns only when all of it was checked to be so.

    Raises:
        VerdictError: A table differs from the ledger.
        BrokenError: A part is away or too slow.
    """
    from metastore_sync import settings  # noqa: PLC0415  the command's --help stays fast
    from tidegate.demo.story import Story  # noqa: PLC0415
    from tidegate.stack import lifecycle  # noqa: PLC0415

    lifecycle.up()
    # Read anew: the stack may have written its addresses just now.
    Story(settings.load(), _console()).tell()


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_LOG_WIDTH)
