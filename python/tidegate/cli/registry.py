"""Commands for the day the registry is lost: backup, restore, rebuild."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidegate.cli import output
from tidegate.cli.output import JsonOption

commands = typer.Typer(
    help="Back the registry up; bring a lost one back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@commands.command()
def backup(
    to: Annotated[
        str, typer.Option("--to", help="Folder, FILE.zip or s3://bucket/prefix.", metavar="PATH")
    ] = "",
    keep: Annotated[int, typer.Option("--keep", min=0, help="Backups that stay in a folder; 0: all.")] = 0,
    *,
    json: JsonOption = False,
) -> None:
    """
    Write the whole registry into one signed file.

    As it was at one moment, while everybody works on; by default into $TIDEGATE_HOME/backups. Holds the
    payloads of rejected records as they were sent (mode 0600), and no password.

    Example: tidegate registry backup --to /mnt/backups --keep 14
    """
    from metastore_sync import backup as backups  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415

    made = backups.backup(settings.load(), to, keep=keep)
    if json:
        output.as_json(made)
        return
    output.result(made.path)
    output.say(
        f"{made.manifest.rows} rows of {len(made.manifest.tables)} tables, registry version"
        f" {made.manifest.registry_version}, {made.size_bytes} bytes"
    )
    for path in made.removed:
        output.say(f"removed {path}")


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", metavar="FILE")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also over declared datasets; never over batches.")
    ] = False,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Take a file that another installation signed.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """
    Put a backup back into an empty registry.

    All of it or nothing. An older backup is migrated forward. Batches that were judged after the backup are
    not in it: where tables were built since, rebuild instead.

    Example: tidegate registry restore /mnt/backups/registry-20261121T030000.000000Z.zip
    """
    from metastore_sync import restore as restores  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415

    done = restores.restore(settings.load(), file, replace=replace, unsigned=unsigned)
    if json:
        output.as_json(done)
        return
    output.table({"table": table.name, "rows": table.rows} for table in done.manifest.tables)
    output.say(f"The registry is as it was at {done.manifest.written_at:%Y-%m-%d %H:%M:%S}Z.")
    output.say("Next: tidegate status")


@commands.command()
def rebuild(
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="DATASET", help="None: every one that is declared anywhere.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, tell, and undo it.")] = False,
    onto_backup: Annotated[
        bool, typer.Option("--onto-backup", help="Go on behind the batches of an old backup.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """
    Rebuild a lost registry without a backup.

    Datasets come from files and connectors, batches from manifests and bronze; records that bronze never
    loaded are judged anew by the next run. Reads every landed object of those batches again.

    Example: tidegate registry rebuild --dry-run
    """
    from lakehouse import rebuild as rebuilds  # noqa: PLC0415
    from metastore_sync import migrate, settings  # noqa: PLC0415

    known = settings.load()
    migrate.migrate(known.postgres_dsn)
    done = rebuilds.rebuild(
        known, datasets or (), on_step=output.say, onto_backup=onto_backup, dry_run=dry_run
    )
    if json:
        output.as_json({"datasets": done, "lost": rebuilds.LOST})
    else:
        output.table(rebuilds.counts(done))
    output.say("Not rebuilt, because nobody else knows it:")
    for fact in rebuilds.LOST:
        output.say(f"  {fact}")
    output.say("Nothing was written." if dry_run else "Next: tidegate sync; tidegate apply; tidegate run")
