"""Makes what is declared run; the failure of one dataset stops that one alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from metastore_sync import registry, running, snapshot
from metastore_sync.changes import DatasetPlan, Plan
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError, TidegateError, VerdictError
from metastore_sync.model import Dataset, DatasetState, Source
from metastore_sync.plan import plan
from metastore_sync.render import sink_config
from metastore_sync.settings import Settings


def apply(
    settings: Settings,
    datasets: Iterable[Dataset],
    on_progress: Callable[[str], None],
    *,
    source: Source = Source.FILE,
    actor: str = "tidegate apply",
) -> Plan:
    """
    Apply datasets and return the plan that was carried out; applying it again changes nothing.

    Raises:
        VerdictError: A dataset was refused; the others were applied.
        BrokenError: A part is away, or a connector did not start and got its old config back.
    """
    made = plan(settings, datasets, source=source)
    failures: list[TidegateError] = []
    for entry in made.datasets:
        try:
            _refuse_if_problems(entry)
            _apply_one(settings, entry, source, actor, on_progress)
        except TidegateError as error:
            failures.append(error)
    with registry.connect(settings) as conn:
        snapshot.write(settings, conn)
    if failures:
        raise _together(failures)
    return made


def _refuse_if_problems(entry: DatasetPlan) -> None:
    if entry.problems:
        raise VerdictError(
            f"{entry.dataset.name}: {entry.problems[0].fact}",
            where="\n".join(problem.fact for problem in entry.problems[1:]),
            not_done=f"{entry.dataset.name} was not applied.",
            next_command=entry.problems[0].next_command,
        )


def _apply_one(
    settings: Settings,
    entry: DatasetPlan,
    source: Source,
    actor: str,
    on_progress: Callable[[str], None],
) -> None:
    """Declare in a transaction that commits only when the connector runs."""
    name = entry.dataset.name
    api = ConnectApi(settings)
    with registry.connect(settings) as conn, conn.transaction():
        revision = registry.put_dataset(conn, entry.dataset, source=source, actor=actor)
        state = registry.dataset(conn, name).state
        with _old_config_on_failure(api, entry):
            if entry.connector:
                api.put(entry.connector_name, sink_config(entry.dataset, settings))
            if state in (DatasetState.PAUSED, DatasetState.RETIRED):
                on_progress(f"{name}: revision {revision}, {state}: its connector was not awaited")
                return
            if not entry.connector and (status := api.status(entry.connector_name)):
                if status.failure:
                    api.restart(entry.connector_name)
                elif status.is_running:
                    on_progress(f"{name}: revision {revision}, nothing to change")
                    return
            status = running.wait(api, entry.connector_name)
    on_progress(f"{name}: revision {revision}, {entry.connector_name}: {status}")


@contextmanager
def _old_config_on_failure(api: ConnectApi, entry: DatasetPlan) -> Iterator[None]:
    """Put the connector back as it was when anything goes wrong, an interrupt included."""
    old = api.config(entry.connector_name) if entry.connector else None
    try:
        yield
    except BaseException as error:
        restored = _restore(api, entry, old)
        if isinstance(error, TidegateError):
            raise BrokenError(
                f"{entry.dataset.name}: {error.fact}",
                where=error.where,
                not_done=f"{restored} The registry was not changed.",
                next_command=f"tidegate apply {entry.dataset.name}",
            ) from error
        raise


def _restore(api: ConnectApi, entry: DatasetPlan, old: dict[str, str] | None) -> str:
    """Put the old config back and say what became of it."""
    name = entry.connector_name
    if not entry.connector:
        return f"The config of {name} was not changed."
    try:
        if old is None:
            api.delete(name)
            return f"{name}, which was new, was removed again."
        api.put(name, old)
    except BrokenError as error:
        return f"{name} could not be put back: {error.fact}."
    return f"{name} has its old config back."


def _together(failures: list[TidegateError]) -> TidegateError:
    """Return one error for all failures; a broken part outweighs a refusal."""
    if len(failures) == 1:
        return failures[0]
    broken = [error for error in failures if isinstance(error, BrokenError)]
    kind = BrokenError if broken else VerdictError
    return kind(
        f"{len(failures)} datasets were not applied; the others were",
        where="\n".join(str(error) for error in failures),
        next_command=(broken or failures)[0].next_command,
    )
