"""Commands on local files, without any service: infer, diff."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metastore_sync.errors import EXIT_FINE, EXIT_VERDICT, UsageError
from tidegate.cli import output
from tidegate.cli.output import JsonOption
from tidegate.words import count

if TYPE_CHECKING:
    from schema_guard.local_files import LocalScan

Paths = Annotated[list[str], typer.Argument(metavar="PATH…", help="NDJSON, plain or gzip; - reads stdin.")]
Flag = Annotated[bool, typer.Option()]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (infer, diff):
        app.command()(command)


def infer(
    paths: Paths,
    *,
    json: JsonOption = False,
    ddl: Annotated[bool, typer.Option("--ddl", help="Columns as Spark DDL.")] = False,
    json_schema: Annotated[bool, typer.Option("--json-schema", help="JSON Schema 2020-12.")] = False,
    dbt: Annotated[bool, typer.Option("--dbt", help="Columns of a silver model as YAML.")] = False,
    name: Annotated[str, typer.Option("--name", help="The dataset, for --dbt.")] = "records",
    engine: Annotated[
        str, typer.Option("--engine", help="local: this machine's cores; spark: Spark's workers.")
    ] = "local",
) -> int:
    """
    Infer the schema of local records, every one of them.

    One JSON object per line. Exit code 1 when a line could not become a row; its neighbours count.

    Example: tidegate infer orders.ndjson.gz --ddl
    """
    from schema_guard.core.schema import finalise  # noqa: PLC0415
    from schema_guard.exports import Form, export  # noqa: PLC0415
    from schema_guard.scanner import Engine, scanner  # noqa: PLC0415
    from tidegate.cli import observed  # noqa: PLC0415

    asked = [
        form
        for form, is_asked in zip(Form, (json, ddl, json_schema, dbt), strict=True)
        if is_asked
    ]
    if len(asked) > 1:
        raise UsageError(
            f"only one of --{' and --'.join(asked)}",
            not_done="Nothing was inferred.",
            next_command=f"tidegate infer {paths[0]} --{asked[0]}",
        )
    reader = scanner(Engine(one_of("--engine", engine, list(Engine), of="tidegate infer FILE")))
    check_there(paths)
    with progress(paths) as told:
        found = reader.scan(paths, told)
    schema = finalise(found.inference)
    if asked:
        output.result(export(schema, asked[0], name))
    else:
        output.table(observed.rows(schema, found.inference))
    _say_rejected(found)
    return EXIT_VERDICT if found.rejected_counts else EXIT_FINE


def diff(
    old: Annotated[
        str, typer.Argument(help="JSON Schema, `tidegate infer --json`, or NDJSON: plain, gzip, - for stdin.")
    ],
    new: Annotated[str, typer.Argument(help="The same, as it is to be.")],
    *,
    mode: Annotated[
        str,
        typer.Option("--mode", help="forward: old readers, new records; backward: the reverse; full: both."),
    ] = "forward",
    target: Annotated[
        list[str] | None, typer.Option("--target", help="iceberg_v2 (default), iceberg_v3, delta, spark.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """
    Compare two schemas and say what would break.

    Exit code 1 when something would. A field that NEW does not declare counts as removed.

    Example: tidegate diff orders.schema.json orders.v2.schema.json --mode full
    """
    from schema_guard.core.classify import Criteria  # noqa: PLC0415
    from schema_guard.core.finding import Verdict  # noqa: PLC0415
    from schema_guard.core.promotion import ACCEPTS  # noqa: PLC0415
    from schema_guard.core.versus import Direction, compare  # noqa: PLC0415
    from schema_guard.declared_files import read_schema  # noqa: PLC0415
    from tidegate.cli import findings  # noqa: PLC0415

    direction = one_of("--mode", mode, [known.value for known in Direction])
    targets = [one_of("--target", wanted, list(ACCEPTS)) for wanted in target or ["iceberg_v2"]]
    check_there([old, new])
    scans: list[LocalScan] = []
    with progress([old, new]) as told:
        before, after = (read_schema(path, told, scans.append) for path in (old, new))
    for scan in scans:
        _say_rejected(scan)
    found = compare(before, after, Criteria(targets=targets), Direction(direction))
    if json:
        output.as_json([findings.comparison_document(one) for one in found])
    else:
        output.result("\n".join(findings.of_comparison(one, old, new) for one in found))
    is_broken = any(one.verdict is Verdict.BREAKING for one in found)
    return EXIT_VERDICT if is_broken else EXIT_FINE


def one_of(option: str, given: str, allowed: Sequence[str], of: str = "tidegate diff OLD NEW") -> str:
    """Return an option's value, or raise a `UsageError` that names those that there are."""
    if given in allowed:
        return given
    raise UsageError(
        f"{option} {given}: no such value; there are {', '.join(allowed)}",
        not_done="Nothing was read.",
        next_command=f"{of} {option} {allowed[0]}",
    )


def check_there(paths: Sequence[str]) -> None:
    """Return when every path is a file, or `-`, and that once; else raise a `UsageError`."""
    if paths.count("-") > 1:
        raise UsageError(
            "- is given twice; standard input can be read once",
            not_done="Nothing was read.",
            next_command="tidegate diff OLD NEW",
        )
    for path in paths:
        if path != "-" and not Path(path).is_file():
            raise UsageError(
                f"{path}: no such file",
                not_done="Nothing was read.",
                next_command=f"ls {Path(path).parent}",
            )


def _say_rejected(found: LocalScan) -> None:
    output.say(count(found.record_count, "record"))
    for error_type, times in sorted(found.rejected_counts.items()):
        first = next((r for r in found.rejected if r.error_type == error_type), None)
        where = f", first in {first.path} line {first.line}: {first.message}" if first else ""
        output.say(f"  {count(times, 'line')} would be rejected, {error_type}{where}")


@contextmanager
def progress(paths: Sequence[str]) -> Iterator[Callable[[int], None]]:
    """Show how much was read, on a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    files = [Path(path) for path in paths if path != "-"]
    total = sum(file.stat().st_size for file in files) if len(files) == len(paths) else None
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda size: bar.advance(task, size)
