"""The connector before the topic, and its replication slot, when their dataset rests, goes on, or ends."""

from __future__ import annotations

import stamina

from metastore_sync import captured, running, topics
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError
from metastore_sync.model import Cdc, Dataset, DatasetState
from metastore_sync.render_cdc import source_config, source_name
from metastore_sync.settings import Settings

#: Seconds for which the slot of a connector that was just deleted may still be read.
_LET_GO_SECONDS = 20.0


def follow(settings: Settings, api: ConnectApi, dataset: Dataset, wanted: DatasetState) -> dict[str, str]:
    """
    Bring a captured table's connector and slot to what the dataset's new state means.

    Returns:
        Part → what became of it, for people; empty without `cdc`.

    Raises:
        BrokenError: Connect or the table's database is away, or the connector does not start; the
            dataset has its new state already, and the same command may be repeated.
    """
    if dataset.cdc is None:
        return {}
    name = source_name(dataset.name)
    match wanted:
        case DatasetState.PAUSED:
            if api.config(name) is not None:
                api.pause(name)
                running.wait_at_rest(api, name, "PAUSED")
            return {"capture": "PAUSED: its replication slot retains the database's log until resume"}
        case DatasetState.RETIRED:
            if api.config(name) is not None:
                # Without its slot the place it had read up to is of no use: a later one begins anew.
                api.stop(name)
                running.wait_at_rest(api, name, "STOPPED")
                api.forget_offsets(name)
                api.delete(name)
                running.wait_at_rest(api, name, "")
            dropped = ", ".join(_drop(settings, dataset)) or "no replication slot was left"
            return {"capture": f"deleted; dropped: {dropped}"}
        case DatasetState.OK | DatasetState.BLOCKED:
            _go_on(settings, api, dataset, dataset.cdc)
            return {"capture": "RUNNING"}


def _drop(settings: Settings, dataset: Dataset) -> list[str]:
    for attempt in stamina.retry_context(on=BrokenError, timeout=_LET_GO_SECONDS, attempts=None):
        with attempt:
            return captured.drop(settings, dataset)
    return []


def _go_on(settings: Settings, api: ConnectApi, dataset: Dataset, cdc: Cdc) -> None:
    name = source_name(dataset.name)
    if api.config(name) is None:
        topics.ensure(settings, dataset.kafka_topic)
        api.put(name, source_config(dataset, cdc))
    else:
        api.resume(name)
    try:
        running.wait(api, name)
    except BrokenError as error:
        raise BrokenError(
            f"{dataset.name}: {error.fact}",
            where="\n".join([error.where, *captured.waits_for(settings, dataset)]),
            not_done="Its topic gets no changes yet; what landed is judged and built.",
            next_command=f'tidegate resume {dataset.name} --why "…"',
        ) from error
