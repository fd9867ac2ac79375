"""The tree of commands; heavy modules are imported by the command that needs them, never here."""

from __future__ import annotations

from typing import Annotated

import typer

from tidegate.cli import (
    backfill,
    datasets,
    landing,
    lifecycle,
    local,
    maintain,
    parts,
    registry,
    rejected,
    schema,
    status,
    work,
)

app = typer.Typer(
    name="tidegate",
    help="Kafka topics of JSON as trustworthy lakehouse tables.\n\n"
    "Results go to stdout, talk to stderr. Exit codes: 0 fine, 1 the verdict says no,"
    " 2 something broke (a retry may help), 64 wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback()
def options(
    *,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks; allowed anywhere on the line.")
    ] = False,
) -> None:
    """Declare the options that every command knows; `--debug` is read before this is called."""
    del debug


for _module in (parts, status, datasets, lifecycle, work, backfill, maintain, local):
    _module.register(app)
app.add_typer(schema.commands, name="schema")
app.add_typer(landing.commands, name="landing")
app.add_typer(registry.commands, name="registry")
app.add_typer(rejected.commands, name="rejected")
