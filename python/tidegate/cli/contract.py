"""The command that shows a dataset's contract and compares it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from metastore_sync.errors import EXIT_FINE, EXIT_VERDICT, UsageError
from tidegate.cli import local, names, output
from tidegate.cli.output import JsonOption
from tidegate.cli.work import Name

if TYPE_CHECKING:
    from metastore_sync.model import Dataset
    from schema_guard.core.json_schema import Declared
    from schema_guard.core.standing import Standing
    from schema_guard.core.versus import Comparison


def contract(
    dataset: Name,
    *,
    against: Annotated[
        str, typer.Option("--against", help="A schema as `tidegate diff` reads it, as it is to be.")
    ] = "",
    mode: Annotated[
        str,
        typer.Option("--mode", help="forward: old readers, new records; backward: the reverse; full: both."),
    ] = "full",
    json: JsonOption = False,
) -> int:
    """
    Show a contract beside the ACTIVE version.

    Exit code 1 when something would break: records of the contract the tables, what arrived so far the
    contract, or FILE the contract's readers.

    Example: tidegate schema contract orders --against orders.v2.schema.json
    """
    from metastore_sync import registry, settings  # noqa: PLC0415
    from schema_guard import contracts  # noqa: PLC0415
    from schema_guard.core.finding import Verdict  # noqa: PLC0415
    from schema_guard.core.schema import Schema  # noqa: PLC0415
    from schema_guard.core.standing import standing  # noqa: PLC0415
    from schema_guard.judge import criteria_of  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    with registry.connect(known) as connection:
        row = registry.dataset(connection, dataset).dataset
        active = registry.active_version(connection, dataset)
    declared = contracts.of(row)
    if declared is None:
        raise _no_contract(dataset)
    beside = standing(declared, Schema.from_document(active.schema), criteria_of(row)) if active else None
    compared = _compared(row, declared, against, mode) if against else []
    _tell(row, declared, active.version if active else None, beside, compared, file=against, json=json)
    verdicts = [*([beside.verdict] if beside else []), *(one.verdict for one in compared)]
    return EXIT_VERDICT if Verdict.BREAKING in verdicts else EXIT_FINE


def _compared(row: Dataset, declared: Declared, against: str, mode: str) -> list[Comparison]:
    from schema_guard.core.versus import Direction, compare  # noqa: PLC0415
    from schema_guard.declared_files import read_schema  # noqa: PLC0415
    from schema_guard.judge import criteria_of  # noqa: PLC0415

    direction = local.one_of("--mode", mode, [known.value for known in Direction])
    local.check_there([against])
    return compare(declared.schema, read_schema(against), criteria_of(row), Direction(direction))


def _tell(
    row: Dataset,
    declared: Declared,
    version: int | None,
    beside: Standing | None,
    compared: list[Comparison],
    *,
    file: str,
    json: bool,
) -> None:
    from metastore_sync.model import to_document  # noqa: PLC0415
    from tidegate.cli import findings  # noqa: PLC0415

    if json:
        output.as_json(
            {
                "dataset": row.name,
                "contract": to_document(row)["contract"],
                "active_version": version,
                "against_active": beside and findings.standing_document(beside),
                "comparisons": [findings.comparison_document(one) for one in compared],
            }
        )
        return
    output.table(_fields(declared))
    if beside:
        output.result(findings.of_standing(beside, version or 0))
    else:
        output.say(f"{row.name}: nothing to compare it with: no batch was admitted yet")
    for one in compared:
        output.result(findings.of_comparison(one, "the contract", file))


def _fields(declared: Declared) -> list[dict[str, Any]]:
    from schema_guard.core.ddl import spark_type  # noqa: PLC0415

    return [
        {"field": f.name, "type": spark_type(f.type), "required": "" if f.nullable else "yes"}
        for f in declared.schema.fields
    ]


def _no_contract(dataset: str) -> UsageError:
    return UsageError(
        f"{dataset} declares no contract",
        not_done="Nothing was compared.",
        next_command=f"give {dataset} a contract (docs/contracts.md), then: tidegate apply {dataset}",
    )
