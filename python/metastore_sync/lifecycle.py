"""
Pause, resume and retire a dataset: its state in the registry and its connector, together or not at all.

A captured table's connector follows; where it cannot, the same command once more brings it there.

What each leaves behind is said in `EFFECTS`, for people. Raw objects, tables and the registry's history are
never removed. Doing one again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg.rows import DictRow

from metastore_sync import capture_rest, registry, render, running, snapshot
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.model import DatasetState, Source
from metastore_sync.queries import QUERIES
from metastore_sync.registry import DatasetRow
from metastore_sync.settings import Settings

#: Part → what becomes of it, per state that a command leads to.
EFFECTS: Mapping[DatasetState, Mapping[str, str]] = MappingProxyType(
    {
        DatasetState.PAUSED: {
            "connector": "PAUSED: nothing lands; Kafka keeps records as long as the topic's retention",
            "raw": "kept",
            "tables": "kept and readable, not built any more",
            "dag": "does nothing and is green, with a note",
            "undo": 'tidegate resume {name} --why "…"',
        },
        DatasetState.OK: {
            "connector": "RUNNING: landing goes on behind the last landed offset",
            "raw": "kept",
            "tables": "built again from the next run on",
            "dag": "runs by its schedule",
            "undo": 'tidegate pause {name} --why "…"',
        },
        DatasetState.RETIRED: {
            "connector": "deleted (one made through Connect REST is stopped, its config stays there)",
            "raw": "kept",
            "tables": "kept and readable, not built any more",
            "dag": "gone",
            "undo": 'tidegate resume {name} --why "…": the same chain, tables and schema versions go on',
        },
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """
    What a command led to.

    Attributes:
        before: The state it found; the same as `after` when nothing had to change.
        connector: The connector's name; empty when there is none to act on.
        effects: Part → what became of it; the last one, `undo`, is a command.
    """

    dataset: str
    before: DatasetState
    after: DatasetState
    connector: str
    effects: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {**asdict(self), "before": self.before.value, "after": self.after.value}


def pause(settings: Settings, name: str, actor: str, why: str) -> Transition:
    """
    Stop landing and judging until `resume`.

    Raises:
        UsageError: The dataset is unknown or RETIRED, or no reason was given.
        BrokenError: Connect or PostgreSQL is away; the state stays what it was.
    """
    return _Change(settings, name, actor, why).to(DatasetState.PAUSED, _pause)


def resume(settings: Settings, name: str, actor: str, why: str) -> Transition:
    """
    Land and judge again, after a pause or after `retire`; a batch that was BLOCKED is BLOCKED again.

    Raises:
        UsageError: The dataset is unknown, or no reason was given.
        BrokenError: Connect or PostgreSQL is away, or the connector does not start; the state stays.
    """
    return _Change(settings, name, actor, why).to(DatasetState.OK, _resume)


def retire(settings: Settings, name: str, actor: str, why: str) -> Transition:
    """
    End a dataset without removing anything that landed or was built.

    Raises:
        UsageError: The dataset is unknown, or no reason was given.
        BrokenError: Connect or PostgreSQL is away; the state stays what it was.
    """
    return _Change(settings, name, actor, why).to(DatasetState.RETIRED, _retire)


def resting(settings: Settings, name: str) -> str:
    """
    Return why a dataset is at rest, as a note for people; empty when it is not.

    Raises:
        UsageError: The dataset is unknown.
        BrokenError: PostgreSQL is away.
    """
    with registry.connect(settings) as conn:
        state = registry.dataset(conn, name).state
        changed = QUERIES.last_change(conn, name=name)
    if state not in (DatasetState.PAUSED, DatasetState.RETIRED):
        return ""
    by = f" by {changed['actor']}, {changed['at']:%Y-%m-%d %H:%M}Z: {changed['why']}" if changed else ""
    undo = f'tidegate resume {name} --why "…"'
    return f"{name} is {state}{by}. Nothing was judged or built. Next: {undo}"


@dataclass(frozen=True, slots=True)
class _Connector:
    """The connector of one dataset, and how to reach it."""

    api: ConnectApi
    settings: Settings
    row: DatasetRow
    name: str
    is_there: bool


class _Change:
    """One change of state."""

    def __init__(self, settings: Settings, name: str, actor: str, why: str) -> None:
        if not why.strip():
            raise UsageError(
                f"{name}: a reason is needed (--why)",
                not_done="Nothing was changed.",
                next_command="tidegate status",
            )
        self._settings = settings
        self._name = name
        self._actor = actor
        self._why = why

    def to(self, wanted: DatasetState, act: Callable[[_Connector], None]) -> Transition:
        """Act on the connector inside the transaction that changes the state: it commits last."""
        with registry.connect(self._settings) as conn:
            with conn.transaction():
                QUERIES.dataset_for_update(conn, name=self._name)
                row = registry.dataset(conn, self._name)
                after = self._allowed(conn, row, wanted)
                registry.set_state(conn, self._name, after, actor=self._actor, why=self._why)
                connector = self._connector(row)
                act(connector)
            snapshot.write(self._settings, conn)
        # Behind the transaction: a new replication slot waits for all that its server has open.
        told = capture_rest.follow(self._settings, connector.api, row.dataset, wanted)
        effects = {part: text.format(name=self._name) for part, text in {**told, **EFFECTS[wanted]}.items()}
        if after is DatasetState.BLOCKED:
            effects["tables"] = "built again after the decision that is due"
        return Transition(
            dataset=self._name,
            before=row.state,
            after=after,
            connector=connector.name if connector.is_there or wanted is DatasetState.OK else "",
            effects=effects,
        )

    def _allowed(
        self, conn: psycopg.Connection[DictRow], row: DatasetRow, wanted: DatasetState
    ) -> DatasetState:
        if wanted is DatasetState.PAUSED and row.state is DatasetState.RETIRED:
            raise UsageError(
                f"{self._name} is RETIRED: there is nothing to pause",
                not_done="Nothing was changed.",
                next_command=f'tidegate resume {self._name} --why "…"',
            )
        if wanted is DatasetState.OK and QUERIES.has_blocked_batch(conn, name=self._name):
            return DatasetState.BLOCKED
        return wanted

    def _connector(self, row: DatasetRow) -> _Connector:
        api = ConnectApi(self._settings)
        configs = api.configs()
        own = render.connector_name(self._name)
        name = own if own in configs else _adopted(configs, row) or own
        return _Connector(api, self._settings, row, name, name in configs)


def _adopted(configs: Mapping[str, Mapping[str, str]], row: DatasetRow) -> str | None:
    """Return the connector that was made through Connect REST and declares the dataset."""
    for name, config in sorted(configs.items()):
        is_sink = config.get("connector.class") == render.SINK
        if is_sink and config.get("topics") == row.dataset.kafka_topic:
            return name
    return None


def _pause(connector: _Connector) -> None:
    if connector.is_there:
        connector.api.pause(connector.name)
        running.wait_at_rest(connector.api, connector.name, "PAUSED")


def _resume(connector: _Connector) -> None:
    if connector.is_there:
        connector.api.resume(connector.name)
    elif connector.row.source is Source.CONNECT:
        raise BrokenError(
            f"{connector.row.dataset.name}: the connector that declared it was deleted",
            not_done="The state was not changed.",
            next_command="make that connector again through Connect REST, then repeat the command",
        )
    else:
        config = render.sink_config(connector.row.dataset, connector.settings)
        connector.api.put(connector.name, config)
    try:
        running.wait(connector.api, connector.name)
    except BrokenError:
        # The state stays what it was, and so must the connector.
        (connector.api.pause if connector.is_there else connector.api.delete)(connector.name)
        raise


def _retire(connector: _Connector) -> None:
    if not connector.is_there:
        return
    if connector.name == render.connector_name(connector.row.dataset.name):
        connector.api.delete(connector.name)
        running.wait_at_rest(connector.api, connector.name, "")
    else:
        connector.api.stop(connector.name)
        running.wait_at_rest(connector.api, connector.name, "STOPPED")
