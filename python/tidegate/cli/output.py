"""Results on stdout, as a table for people or as JSON for programs; talk on stderr."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

#: Wider than any table.
_PIPE_WIDTH = 10_000

#: The option of every command that prints a result.
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def say(text: str) -> None:
    """Tell a person what happens; never part of the result."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - a command speaks


def result(text: str) -> None:
    """Print a result that is text already."""
    print(text)  # noqa: T201 - a command's result


def clear() -> None:
    """Empty the terminal's window; a pipe is left alone."""
    if sys.stdout.isatty():
        print("\033[2J\033[H", end="")  # noqa: T201 - the window is the command's


def as_json(value: Any) -> None:
    """Print a result as JSON, indented; times in ISO 8601, decimals as text with every digit."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=plain))  # noqa: T201


def plain(value: Any) -> Any:
    """Return a value that JSON knows for one that it does not."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal() | Path():
            return str(value)
        case set() | frozenset() | tuple():
            return list(value)
        case bytes():
            return value.decode("utf-8", "replace")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def table(rows: Iterable[Mapping[str, Any]], *, columns: Sequence[str] = (), title: str = "") -> None:
    """Print rows as a table; the columns are those named, or the first row's keys."""
    from rich.console import Console  # noqa: PLC0415 - only what prints a table needs it
    from rich.table import Table  # noqa: PLC0415

    found = list(rows)
    names = list(columns) or list(found[0] if found else ())
    # A pipe has no width: there nothing is folded or cut, and no cell is padded at the line's end.
    is_pipe = not sys.stdout.isatty()
    console = Console(width=_PIPE_WIDTH if is_pipe else None, highlight=False)
    shown = Table(title=title or None, title_justify="left", box=_box(), header_style="bold")
    for name in names:
        is_number = all(isinstance(row.get(name), int | float | Decimal | None) for row in found)
        shown.add_column(name, justify="right" if found and is_number else "left")
    for row in found:
        shown.add_row(*(_cell(row.get(name)) for name in names))
    if not is_pipe:
        console.print(shown)
        return
    with console.capture() as captured:
        console.print(shown)
    result("\n".join(line.rstrip() for line in captured.get().splitlines() if line.strip()))


def _box() -> Any:
    from rich import box  # noqa: PLC0415

    return box.SIMPLE_HEAD


def _cell(value: Any) -> Any:
    from rich.text import Text  # noqa: PLC0415 - text is never read as markup

    return value if isinstance(value, Text) else Text("" if value is None else str(value))
