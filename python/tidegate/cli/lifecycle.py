"""Commands about a dataset's life: pause, resume, retire."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Annotated, Any

import typer

from tidegate.cli import names, output
from tidegate.cli.output import JsonOption
from tidegate.cli.work import Name

Why = Annotated[str, typer.Option("--why", help="The reason; kept in the audit log.")]
Actor = Annotated[
    str, typer.Option("--actor", help="Who does it; by default the name you are logged in with.")
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (pause, resume, retire):
        app.command()(command)


def pause(dataset: Name, why: Why, actor: Actor = "", *, json: JsonOption = False) -> None:
    """
    Stop landing and judging a dataset, for now.

    Its connector is PAUSED; raw objects and tables stay as they are. Records wait in Kafka, as long as the
    topic keeps them.

    Example: tidegate pause orders --why "the shop migrates tonight"
    """
    from metastore_sync import lifecycle  # noqa: PLC0415

    _change(lifecycle.pause, dataset, why, actor, json=json)


def resume(dataset: Name, why: Why, actor: Actor = "", *, json: JsonOption = False) -> None:
    """
    Land and judge a paused or retired dataset again.

    Landing goes on behind the last landed offset; a batch that was BLOCKED is BLOCKED again.

    Example: tidegate resume orders --why "the migration is over"
    """
    from metastore_sync import lifecycle  # noqa: PLC0415

    _change(lifecycle.resume, dataset, why, actor, json=json)


def retire(dataset: Name, why: Why, actor: Actor = "", *, json: JsonOption = False) -> None:
    """
    End a dataset; remove nothing that landed.

    Its connector is deleted and its DAG vanishes; raw objects and tables stay.

    Example: tidegate retire orders --why "replaced by orders_v2"
    """
    from metastore_sync import lifecycle  # noqa: PLC0415

    _change(lifecycle.retire, dataset, why, actor, json=json)


def _change(act: Callable[..., Any], dataset: str, why: str, actor: str, *, json: bool) -> None:
    from metastore_sync import settings  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    done = act(known, dataset, actor or getpass.getuser(), why)
    if json:
        output.as_json(done.to_json())
        return
    was = "already" if done.before is done.after else f"{done.before} →"
    output.result(f"{dataset}: {was} {done.after}")
    for part, text in done.effects.items():
        output.result(f"  {part:<10} {text}")
