"""The demo: real orders and flights from Kafka to gold, checked against the producer's own ledger."""

from __future__ import annotations

from metastore_sync.settings import Settings


def run(_settings: Settings) -> None:
    """
    Start what is not up, then tell the story; returns only when all of it was checked to be so.

    Raises:
        VerdictError: A table differs from the ledger.
        BrokenError: A part is away or too slow.
    """
    from rich.console import Console  # noqa: PLC0415  the command's --help stays fast

    from metastore_sync import settings  # noqa: PLC0415
    from tidegate.demo.story import Story  # noqa: PLC0415
    from tidegate.stack import lifecycle  # noqa: PLC0415

    lifecycle.up()
    # Read anew: the stack may have written its addresses just now.
    Story(settings.load(), Console()).tell()
