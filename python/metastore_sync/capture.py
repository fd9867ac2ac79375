"""The connector before the topic: what of a captured table's connector would change, and changing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from metastore_sync import captured, running, topics
from metastore_sync.changes import CapturePlan, DatasetPlan, changes_between
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError, TidegateError
from metastore_sync.model import Dataset
from metastore_sync.render_cdc import source_config
from metastore_sync.settings import Settings


def plan(
    settings: Settings, api: ConnectApi, dataset: Dataset, configs: Mapping[str, Mapping[str, str]]
) -> CapturePlan | None:
    """Compare the source connector with what Connect runs, and ask its database; none without `cdc`."""
    if dataset.cdc is None:
        return None
    config = source_config(dataset, dataset.cdc)
    changes = changes_between(configs.get(config["name"], {}), config)
    problems = captured.problems(settings, dataset)
    if changes and not problems:
        problems = _refused(api, dataset, config)
    return CapturePlan(name=config["name"], config=config, changes=changes, problems=tuple(problems))


@contextmanager
def applied(
    settings: Settings, api: ConnectApi, entry: DatasetPlan, *, is_awaited: bool = True
) -> Iterator[None]:
    """
    Make the topic, give the source connector its config, wait until it runs; put it back on any failure.

    Raises:
        BrokenError: It does not start, or a part is away.
    """
    planned = entry.capture
    if planned is None:
        yield
        return
    topics.ensure(settings, entry.dataset.kafka_topic)
    old = api.config(planned.name)
    try:
        if planned.changes:
            api.put(planned.name, dict(planned.config))
        if is_awaited:
            _run(settings, api, entry.dataset, planned)
        yield
    except BaseException as error:
        if planned.changes and isinstance(error, TidegateError):
            told = _restore(api, planned, old)
            error.not_done = f"{error.not_done} {told}".strip()
            error.args = (error.render(),)
        raise


def _run(settings: Settings, api: ConnectApi, dataset: Dataset, planned: CapturePlan) -> None:
    if not planned.changes and (status := api.status(planned.name)):
        if status.is_running:
            return
        if status.failure:
            api.restart(planned.name)
    try:
        running.wait(api, planned.name)
    except BrokenError as error:
        raise BrokenError(
            f"{dataset.name}: {error.fact}",
            where="\n".join([error.where, *captured.waits_for(settings, dataset)]),
            not_done="The registry was not changed.",
            next_command=f"tidegate apply {dataset.name}",
        ) from error


def _restore(api: ConnectApi, planned: CapturePlan, old: dict[str, str] | None) -> str:
    try:
        if old is None:
            api.delete(planned.name)
            return f"{planned.name}, which was new, was removed again; its replication slot may remain."
        api.put(planned.name, old)
    except BrokenError as error:
        return f"{planned.name} could not be put back: {error.fact}."
    return f"{planned.name} has its old config back."


def _refused(api: ConnectApi, dataset: Dataset, config: dict[str, str]) -> list[tuple[str, str]]:
    """Ask Connect itself, which asks the database with the settings as they will run."""
    try:
        errors = api.validate(config).errors
    except BrokenError as error:
        return [(error.fact, error.next_command)]
    again = f"correct the dataset, then: tidegate plan {dataset.name}"
    return [(f"{key}: {text}", again) for key, texts in errors.items() for text in texts]
