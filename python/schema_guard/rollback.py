"""
Makes an earlier schema version ACTIVE again, for later batches; what was admitted stays as it is.

Tables never lose a column and never narrow one, so a version whose types they have grown out of is refused.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from metastore_sync import lease, snapshot
from metastore_sync import registry as declarations
from metastore_sync.model import Dataset, DatasetState
from metastore_sync.settings import Settings
from schema_guard import decision_errors
from schema_guard.core import tables
from schema_guard.core.schema import Schema
from schema_guard.edges import registry
from schema_guard.edges.registry import Connection, Version
from schema_guard.sql import QUERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """
    What was rolled back.

    Attributes:
        version: The version that later batches are compared with.
        former: The one that was ACTIVE until now.
        first_batch: The first batch number that may be read with it.
    """

    dataset: str
    action: str
    version: int
    former: int
    first_batch: int
    actor: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """Return the rollback as plain JSON values."""
        return asdict(self)


def rollback(
    settings: Settings, name: str, version: int, actor: str, why: str, *, seen_active: int | None = None
) -> Rollback:
    """
    Make a SUPERSEDED version ACTIVE for the batches to come.

    Args:
        settings: Where the registry is.
        name: A dataset.
        version: The version to go back to.
        actor: Who decides.
        why: The reason; kept in the audit log.
        seen_active: The version that was ACTIVE when the caller looked; None: whichever is.

    Raises:
        UsageError: There is no such version, it was never ACTIVE or is already, or name or reason is empty.
        VerdictError: A batch awaits a decision, the tables cannot follow, or another version is ACTIVE
            than the one seen; nothing was changed.
        LeaseLostError: Somebody else works on the dataset.
    """
    decision_errors.check_decider(name, actor, why)
    with declarations.connect(settings) as conn:
        dataset = declarations.dataset(conn, name).dataset
        with lease.hold(conn, name, lease.this_holder("rollback")) as token, conn.transaction():
            lease.lock(conn, name, token)
            active = registry.active_version(conn, name)
            if seen_active is not None and (active is None or active.number != seen_active):
                now = active.number if active else None
                raise decision_errors.active_version_moved(name, seen_active, now)
            done = _roll_back(conn, dataset, active, version, actor, why)
        snapshot.write(settings, conn)
    return done


def _roll_back(  # noqa: PLR0917 - what is decided, about what, by whom
    conn: Connection, dataset: Dataset, active: Version | None, version: int, actor: str, why: str
) -> Rollback:
    name = dataset.name
    check_not_blocked(conn, name)
    wanted = registry.version(conn, name, version)
    if wanted is None or active is None or wanted.status != "SUPERSEDED":
        raise decision_errors.not_rolled_back(name, version, wanted.status if wanted else None)
    _check_tables(conn, dataset, active, wanted)
    QUERIES.supersede_active(conn, dataset=name)
    QUERIES.decide_version(conn, dataset=name, version=version, status="ACTIVE", actor=actor, why=why)
    last = QUERIES.last_batch(conn, dataset=name)
    done = Rollback(
        dataset=name,
        action="rollback",
        version=version,
        former=active.number,
        first_batch=(last["batch_id"] if last else 0) + 1,
        actor=actor,
        why=why,
    )
    detail = {"version": version, "former": done.former, "first_batch": done.first_batch}
    declarations.audit(conn, name, actor=actor, action="rollback", why=why, **detail)
    return done


def check_not_blocked(conn: Connection, name: str) -> None:
    """
    Keep the dataset's state as it is until the transaction ends; a waiting batch forbids to move ACTIVE.

    Raises:
        VerdictError: A batch awaits a decision: its findings compare with the version ACTIVE now.
    """
    state = DatasetState(QUERIES.dataset_state(conn, dataset=name)["state"])
    blocked = registry.blocked_batch(conn, name)
    if state is DatasetState.BLOCKED or blocked is not None:
        raise decision_errors.decide_first(name, blocked.schema_version if blocked else None)


def tables_of(conn: Connection, name: str) -> Schema:
    """Return what the dataset's tables hold once every admitted batch is loaded."""
    rows = QUERIES.loaded_schemas(conn, dataset=name)
    return tables.held(Schema.from_document(row["schema"]) for row in rows)


def _check_tables(conn: Connection, dataset: Dataset, active: Version, wanted: Version) -> None:
    found = tables.obstacles(tables_of(conn, dataset.name), wanted.schema, dataset.targets)
    if found:
        raise decision_errors.tables_cannot_follow(dataset.name, active.number, wanted.number, found)
