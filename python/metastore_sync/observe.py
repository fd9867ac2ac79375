"""What somebody did to connectors by hand, remembered in the registry; it never acts on Connect."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import psycopg
from psycopg.rows import DictRow

from metastore_sync import connectors, drift, registry, render
from metastore_sync.changes import Change, DriftKind
from metastore_sync.connect_api import ConnectApi, Connector
from metastore_sync.connectors import MISSING, RESTING, ConnectorRow, hidden
from metastore_sync.model import DatasetState, Source
from metastore_sync.queries import QUERIES
from metastore_sync.registry import DatasetRow
from metastore_sync.scene import connector_of
from metastore_sync.settings import Settings

_ACTOR = "Connect REST"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """One dataset's connector as it is now, beside what was remembered of it."""

    row: DatasetRow
    before: ConnectorRow | None
    now: ConnectorRow

    @property
    def is_news(self) -> bool:
        if self.before is None:
            return True
        before, now = self.before, self.now
        return (before.name, before.observed, before.drift) != (now.name, now.observed, now.drift)


def observe(settings: Settings) -> list[str]:
    """
    Remember what connectors do and hold; return a line for each thing that was done by hand.

    A dataset of an adopted connector follows it: paused or stopped makes it PAUSED, resumed makes it OK.

    Raises:
        BrokenError: Connect or PostgreSQL is away.
    """
    api = ConnectApi(settings)
    told: list[str] = []
    with registry.connect(settings) as conn:
        for name, sight in _sights(settings, conn, api.connectors()).items():
            if sight.is_news:
                told += _note(settings, conn, api, name)
    return told


def _note(settings: Settings, conn: psycopg.Connection[DictRow], api: ConnectApi, name: str) -> list[str]:
    """Look again while no `apply` works on the dataset, then write down what is so."""
    with conn.transaction():
        if not QUERIES.try_apply_lock_in_transaction(conn, name=name)["is_held"]:
            return []
        sight = _sights(settings, conn, api.connectors())[name]
        if not sight.is_news:
            return []
        connectors.put(conn, sight.now)
        told = _by_hand(sight)
        for action, line in told.items():
            detail = {"connector": sight.now.name, "drift": [asdict(change) for change in sight.now.drift]}
            registry.audit(conn, name, actor=_ACTOR, action=action, why=line, **detail)
        if sight.row.source is Source.CONNECT:
            _follow(conn, sight)
        return list(told.values())


def _sights(
    settings: Settings, conn: psycopg.Connection[DictRow], running: Mapping[str, Connector]
) -> dict[str, _Sight]:
    held = connectors.read(conn)
    rows = [row for row in registry.datasets(conn) if row.state is not DatasetState.RETIRED]
    return {row.dataset.name: _sight(settings, row, held, running) for row in rows}


def _sight(
    settings: Settings,
    row: DatasetRow,
    held: Mapping[str, ConnectorRow],
    running: Mapping[str, Connector],
) -> _Sight:
    dataset, before = row.dataset, held.get(row.dataset.name)
    name = connector_of(row, held, running)
    connector = running.get(name)
    is_adopted = row.source is Source.CONNECT
    if before:
        applied: Mapping[str, str] = before.applied
    elif is_adopted:
        applied = hidden(connector.config) if connector else {}
    else:
        applied = hidden(render.sink_config(dataset, settings))
    found = drift.followed(applied, connector, row.state) if is_adopted else ()
    if not is_adopted:
        found = drift.compare(applied, applied, connector, row.state).drift
    changed = tuple(Change(d.key, d.declared, d.connect) for d in found if d.kind is DriftKind.CONFIG)
    observed = connector.status.observed if connector else MISSING
    now = ConnectorRow(dataset=dataset.name, name=name, applied=applied, observed=observed, drift=changed)
    return _Sight(row=row, before=before, now=now)


def _by_hand(sight: _Sight) -> dict[str, str]:
    """Return action → line for everything that somebody did; a failure is nobody's doing."""
    name, now = sight.row.dataset.name, sight.now
    before = sight.before or dataclasses.replace(now, observed="RUNNING", drift=())
    subject = f"{name}: connector {now.name}"
    told: dict[str, str] = {}
    if now.observed != before.observed:
        if now.observed == MISSING:
            told["connector_deleted"] = f"{subject} was deleted; {_remedy(sight)}"
        elif before.observed == MISSING:
            told["connector_created_again"] = f"{subject} is there again: {now.observed}"
        elif now.observed in RESTING and sight.row.state is not DatasetState.PAUSED:
            told["connector_paused"] = f"{subject} is {now.observed}; {_remedy(sight)}"
        elif before.observed in RESTING and now.observed == "RUNNING":
            told["connector_resumed"] = f"{subject} is RUNNING again"
    if now.drift != before.drift:
        keys = ", ".join(str(change) for change in now.drift)
        told["connector_changed"] = f"{subject} was changed: {keys or 'back to what is declared'}"
        if keys and sight.row.source is Source.CONNECT:
            # What could be followed was followed before anybody looked here.
            told["connector_changed"] += "; the registry does not follow: tidegate sync says why"
        elif keys:
            told["connector_changed"] += f"; {_remedy(sight)}"
    return told


def _remedy(sight: _Sight) -> str:
    name = sight.row.dataset.name
    if sight.row.source is not Source.CONNECT:
        return f"the declaration wins: tidegate apply {name}"
    if sight.now.observed == MISSING:
        return f"dataset, landed objects and tables stay: PUT the connector again, or: tidegate retire {name}"
    return f"Connect wins: {name} follows"


def _follow(conn: psycopg.Connection[DictRow], sight: _Sight) -> None:
    """Give an adopted dataset the state that its connector was given by hand."""
    name, state, now = sight.row.dataset.name, sight.row.state, sight.now
    rested_before = sight.before is not None and sight.before.observed in RESTING
    actor, why = f"connector {now.name}", f"{now.observed} through Connect REST, which wins"
    if now.observed in RESTING and state is DatasetState.OK:
        registry.set_state(conn, name, DatasetState.PAUSED, actor=actor, why=why)
    elif now.observed == "RUNNING" and rested_before and state is DatasetState.PAUSED:
        registry.set_state(conn, name, DatasetState.OK, actor=actor, why=why)
