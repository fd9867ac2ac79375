"""Commands about declarations: plan, apply, sync, scaffold."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metastore_sync.errors import EXIT_FINE, EXIT_VERDICT
from tidegate.cli import names, output
from tidegate.cli.output import JsonOption
from tidegate.cli.work import Name

if TYPE_CHECKING:
    from metastore_sync.declared import Declared
    from metastore_sync.settings import Settings

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="DATASET", help="As declared or registered; none: all of them."),
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (plan, apply, sync, scaffold):
        app.command()(command)


def plan(datasets: Names = None, *, json: JsonOption = False) -> int:
    """
    Show what apply would change; change nothing.

    In the registry, in connectors, DAGs and models; what was changed by hand in Connect is drift.

    Covers connect/datasets/*.yml and what the API or Connect registered. Exit code 1 when a dataset
    cannot be applied, 0 otherwise; docs/registering.md explains every problem.

    Example: tidegate plan orders
    """
    from metastore_sync import plan as plans  # noqa: PLC0415
    from metastore_sync import plan_text, settings  # noqa: PLC0415

    known = settings.load()
    made = plans.plan(known, _declared(known, datasets))
    if json:
        output.as_json(made.to_json())
    else:
        output.result(plan_text.render(made))
    return EXIT_VERDICT if made.has_problems else EXIT_FINE


def apply(datasets: Names = None, *, json: JsonOption = False) -> None:
    """
    Make dataset files run: registry, connector, DAG.

    Waits until every task of the connectors runs; datasets without models get scaffolded ones.

    What can be applied is applied. Exit code 1 when a dataset is refused (its topic or table may not be there
    yet): the list says why and what to type, as in plan.

    A connector has 60 seconds to start; one that does not gets its old config back, and so does one
    whose apply is interrupted. What was changed by hand in Connect is put back.

    Example: tidegate apply orders
    """
    from lakehouse import deploy  # noqa: PLC0415
    from metastore_sync import apply as applies  # noqa: PLC0415
    from metastore_sync import plan_text, settings  # noqa: PLC0415

    # Being told to end is an interrupt like any other: the old config goes back first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    known = settings.load()
    done = applies.carry_out(known, _declared(known, datasets), output.say)
    # Those that were applied get their models and DAGs, whatever became of the others.
    for change in deploy.deploy(known):
        output.say(change)
    if json:
        output.as_json(done.plan.to_json())
    else:
        output.result(plan_text.render(done.plan))
    done.check()


def sync(*, json: JsonOption = False) -> None:
    """
    Take over what was done through Connect REST, once.

    The service does the same every 10 seconds.

    A connector becomes a dataset when its config holds dataset.* keys; one that was changed, paused or
    deleted by hand is remembered in the registry.

    Example: tidegate sync
    """
    from lakehouse import deploy  # noqa: PLC0415
    from metastore_sync import adopt, settings  # noqa: PLC0415

    known = settings.load()
    found = adopt.adopt(known)
    changes = deploy.deploy(known)
    for line in (*found.observed, *changes):
        output.say(line)
    if json:
        as_read = {"adopted": found.adopted, "observed": found.observed, "changes": changes}
        output.as_json({key: list(value) for key, value in as_read.items()})
        return
    for name in found.adopted:
        output.result(name)
    if not found.adopted:
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


def _declared(known: Settings, wanted: list[str] | None) -> list[Declared]:
    from metastore_sync import dataset_files, declared  # noqa: PLC0415

    files = dataset_files.read(known.dataset_folder)
    chosen, unknown = declared.everything(known, files, wanted or ())
    if unknown:
        have, _ = declared.everything(known, files)
        raise names.no_file(unknown, [entry.dataset.name for entry in have], known.dataset_folder)
    return chosen
