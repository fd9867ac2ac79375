"""What the registry remembers of each dataset's connector: what it was told, and was last seen to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from metastore_sync.changes import Change
from metastore_sync.mistakes import is_secret
from metastore_sync.queries import QUERIES

#: Connect's states of a connector, and one more: it is not there.
MISSING = "MISSING"
#: What somebody chose; a failure is nobody's choice.
RESTING = frozenset({"PAUSED", "STOPPED"})
HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorRow:
    """
    A dataset's connector as the registry remembers it.

    Attributes:
        applied: Its config as it was last applied or taken over, without secrets.
        observed: What it was last seen to do: a state of Connect, or MISSING.
        drift: Keys changed by hand: applied → Connect's.
        observed_at: Since when that is so.
    """

    dataset: str
    name: str
    applied: Mapping[str, str]
    observed: str = "RUNNING"
    drift: tuple[Change, ...] = ()
    observed_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def read(conn: psycopg.Connection[DictRow]) -> dict[str, ConnectorRow]:
    """Return dataset → its connector, for datasets that ever had one."""
    rows = QUERIES.connectors(conn)
    return {
        row["dataset"]: ConnectorRow(**{**row, "drift": tuple(Change(**c) for c in row["drift"])})
        for row in rows
    }


def put(conn: psycopg.Connection[DictRow], row: ConnectorRow) -> None:
    """Remember a connector."""
    QUERIES.put_connector(
        conn,
        dataset=row.dataset,
        name=row.name,
        applied=Jsonb(hidden(row.applied)),
        observed=row.observed,
        drift=Jsonb([asdict(change) for change in row.drift]),
    )


def hidden(config: Mapping[str, str]) -> dict[str, str]:
    """
    Return a config without its secrets; names that the worker looks up itself are none.

    >>> hidden({"a.password": "x", "b.password": "${env:B}", "c": "y"})
    {'a.password': '(hidden)', 'b.password': '${env:B}', 'c': 'y'}
    """
    return {key: HIDDEN if is_secret(key, value) else value for key, value in config.items()}


def keys(changes: Iterable[Change]) -> list[str]:
    """Return the keys that changed."""
    return [change.key for change in changes]
