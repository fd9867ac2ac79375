"""Commands that move records on: check, run, sql."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from metastore_sync.errors import EXIT_FINE, RegistryAwayError, UsageError
from tidegate.cli import names, output
from tidegate.cli.output import JsonOption

if TYPE_CHECKING:
    from lakehouse.run_result import RunResult
    from metastore_sync.settings import Settings

Name = Annotated[str, typer.Argument(help="A registered dataset.", metavar="DATASET")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (check, run, sql):
        app.command()(command)


def check(dataset: Name, *, json: JsonOption = False) -> int:
    """
    Judge what has landed: admit each batch, or block.

    Exit code 1 when the dataset is BLOCKED. Loads no table; counts are records. With PostgreSQL away it
    judges by the registry snapshot and admits nothing: exit code 2.

    Example: tidegate check orders
    """
    from metastore_sync import settings  # noqa: PLC0415
    from schema_guard import check as guard  # noqa: PLC0415
    from schema_guard import report  # noqa: PLC0415

    known = settings.load()
    # With the registry away the names are the snapshot's, and the guard looks there.
    with suppress(RegistryAwayError):
        names.check_known(known, [dataset])
    reports = guard.check(known, dataset)
    if json:
        output.as_json([judged.to_json() for judged in reports])
    else:
        for judged in reports:
            output.result(report.render(judged))
        if not reports:
            output.say(f"{dataset}: nothing has landed that was not judged already")
    return max((judged.exit_code for judged in reports), default=EXIT_FINE)


def run(
    datasets: Annotated[
        list[str] | None,
        typer.Argument(metavar="DATASET", help="None: every dataset that is not paused."),
    ] = None,
    *,
    here: Annotated[bool, typer.Option("--here", help="In this process, not in the service.")] = False,
    json: JsonOption = False,
) -> int:
    """
    Guard, build and prove datasets, then their marts.

    The same steps as in their DAGs, without Airflow: in the service, where dbt is loaded already, or in
    this process when the service is away. Interrupted, the service goes on.

    One dataset's failure stops itself alone; the exit code is the worst. Times are seconds.

    Example: tidegate run orders flights
    """
    from lakehouse import run_result  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415
    from tidegate.cli import warm_run  # noqa: PLC0415

    known = settings.load()
    wanted = list(dict.fromkeys(datasets or ()))
    names.check_known(known, wanted)
    results = None if here else warm_run.run(known, wanted, _step)
    if results is None:
        results = _run_here(known, wanted)
    if json:
        output.as_json(results)
    else:
        output.table(_row(result) for result in results)
        failed = sum(result.exit_code != EXIT_FINE for result in results)
        output.say(f"Done. OK={len(results) - failed} FAILED={failed} TOTAL={len(results)}")
    return run_result.worst(results)


def _run_here(known: Settings, wanted: list[str]) -> list[RunResult]:
    from lakehouse import run as runs  # noqa: PLC0415 - loads dbt, which takes seconds

    return runs.run(known, wanted, _step)


def _step(line: str) -> None:
    output.say(f"{time.strftime('%H:%M:%S')}  {line}")


def _row(result: RunResult) -> dict[str, object]:
    return {
        "name": result.name,
        "result": "OK" if result.exit_code == EXIT_FINE else f"FAILED ({result.exit_code})",
        "batches": result.batches,
        "records": result.records,
        "models and tests": result.nodes,
        "receipts": result.receipts,
        "seconds": round(sum(result.seconds.values()), 1),
    }


def sql(
    statement: Annotated[str, typer.Argument(help="One Spark SQL statement; - reads stdin.")],
    *,
    json: JsonOption = False,
) -> None:
    """
    Run one statement on Spark and print its rows. Times are UTC.

    Example: tidegate sql "select count(*) from silver.slv_orders"
    """
    from lakehouse import spark  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415

    text = typer.get_text_stream("stdin").read() if statement == "-" else statement
    text = text.strip().removesuffix(";")
    if not text:
        raise UsageError("the statement is empty", next_command='tidegate sql "show tables in silver"')
    rows = spark.rows(settings.load(), text)
    if json:
        output.as_json(rows)
    else:
        output.table(rows)
        output.say(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")
