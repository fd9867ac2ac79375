"""Commands of the local stack: up, down, doctor, demo, env."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metastore_sync.errors import EXIT_BROKEN, EXIT_FINE, UsageError
from tidegate.cli import output
from tidegate.cli.output import JsonOption

if TYPE_CHECKING:
    from tidegate.stack.lifecycle import PartState

#: What a shell needs to reach the stack, in this order; names of `Settings` fields.
ADDRESSES = (
    "kafka_bootstrap",
    "connect_url",
    "s3_endpoint",
    "s3_access_key",
    "s3_secret_key",
    "raw_bucket",
    "postgres_dsn",
    "thrift",
    "service_url",
    "airflow_url",
)
#: What it needs to be let in there.
KEYS = ("token_read", "token_write", "token_approve", "airflow_user", "airflow_password")

PartNames = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PART]...", help="Parts to start, with those they need; none: all."),
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (up, down, doctor, demo, env):
        app.command()(command)


def up(parts: PartNames = None) -> None:
    """
    Start the local stack and wait until every part answers.

    Data, logs and secrets live under TIDEGATE_HOME (.tidegate). Running parts are left alone.

    Example: tidegate up
    """
    from tidegate.stack import lifecycle  # noqa: PLC0415

    lifecycle.up(parts=parts or None)


def down() -> None:
    """
    Stop the local stack; all data is kept.

    Example: tidegate down
    """
    from tidegate.stack import lifecycle  # noqa: PLC0415

    lifecycle.down()


def doctor(*, json: JsonOption = False) -> int:
    """
    Ask every part a real question and say what is wrong and what to do.

    Exit code 0 when all answer, 2 when one does not. Waits at most 60 seconds for Spark, 5 for others.

    Example: tidegate doctor
    """
    from tidegate.stack import installation, lifecycle  # noqa: PLC0415

    states = lifecycle.state()
    if json:
        output.as_json(states)
    else:
        output.table(
            {
                "part": part.name,
                "answers": "yes" if part.healthy else "NO",
                "state": part.state,
                "address": part.address,
                "detail": part.detail,
            }
            for part in states
        )
    logs = installation.describe().layout.logs
    for part in states:
        if not part.healthy:
            output.say(f"{part.name} at {part.address} does not answer: {part.detail}")
            output.say(_advice(part, logs))
    return EXIT_FINE if all(part.healthy for part in states) else EXIT_BROKEN


def _advice(part: PartState, logs: Path) -> str:
    if part.state == "EXTERNAL":
        return f"  It runs elsewhere; the environment says where. Next: look at {part.address}"
    seen = ", ".join(str(path) for path in sorted(logs.glob(f"{part.name}*.log")))
    return f"  Logs: {seen or 'none yet'}. Next: tidegate up {part.name}"


def demo() -> None:
    """
    Run the whole way on the running stack with real data: produce, land, guard, build, prove.

    Takes about 3 minutes on 2 cores. Everything is checked against the producer's own ledger.

    Example: tidegate up && tidegate demo
    """
    from metastore_sync import settings  # noqa: PLC0415
    from tidegate import demo as story  # noqa: PLC0415

    story.run(settings.load())


def env(*, json: JsonOption = False) -> None:
    """
    Print shell `export` lines with the addresses and keys of the stack. They hold secrets.

    Example: eval "$(tidegate env)"
    """
    from metastore_sync import settings  # noqa: PLC0415

    known = settings.load()
    if not (known.token_read and known.s3_access_key):
        raise UsageError(
            f"no stack was ever started in {known.home}",
            where="neither its file `env` nor TIDEGATE_* variables name one",
            not_done="Nothing was printed.",
            next_command="tidegate up",
        )
    values = {"TIDEGATE_HOME": str(known.home)}
    values |= {f"TIDEGATE_{name.upper()}": getattr(known, name) for name in (*ADDRESSES, *KEYS)}
    if json:
        output.as_json(values)
        return
    for name, value in values.items():
        output.result(f"export {name}={shlex.quote(value)}")
