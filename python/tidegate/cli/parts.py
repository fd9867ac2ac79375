"""Commands of the local stack: up, down, doctor, demo, env."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from metastore_sync.errors import EXIT_BROKEN, EXIT_FINE, UsageError
from tidegate.cli import output
from tidegate.cli.output import JsonOption

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
    typer.Argument(metavar="PART", help="Parts to start, with those they need; none: all."),
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (up, down, doctor, demo, env):
        app.command()(command)


def up(parts: PartNames = None) -> None:
    """
    Start the local stack and wait until it is healthy.

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
    Find what is wrong on this machine or in a part.

    Every part is asked a real question; what is wrong comes with the command that mends it.

    Exit code 0 when all is well, 2 when something is not.

    Example: tidegate doctor
    """
    from tidegate.stack import doctor as examination  # noqa: PLC0415

    checks = examination.doctor()
    if json:
        output.as_json(checks)
    else:
        output.table(
            {"": "ok" if check.ok else "NO", "what": check.name, "fact": check.fact} for check in checks
        )
    wrong = [check for check in checks if not check.ok]
    for check in wrong:
        output.say(f"{check.name}: {check.fact}\n  Next: {check.fix}")
    return EXIT_BROKEN if wrong else EXIT_FINE


def demo() -> None:
    """
    Run real data the whole way, and check the result.

    Starts what is not up, then produces, lands, guards, builds and proves; in the end a breaking
    change is blocked.

    Takes some minutes on 2 cores. Everything is checked against the producer's own ledger.

    Example: tidegate demo
    """
    from metastore_sync import settings  # noqa: PLC0415
    from tidegate import demo as story  # noqa: PLC0415

    story.run(settings.load())


def env(*, json: JsonOption = False) -> None:
    """
    Print the stack's addresses and keys for a shell.

    `export` lines, one per variable. They hold secrets.

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
