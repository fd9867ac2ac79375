"""The command that keeps tables and the raw zone small."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from metastore_sync.errors import EXIT_FINE
from tidegate.cli import names, output
from tidegate.cli.output import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(maintain)


def maintain(
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="DATASET", help="Or marts.AREA; none: every one.")
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be done; change nothing.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """
    Compact tables, remove what is kept no longer.

    Expires snapshots, removes orphans, and what retention says. Prints figures before → after; sizes are
    bytes. Safe beside a running load. One dataset's failure stops itself alone; then the exit code is 2.

    Example: tidegate maintain orders --dry-run
    """
    from lakehouse import maintain as maintenance  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415

    known = settings.load()
    wanted = list(dict.fromkeys(datasets or ()))
    maintained = maintenance.everything(known)
    if unknown := [name for name in wanted if name not in maintained]:
        raise names.unknown_names(unknown, maintained)
    done = maintenance.maintain(known, wanted, _step, dry_run=dry_run)
    if json:
        output.as_json([entry.to_json() for entry in done])
    else:
        output.table(maintenance.rows(done))
        failed = sum(entry.exit_code != EXIT_FINE for entry in done)
        output.say(f"Done. OK={len(done) - failed} FAILED={failed} TOTAL={len(done)}")
    for entry in done:
        for skipped in entry.skipped:
            output.say(f"skipped: {skipped}")
    return max((entry.exit_code for entry in done), default=EXIT_FINE)


def _step(line: str) -> None:
    output.say(f"{time.strftime('%H:%M:%S')}  {line}")
