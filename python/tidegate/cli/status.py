"""The command `status`: every dataset's state, reason and next command; once, or again and again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from metastore_sync.errors import EXIT_BROKEN, EXIT_FINE
from tidegate.cli import names, output
from tidegate.cli.output import JsonOption

if TYPE_CHECKING:
    from metastore_sync.settings import Settings
    from tidegate.status import Status

#: Seconds between two looks of `--watch`.
WATCH_SECONDS = 5.0


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(status)


def status(
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="DATASET", help="None: every dataset.")
    ] = None,
    *,
    json: JsonOption = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every 5 seconds until interrupted.")
    ] = False,
) -> int:
    """
    Show each dataset's state, reason and next command.

    Ages are of the newest commit of each layer; waiting counts records, Kafka's not landed ones apart. With
    names it also tells how each lands: tasks and causes, lag per partition, last object, gaps.
    Exit code 2 when a part that status asks is away.

    Example: tidegate status orders
    """
    from metastore_sync import settings  # noqa: PLC0415

    known = settings.load()
    if datasets:
        names.check_known(known, datasets)
    while True:
        found = _look(known, datasets or [])
        if watch and not json:
            output.clear()
        _show(known, found, json=json, is_detailed=bool(datasets))
        if not watch:
            return EXIT_FINE if not found.away else EXIT_BROKEN
        time.sleep(WATCH_SECONDS)


def _look(known: Settings, wanted: list[str]) -> Status:
    from tidegate import facts  # noqa: PLC0415
    from tidegate import status as judgement  # noqa: PLC0415

    return judgement.judge(facts.gather(known, wanted))


def _show(known: Settings, found: Status, *, json: bool, is_detailed: bool) -> None:
    from tidegate.cli import status_table  # noqa: PLC0415

    if json:
        output.as_json(found.to_json())
        return
    status_table.show(found, is_detailed=is_detailed)
    output.say(f"Page: {known.service_url}/login?token={known.token_read or '…'}")
