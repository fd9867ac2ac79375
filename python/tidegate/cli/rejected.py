"""Commands about rejected records: list, show, replay."""

from __future__ import annotations

import getpass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metastore_sync.errors import EXIT_FINE, EXIT_VERDICT, UsageError
from tidegate.cli import names, output
from tidegate.cli.landing import Actor
from tidegate.cli.output import JsonOption
from tidegate.cli.work import Name

if TYPE_CHECKING:
    from schema_guard.rejections.replay import Outcome

commands = typer.Typer(
    help="See the records that could not become rows, and replay them (alias: dlq).",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_COLUMNS = ("batch_id", "topic_id", "partition", "offset", "stage", "error_type", "status", "replay_batch")


class Stage(StrEnum):
    """Where a record was rejected."""

    CONNECT = "connect"
    PARSE = "parse"
    CONTRACT = "contract"
    RULE = "rule"


class Status(StrEnum):
    """Whether a rejected record was replayed."""

    OPEN = "open"
    REPLAYED = "replayed"


Batch = Annotated[int | None, typer.Option("--batch", min=1, help="Rejected by one batch only.")]
Reason = Annotated[str | None, typer.Option("--error-type", help="Of one reason only, such as NOT_JSON.")]
OfStage = Annotated[Stage | None, typer.Option("--stage", help="Of one stage only.")]
TopicId = Annotated[str | None, typer.Option("--topic-id", help="8 hex digits, as `list` shows them.")]
Partition = Annotated[int | None, typer.Option("--partition", min=0, help="Kafka partition.")]
Offset = Annotated[int | None, typer.Option("--offset", min=0, help="Kafka offset.")]


@commands.command("list")
def list_rejected(
    dataset: Name,
    *,
    batch: Batch = None,
    error_type: Reason = None,
    stage: OfStage = None,
    status: Annotated[Status | None, typer.Option("--status", help="Replayed already, or not.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Rows of one page.")] = 50,
    after: Annotated[str | None, typer.Option("--after", help="Where the page before ended.")] = None,
    json: JsonOption = False,
) -> None:
    """
    List rejected records, with the count per reason.

    The newest batch comes first, dead letters of the connector last.

    Example: tidegate rejected list orders --status open --error-type MISFIT
    """
    from lakehouse import ledger  # noqa: PLC0415
    from metastore_sync import registry, settings  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    wanted = ledger.Filter(
        batch_id=batch,
        error_type=error_type,
        stage=stage and stage.value,
        status=status and status.value,
    )
    with registry.connect(known) as connection:
        page = ledger.rejected_page(connection, dataset, wanted, after=after, page=limit)
    if json:
        output.as_json(page)
        return
    if not page["rejected"]:
        output.say(f"{dataset}: no such rejected record")
        return
    output.table(page["rejected"], columns=_COLUMNS)
    for kind in page["kinds"]:
        output.say(f"{kind['records']} {kind['stage']}/{kind['error_type']}, {kind['open']} open")
    if page["next_after"]:
        output.say(f"Next page: --after {page['next_after']}")


@commands.command()
def show(
    dataset: Name,
    *,
    topic_id: Annotated[str, typer.Option("--topic-id", help="8 hex digits, as `list` shows them.")],
    partition: Annotated[int, typer.Option("--partition", min=0, help="Kafka partition.")],
    offset: Annotated[int, typer.Option("--offset", min=0, help="Kafka offset.")],
    payload: Annotated[bool, typer.Option("--payload", help="The value itself, not its shape.")] = False,
    json: JsonOption = False,
) -> None:
    """
    Show why a record was rejected, and what became of it.

    Of the payload only the shape, unless asked for.

    Example: tidegate rejected show orders --topic-id 0a1b2c3d --partition 0 --offset 41
    """
    from lakehouse import rejected  # noqa: PLC0415
    from metastore_sync import registry, settings  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    identity = rejected.Identity(topic_id, partition, offset)
    with registry.connect(known) as connection:
        shown = rejected.show(known, connection, dataset, identity, payload=payload)
    if json:
        output.as_json(shown)
        return
    for one in shown["rejections"]:
        _show(one)


def _show(one: dict[str, Any]) -> None:
    by = "the connector" if one["batch_id"] is None else f"batch {one['batch_id']}"
    output.result(f"rejected by {by}, {one['failed_at']:%Y-%m-%d %H:%M:%S}Z, stage {one['stage']}")
    output.result(f"  {one['error_type']}: {one['error_message']}")
    if one["data_key"]:
        output.result(f"  object: {one['data_key']}")
    output.result(f"  payload: {one.get('payload', one['payload_shape'])}")
    if one["replay_batch"] is None:
        output.result("  open: nobody replayed it")
        return
    edited = ", edited" if one["is_edited"] else ""
    output.result(
        f"  replayed{edited} in batch {one['replay_batch']} by {one['replayed_by']},"
        f" {one['replayed_at']:%Y-%m-%d %H:%M:%S}Z: {one['replayed_why']}"
    )
    output.result(f"  {one['outcome']}, schema version {one['replay_version']}")


@commands.command()
def replay(
    dataset: Name,
    *,
    why: Annotated[str, typer.Option("--why", help="What was fixed; kept with each record.")],
    batch: Batch = None,
    error_type: Reason = None,
    stage: OfStage = None,
    topic_id: TopicId = None,
    partition: Partition = None,
    offset: Offset = None,
    everything: Annotated[bool, typer.Option("--all", help="Without a filter: all that are open.")] = False,
    payload_file: Annotated[
        Path | None,
        typer.Option("--payload-file", exists=True, dir_okay=False, help="Edited value of one record."),
    ] = None,
    actor: Actor = "",
    json: JsonOption = False,
) -> int:
    """
    Have rejected records judged again, as a new batch.

    What still does not fit is rejected again, what is not ready is left and named: exit code 1 then.
    A record is never loaded twice.

    Example: tidegate rejected replay orders --error-type MISFIT --why "zip is a string since version 3"
    """
    from metastore_sync import settings  # noqa: PLC0415
    from schema_guard.rejections import replay as replays  # noqa: PLC0415
    from schema_guard.rejections.selection import Wanted  # noqa: PLC0415

    wanted = Wanted(
        batch_id=batch,
        error_type=error_type,
        stage=stage and stage.value,
        topic_id=topic_id,
        partition=partition,
        offset=offset,
    )
    if wanted == Wanted() and not everything:
        raise UsageError(
            "say which records: --batch, --error-type, --stage, an identity, or --all",
            not_done="Nothing was replayed.",
            next_command=f"tidegate rejected list {dataset} --status open",
        )
    known = settings.load()
    names.check_known(known, [dataset])
    payload = None if payload_file is None else payload_file.read_bytes().rstrip(b"\r\n")
    done = replays.replay(known, dataset, wanted, actor or getpass.getuser(), why, payload=payload)
    if json:
        output.as_json(done.to_json())
    else:
        _tell(dataset, done)
    return EXIT_FINE if done.is_whole else EXIT_VERDICT


def _tell(dataset: str, done: Outcome) -> None:
    for left in done.left:
        output.result(f"{dataset}: not replayed: {left.rejection.stage} {left.rejection.place}: {left.why}")
    for one in done.batches:
        again = f", {one.rejected_count} of them rejected again" if one.rejected_count else ""
        output.result(
            f"{dataset}: batch {one.batch_id} replays {one.record_count} record(s){again},"
            f" schema version {one.schema_version}"
        )
    if not done.batches:
        found = "nothing is ready" if done.left else "nothing open matches"
        output.say(f"{dataset}: {found}; nothing was replayed")
        return
    if any(one.rejected_count for one in done.batches):
        output.say(f"Next: tidegate rejected list {dataset} --batch {done.batches[-1].batch_id}")
    output.say(f"Next: tidegate run {dataset}")
