"""Commands about what landed: gaps, replay, accept-gap."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from metastore_sync.errors import EXIT_FINE, EXIT_VERDICT, UsageError
from tidegate.cli import names, output
from tidegate.cli.output import JsonOption
from tidegate.cli.work import Name

if TYPE_CHECKING:
    from schema_guard.accept_gap import OffsetRange
    from schema_guard.accepted import AcceptedGap
    from schema_guard.gaps import Gap

commands = typer.Typer(
    help="See and repair what is missing from the raw zone.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Partition = Annotated[int, typer.Option("--partition", min=0, help="Kafka partition.")]
First = Annotated[int, typer.Option("--from", min=0, help="First offset, included.")]
Last = Annotated[int, typer.Option("--to", min=0, help="Last offset, included.")]
TopicId = Annotated[
    str | None, typer.Option("--topic-id", help="8 hex digits, when several ids have such a gap.")
]
Actor = Annotated[
    str, typer.Option("--actor", help="Who does it; by default the name you are logged in with.")
]


@commands.command()
def gaps(dataset: Name, *, json: JsonOption = False) -> int:
    """
    List what is missing from the raw zone.

    Looks at what is not judged yet and at batches not proven to be in bronze. Exit code 1 when there
    is an open gap.

    Example: tidegate landing gaps orders
    """
    from metastore_sync import registry, settings  # noqa: PLC0415
    from schema_guard import accepted  # noqa: PLC0415
    from schema_guard import gaps as landed  # noqa: PLC0415
    from schema_guard.edges.s3 import Store  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    with registry.connect(known) as connection:
        row = registry.dataset(connection, dataset)
        found = landed.find(Store(known), connection, row.dataset)
        given_up = accepted.of(connection, dataset)
    if json:
        output.as_json(
            {
                "open": [
                    {**gap.to_json(), "next_command": gap.next_command(dataset)} for gap in found
                ],
                "accepted": [gap.to_json() for gap in given_up],
            }
        )
    else:
        _show(dataset, found, given_up)
    return EXIT_VERDICT if found else EXIT_FINE


def _show(dataset: str, found: list[Gap], given_up: list[AcceptedGap]) -> None:
    for gap in found:
        output.result(f"{gap.kind}  {gap.place}  ({gap.missing} missing): {gap.fact}")
        if gap.data_key:
            output.result(f"  {gap.data_key}")
        output.result(f"  Next: {gap.next_command(dataset)}")
    for known in given_up:
        place = f"partition {known.partition}, offsets {known.first_offset}…{known.last_offset}"
        when = f"{known.at:%Y-%m-%d %H:%M:%S}Z"
        output.result(f"accepted  {known.kind}  {place}: {known.actor}, {when}: {known.why}")
    if not found:
        output.say(f"{dataset}: no open gap")


@commands.command("accept-gap")
def accept_gap(
    dataset: Name,
    *,
    partition: Partition,
    first: First,
    last: Last,
    why: Annotated[str, typer.Option("--why", help="The reason; kept with the loss.")],
    topic_id: TopicId = None,
    actor: Actor = "",
    json: JsonOption = False,
) -> int:
    """
    Accept a loss for good; the guard goes on behind it.

    Exactly one open gap, as `landing gaps` shows it. Exit code 1 when other findings still block the batch.

    Example: tidegate landing accept-gap orders --partition 0 --from 100 --to 199 --why "retention was 1 h"
    """
    from metastore_sync import settings  # noqa: PLC0415
    from schema_guard import accept_gap as acceptance  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    wanted = _range(partition, first, last, topic_id)
    found = acceptance.accept(known, dataset, wanted, actor or getpass.getuser(), why)
    if json:
        output.as_json(found.to_json())
    else:
        gap = found.gap
        word = "accepted" if found.is_new else f"was accepted before by {gap.actor}: {gap.why}"
        output.result(f"{dataset}: {wanted} {word}")
        if found.admitted_batch:
            output.result(f"{dataset}: batch {found.admitted_batch} ADMITTED")
    if found.still_blocked_by:
        output.say(f"Next: tidegate schema diff {dataset} --version {found.still_blocked_by}")
        return EXIT_VERDICT
    output.say(f"Next: tidegate run {dataset}")
    return EXIT_FINE


@commands.command()
def replay(
    dataset: Name,
    *,
    partition: Annotated[int | None, typer.Option("--partition", min=0, help="Kafka partition.")] = None,
    first: Annotated[int | None, typer.Option("--from", min=0, help="First offset, included.")] = None,
    last: Annotated[int | None, typer.Option("--to", min=0, help="Last offset, included.")] = None,
    key: Annotated[str | None, typer.Option("--object", help="Instead of a range: the lost object.")] = None,
    topic_id: TopicId = None,
    why: Annotated[str, typer.Option("--why", help="The reason; kept in the audit log.")] = "",
    actor: Actor = "",
    json: JsonOption = False,
) -> None:
    """
    Land exactly a lost range again, from Kafka.

    Everything is compared with what was landed before anything is written. Exit code 1 when Kafka cannot
    give it back.

    Example: tidegate landing replay orders --partition 0 --from 100 --to 199
    """
    from metastore_sync import settings  # noqa: PLC0415
    from schema_guard import replay as replays  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    wanted = key or _whole_range(partition, first, last, topic_id)
    done = replays.replay(known, dataset, wanted, actor or getpass.getuser(), why)
    if json:
        output.as_json([one.to_json() for one in done])
        return
    for one in done:
        place = f"partition {one.partition}, offsets {one.first_offset}…{one.last_offset}"
        stored = "the very bytes that were lost" if one.is_same_bytes else "the same lines, packed anew"
        output.result(f"{dataset}: {place} landed again, {one.record_count} records: {stored}")
        output.result(f"  {one.data_key}")
        output.result(f"  compared: {'; '.join(one.checked)}")
    output.say(f"Next: tidegate run {dataset}")


def _whole_range(
    partition: int | None, first: int | None, last: int | None, topic_id: str | None
) -> OffsetRange:
    if partition is None or first is None or last is None:
        raise UsageError(
            "say what to land again: --partition, --from and --to, or --object",
            not_done="Nothing was written.",
            next_command="tidegate landing replay --help",
        )
    return _range(partition, first, last, topic_id)


def _range(partition: int, first: int, last: int, topic_id: str | None) -> OffsetRange:
    from schema_guard.accept_gap import OffsetRange  # noqa: PLC0415

    return OffsetRange(
        partition=partition, first_offset=first, last_offset=last, topic_id=topic_id
    )
