"""Commands about declarations: plan, apply, sync, scaffold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metastore_sync.errors import EXIT_FINE, EXIT_VERDICT
from tidegate.cli import names, output
from tidegate.cli.output import JsonOption
from tidegate.cli.work import Name

if TYPE_CHECKING:
    from metastore_sync.model import Dataset
    from metastore_sync.settings import Settings

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="DATASET", help="Of the dataset files; none: all of them."),
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (plan, apply, sync, scaffold):
        app.command()(command)


def plan(datasets: Names = None, *, json: JsonOption = False) -> int:
    """
    Show what apply would change; change nothing.

    In the registry, in connectors, DAGs and models.

    Reads connect/datasets/*.yml. Exit code 1 when a dataset cannot be applied.

    Example: tidegate plan orders
    """
    from metastore_sync import plan as plans  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415

    known = settings.load()
    made = plans.plan(known, _declared(known, datasets))
    if json:
        output.as_json(made.to_json())
    else:
        output.result(made.render())
    return EXIT_VERDICT if made.has_problems else EXIT_FINE


def apply(datasets: Names = None, *, json: JsonOption = False) -> None:
    """
    Make dataset files run: registry, connector, DAG.

    Waits until every task of the connectors runs; datasets without models get scaffolded ones.

    A connector has 60 seconds to start; one that does not gets its old config back.

    Example: tidegate apply orders
    """
    from lakehouse import deploy  # noqa: PLC0415
    from metastore_sync import apply as applies  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415

    known = settings.load()
    declared = _declared(known, datasets)
    made = applies.apply(known, declared, output.say)
    for change in deploy.deploy(known):
        output.say(change)
    if json:
        output.as_json(made.to_json())
    else:
        output.result(made.render())


def sync(*, json: JsonOption = False) -> None:
    """
    Adopt connectors made through Connect REST, once.

    The service does the same every 10 seconds.

    A connector becomes a dataset when its config holds dataset.* keys.

    Example: tidegate sync
    """
    from lakehouse import deploy  # noqa: PLC0415
    from metastore_sync import adopt, settings  # noqa: PLC0415

    known = settings.load()
    adopted = list(adopt.adopt(known))
    changes = deploy.deploy(known)
    for change in changes:
        output.say(change)
    if json:
        output.as_json({"adopted": adopted, "changes": list(changes)})
        return
    for name in adopted:
        output.result(name)
    if not adopted:
        output.say("no connector declares a dataset that was not adopted already")


def scaffold(
    dataset: Name,
    into: Annotated[
        Path | None, typer.Option("--into", help="Folder; by default dbt_project/models/DATASET.")
    ] = None,
    *,
    json: JsonOption = False,
) -> None:
    """
    Write a dataset's models into the repository.

    Bronze and silver; from then on they are yours.

    Never overwrites a file.

    Example: tidegate scaffold orders
    """
    from lakehouse import scaffold as models  # noqa: PLC0415
    from metastore_sync import settings  # noqa: PLC0415

    known = settings.load()
    names.check_known(known, [dataset])
    written = models.scaffold(known, dataset, into or known.dbt_project / "models" / dataset)
    if json:
        output.as_json(written)
        return
    for path in written:
        output.result(str(path))


def _declared(known: Settings, wanted: list[str] | None) -> list[Dataset]:
    from metastore_sync import dataset_files  # noqa: PLC0415

    declared = dataset_files.read(known.dataset_folder)
    if not wanted:
        return declared
    have = [dataset.name for dataset in declared]
    unknown = [name for name in wanted if name not in have]
    if unknown:
        raise names.no_file(unknown, have, known.dataset_folder)
    return [dataset for dataset in declared if dataset.name in wanted]
