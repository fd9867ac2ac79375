"""The command `backfill`."""

from __future__ import annotations

import getpass
import time
from typing import TYPE_CHECKING, Annotated

import typer

from metastore_sync.errors import UsageError
from tidegate.cli import names, output
from tidegate.cli.lifecycle import Actor
from tidegate.cli.output import JsonOption

if TYPE_CHECKING:
    from lakehouse.backfill_state import Window


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(backfill)


def backfill(
    dataset: Annotated[
        str, typer.Argument(help="A registered dataset; may be left out with --list.", metavar="DATASET")
    ] = "",
    start: Annotated[str, typer.Option("--from", help="First event time, ISO 8601; UTC assumed.")] = "",
    end: Annotated[str, typer.Option("--to", help="Event time behind the last; itself left out.")] = "",
    *,
    everything: Annotated[bool, typer.Option("--all", help="Rebuild silver from all of bronze.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Show backfills and their states.")] = False,
    abandon: Annotated[bool, typer.Option("--abandon", help="End the open one; drop its branches.")] = False,
    actor: Actor = "",
    json: JsonOption = False,
) -> None:
    """
    Make a window of silver anew with the ACTIVE schema.

    They are made and tested on a branch; live runs go on. Main changes at the end, or not at all: exit code 1
    when a test fails. The same command goes on with a backfill that was interrupted.

    Example: tidegate backfill orders --from 2026-11-01 --to 2026-11-08
    """
    from lakehouse import backfill as backfills  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415

    known = settings.load()
    if listing:
        rows = backfills.listed(known, dataset)
        return output.as_json(rows) if json else output.table(rows)
    if not dataset:
        raise UsageError("no dataset is named", next_command="tidegate backfill --help")
    window = None if abandon else _window(start, end, everything=everything)
    names.check_known(known, [dataset])
    if window is None:
        done = backfills.abandon(known, dataset)
    else:
        done = backfills.backfill(
            known,
            dataset,
            window,
            actor=actor or getpass.getuser(),
            on_step=lambda _, text: output.say(f"{time.strftime('%H:%M:%S')}  {text}"),
        )
    if json:
        return output.as_json(done)
    return output.result(f"{dataset}: backfill {done.id} {done.window}: {done.state}")


def _window(start: str, end: str, *, everything: bool) -> Window:
    from lakehouse import backfill_state as states  # noqa: PLC0415

    if everything and not start and not end:
        return states.EVERYTHING
    if start and end and not everything:
        return states.window(start, end)
    raise UsageError(
        "a backfill has a window: --from with --to, or --all",
        not_done="Nothing was begun.",
        next_command="tidegate backfill --help",
    )
