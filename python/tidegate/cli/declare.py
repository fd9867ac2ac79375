"""Commands that declare changes before they arrive: of columns (ddl), of how records become rows (dml)."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from metastore_sync.errors import UsageError
from tidegate.cli import names, output
from tidegate.cli.output import JsonOption
from tidegate.cli.work import Name

if TYPE_CHECKING:
    from metastore_sync.model import Dataset
    from metastore_sync.settings import Settings
    from schema_guard.core.operation import Operation

Why = Annotated[str, typer.Option("--why", help="The reason; kept with the declaration.")]
Actor = Annotated[str, typer.Option("--actor", help="Who declares it; by default your login name.")]
Rebuild = Annotated[
    bool, typer.Option("--accept-rebuild", help="Tables may have to be rebuilt for it.")
]
Names = Annotated[list[str] | None, typer.Option(help="A field's name; say it once per field.")]

_FORMS = "add POINTER TYPE, drop POINTER, widen POINTER TYPE, rename POINTER NAME"


def ddl(
    dataset: Name,
    operations: Annotated[list[str], typer.Argument(metavar="OPERATION...", help=_FORMS)],
    why: Why,
    actor: Actor = "",
    *,
    accept_rebuild: Rebuild = False,
    json: JsonOption = False,
) -> None:
    """
    Declare columns before they change.

    In order, all or none: add, drop, widen, rename. The result is ACTIVE for later batches.

    Example: tidegate schema ddl orders "add /coupon string" "drop /note" --why "release 15"
    """
    from metastore_sync import settings  # noqa: PLC0415
    from schema_guard import ddl as columns  # noqa: PLC0415

    known = settings.load()
    asked = columns.Request(
        operations=[operation(text) for text in operations],
        actor=actor or getpass.getuser(),
        why=why,
        accepts_rebuild=accept_rebuild,
    )
    names.check_known(known, [dataset])
    done = columns.change(known, dataset, asked)
    if json:
        output.as_json(done)
        return
    former = done.former or "none"
    output.result(f"{dataset}: version {former} → {done.version} is ACTIVE, by {done.actor}: {why}")
    output.result("\n".join(f"  {found['code']} {found['pointer']}" for found in done.findings))
    _next(dataset, done.rebuild)


def dml(
    dataset: Name,
    *,
    why: Why,
    mode: Annotated[str, typer.Option("--mode", help="append, upsert or history.")] = "",
    pk_fields: Names = None,
    order_by: Names = None,
    actor: Actor = "",
    accept_rebuild: Rebuild = False,
    json: JsonOption = False,
) -> None:
    """
    Declare other modes, keys or order.

    For datasets that the API registered; those of files change in their file.

    Example: tidegate schema dml orders --mode upsert --pk-fields id --why "ids are unique now"
    """
    from metastore_sync import settings  # noqa: PLC0415
    from schema_guard import dml as rows  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    given = {"mode": mode, "pk_fields": pk_fields, "order_by": order_by}
    wanted = _redefined(known, dataset, {field: value for field, value in given.items() if value})
    done = rows.redefine(known, wanted, actor or getpass.getuser(), why, accepts_rebuild=accept_rebuild)
    if json:
        output.as_json(done)
        return
    output.result(f"{dataset}: revision {done.revision}, by {done.actor}: {why}")
    output.result("\n".join(f"  {field}: {was['old']} → {was['new']}" for field, was in done.changes.items()))
    _next(dataset, done.rebuild)


def operation(text: str) -> Operation:
    """
    Return the operation that some words name.

    Raises:
        UsageError: They name none.
    """
    from schema_guard.core import operation as known  # noqa: PLC0415
    from schema_guard.core.ddl_text import DdlError, read_type  # noqa: PLC0415

    try:
        match text.split(maxsplit=2):
            case ["add", pointer, type_text] if pointer.startswith("/"):
                return known.AddColumn(pointer, read_type(type_text))
            case ["widen", pointer, type_text] if pointer.startswith("/"):
                return known.WidenColumn(pointer, read_type(type_text))
            case ["drop", pointer] if pointer.startswith("/"):
                return known.DropColumn(pointer)
            case ["rename", pointer, name] if pointer.startswith("/"):
                return known.RenameColumn(pointer, name)
        fact = f"{text!r} is none of: {_FORMS}"
    except DdlError as wrong:
        fact = f"{text!r}: {wrong}"
    raise UsageError(
        fact, not_done="Nothing was declared.", next_command='tidegate schema ddl DATASET "add /field string"'
    )


def _redefined(known: Settings, name: str, given: dict[str, object]) -> Dataset:
    from metastore_sync import dataset_files, registry  # noqa: PLC0415
    from metastore_sync.model import Source, from_document, to_document  # noqa: PLC0415

    with registry.connect(known) as connection:
        row = registry.dataset(connection, name)
    document = {**to_document(row.dataset), **given}
    wrong = dataset_files.check_document(document)
    if row.source is Source.FILE:
        wrong = [f"it is declared in connect/datasets/{name}.yml"]
    elif row.source is Source.CONNECT:
        wrong = ["it is declared by its connector, through Connect REST"]
    elif not given:
        wrong = ["say what changes: --mode, --pk-fields, --order-by"]
    if wrong:
        raise UsageError(
            f"{name}: {'; '.join(wrong)}",
            not_done="Nothing was declared.",
            next_command=f"tidegate plan {name}",
        )
    return from_document(document)


def _next(dataset: str, rebuild: list[str]) -> None:
    for command in rebuild or [f"tidegate run {dataset}"]:
        output.say(f"Next: {command}")
