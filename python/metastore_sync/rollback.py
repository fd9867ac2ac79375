"""A connector whose new config does not run gets its old one back, and is awaited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from metastore_sync import running
from metastore_sync.changes import DatasetPlan
from metastore_sync.connect_api import ConnectApi, Connector
from metastore_sync.connectors import RESTING
from metastore_sync.errors import BrokenError, TidegateError


@contextmanager
def on_failure(
    api: ConnectApi, entry: DatasetPlan, on_progress: Callable[[str], None]
) -> Iterator[None]:
    """Put the connector back as it was when anything goes wrong, an interrupt included."""
    touched = entry.is_put or bool(entry.to_correct)
    old = api.connectors().get(entry.connector_name) if touched else None
    try:
        yield
    except BaseException as error:
        restored = _restore(api, entry, old) if touched else f"{entry.connector_name} was not changed."
        if isinstance(error, TidegateError):
            raise BrokenError(
                f"{entry.dataset.name}: {error.fact}",
                where=error.where,
                not_done=f"{restored} The registry was not changed.",
                next_command=f"tidegate apply {entry.dataset.name}",
            ) from error
        on_progress(f"{entry.dataset.name}: {restored} The registry was not changed.")
        raise


def _restore(api: ConnectApi, entry: DatasetPlan, old: Connector | None) -> str:
    """Put the old config back, wait until it runs as it did, and say what became of it."""
    name = entry.connector_name
    try:
        if old is None:
            api.delete(name)
            return f"{name}, which was not there before, was removed again."
        api.put(name, old.config)
        if old.status.state in RESTING:
            (api.pause if old.status.state == "PAUSED" else api.stop)(name)
            return f"{name} has its old config back and is {old.status.state}, as before."
        if not old.status.is_running:
            return f"{name} has its old config back; it did not run before either."
        running.wait(api, name, tasks=len(old.status.tasks))
    except BrokenError as error:
        return f"{name} could not be put back: {error.fact}."
    return f"{name} has its old config back and runs."
