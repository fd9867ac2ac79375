"""What somebody changed in Connect by hand, told apart from what was declared anew since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metastore_sync.changes import Change, Drift, DriftKind, Winner, changes_between
from metastore_sync.connect_api import Connector
from metastore_sync.connectors import MISSING, RESTING, hidden
from metastore_sync.model import DatasetState

#: States of a dataset in which its connector is meant to run; in the others it may do either.
RUNS = frozenset({DatasetState.OK, DatasetState.BLOCKED})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One connector against its declaration: what was declared anew, and what was changed by hand."""

    changes: tuple[Change, ...] = ()
    drift: tuple[Drift, ...] = ()


def compare(
    wanted: Mapping[str, str],
    applied: Mapping[str, str] | None,
    connector: Connector | None,
    state: DatasetState,
) -> Comparison:
    """
    Compare three configs of a connector that Tidegate made: wanted, last applied, and Connect's.

    Args:
        wanted: What the declaration renders to.
        applied: What was applied last; none when nothing was.
        connector: What Connect has; none when it has no such connector.
        state: The dataset's; RETIRED ones are left alone.
    """
    if state is DatasetState.RETIRED:
        return Comparison()
    running = hidden(connector.config) if connector else {}
    if applied is None:
        return Comparison(changes_between(running, wanted))
    if connector is None:
        gone = Drift(DriftKind.CONNECTOR, "connector", MISSING, "RUNNING", Winner.DECLARATION)
        return Comparison(changes_between(applied, wanted), (gone,))
    by_hand = {change.key for change in changes_between(applied, running)}
    differing = changes_between(running, wanted)
    drift = [_restored(change) for change in differing if change.key in by_hand]
    anew = tuple(change for change in differing if change.key not in by_hand)
    return Comparison(anew, (*drift, *_resting(connector, state)))


def followed(
    applied: Mapping[str, str] | None, connector: Connector | None, state: DatasetState
) -> tuple[Drift, ...]:
    """Return what an adopted connector has otherwise than the registry took over; Connect wins."""
    if connector is None or state is DatasetState.RETIRED:
        return ()
    running = hidden(connector.config)
    found = [
        Drift(DriftKind.CONFIG, change.key, change.new, change.old, Winner.CONNECT)
        for change in changes_between(running if applied is None else applied, running)
    ]
    resting = connector.status.state in RESTING
    if resting and state is DatasetState.OK:
        found.append(Drift(DriftKind.STATE, "state", connector.status.state, "RUNNING", Winner.CONNECT))
    return tuple(found)


def _restored(change: Change) -> Drift:
    return Drift(DriftKind.CONFIG, change.key, change.old, change.new, Winner.DECLARATION)


def _resting(connector: Connector, state: DatasetState) -> list[Drift]:
    if connector.status.state not in RESTING or state not in RUNS:
        return []
    return [Drift(DriftKind.STATE, "state", connector.status.state, "RUNNING", Winner.DECLARATION)]
