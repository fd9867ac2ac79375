"""Commands about a dataset's schema: check, history, diff, contract, ddl, dml, approve, reject, rollback."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli import contract, declare, local, names, output
from tidegate.cli.output import JsonOption
from tidegate.cli.work import Name

if TYPE_CHECKING:
    from schema_guard.decide import Decision

commands = typer.Typer(
    help="See and decide what a dataset's records may look like.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Version = Annotated[int, typer.Option("--version", min=1, help="The version that awaits a decision.")]
Why = Annotated[str, typer.Option("--why", help="The reason; kept with the decision.")]
Actor = Annotated[
    str, typer.Option("--actor", help="Who decides; by default the name you are logged in with.")
]


@commands.command()
def check(
    dataset: Name,
    sample: Annotated[str, typer.Argument(metavar="FILE", help="NDJSON, plain or gzip; - reads stdin.")],
    *,
    json: JsonOption = False,
) -> int:
    """
    Say what the guard would say of a local sample.

    Sends and stores nothing.

    One JSON object per line. Exit code 1 when it would block the dataset, or a line be rejected.

    Example: tidegate schema check orders sample.ndjson.gz
    """
    from metastore_sync import registry, settings  # noqa: PLC0415
    from schema_guard import sample as samples  # noqa: PLC0415
    from schema_guard.core.schema import Schema  # noqa: PLC0415
    from schema_guard.edges import registry as edges  # noqa: PLC0415
    from schema_guard.local_files import read_lines  # noqa: PLC0415
    from tidegate.cli import findings  # noqa: PLC0415

    local.check_there([sample])
    known = settings.load()
    names.check_known(known, [dataset])
    with registry.connect(known) as connection:
        row = registry.dataset(connection, dataset)
        active = registry.active_version(connection, dataset)
        dropped = edges.declared_fields(connection, dataset, "dropped")
    schema = Schema.from_document(active.schema) if active else None
    base = active.version if active else None
    with local.progress([sample]) as told:
        found = samples.judge(row.dataset, schema, base, read_lines(sample, told), dropped=dropped)
    if json:
        output.as_json(found.to_json())
    else:
        output.result(findings.of_sample(found))
    return found.exit_code


@commands.command()
def history(dataset: Name, *, json: JsonOption = False) -> None:
    """
    List every schema version, newest first.

    With status, verdict and decision. Times are UTC.

    Example: tidegate schema history orders
    """
    from metastore_sync import registry, settings  # noqa: PLC0415
    from schema_guard import history as past  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    with registry.connect(known) as connection:
        rows = past.versions(connection, dataset)
    if json:
        output.as_json(rows)
        return
    output.table(_history_row(row) for row in rows)
    if not rows:
        output.say(f"{dataset}: no version yet. Next: tidegate check {dataset}")


commands.command()(contract.contract)
commands.command()(declare.ddl)
commands.command()(declare.dml)


def _history_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": row["version"],
        "status": row["status"],
        "verdict": row["verdict"],
        "against": row["base_version"],
        "findings": row["finding_count"],
        "created": f"{row['created_at']:%Y-%m-%d %H:%M:%S}",
        "decided by": row["decided_by"],
        "why": row["decided_why"],
    }


@commands.command()
def diff(
    dataset: Name,
    version: Annotated[int | None, typer.Option("--version", min=1, help="By default the newest.")] = None,
    *,
    json: JsonOption = False,
) -> None:
    """
    Show a version's findings and who reads them.

    Example: tidegate schema diff orders --version 2
    """
    from metastore_sync import registry, settings  # noqa: PLC0415
    from schema_guard import history as past  # noqa: PLC0415
    from tidegate.cli import findings  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    with registry.connect(known) as connection:
        found = past.version(connection, dataset, version)
        row = past.with_impact(known, connection, dataset, found)
    if json:
        output.as_json(row)
    else:
        output.result(findings.of_version(dataset, row))


@commands.command()
def approve(
    dataset: Name, version: Version, why: Why, actor: Actor = "", *, json: JsonOption = False
) -> None:
    """
    Accept a BLOCKED version and admit its batch.

    It becomes the ACTIVE version; loading goes on with the next run.

    Example: tidegate schema approve orders --version 2 --why "agreed with the shop team"
    """
    from schema_guard import decide  # noqa: PLC0415

    _decided(decide.approve, dataset, version, why, actor, json=json)


@commands.command()
def reject(dataset: Name, version: Version, why: Why, actor: Actor = "", *, json: JsonOption = False) -> None:
    """
    Refuse a BLOCKED version; admit what fits.

    Records that do not fit the ACTIVE version become rejected records.

    Example: tidegate schema reject orders --version 2 --why "a bug in release 14"
    """
    from schema_guard import decide  # noqa: PLC0415

    _decided(decide.reject, dataset, version, why, actor, json=json)


@commands.command()
def rollback(
    dataset: Name,
    version: Annotated[int, typer.Option("--version", min=1, help="An earlier version, now SUPERSEDED.")],
    why: Why,
    actor: Actor = "",
    *,
    json: JsonOption = False,
) -> None:
    """
    Make an earlier version ACTIVE again.

    For the batches to come; what was admitted stays. Refused when a column would have to narrow.

    Example: tidegate schema rollback orders --version 1 --why "release 14 was withdrawn"
    """
    from metastore_sync import settings  # noqa: PLC0415
    from schema_guard import rollback as back  # noqa: PLC0415
    from tidegate.cli import findings  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    done = back.rollback(known, dataset, version, actor or getpass.getuser(), why)
    if json:
        output.as_json(done)
        return
    output.result(findings.of_rollback(done))
    output.say(f"Next: tidegate run {dataset}")


def _decided(act: Any, dataset: str, version: int, why: str, actor: str, *, json: bool) -> None:
    from metastore_sync import settings  # noqa: PLC0415
    from tidegate.cli import findings  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    decision: Decision = act(known, dataset, version, actor or getpass.getuser(), why)
    if json:
        output.as_json(decision)
        return
    output.result(findings.of_decision(decision))
    output.say(f"Next: tidegate run {dataset}")
