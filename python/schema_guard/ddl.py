"""
Makes what people declare about columns the next ACTIVE version, all of it or nothing.

Tables follow when the next batch is built; what they cannot become in place needs a rebuild, which the
caller has to accept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg.types.json import Jsonb

from metastore_sync import lease, snapshot
from metastore_sync import registry as declarations
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import decision_errors
from schema_guard.core.ddl import columns, spark_ddl
from schema_guard.core.declare import Declared, ImpossibleError, declare
from schema_guard.core.finding import Verdict
from schema_guard.core.operation import Operation
from schema_guard.core.schema import Schema
from schema_guard.edges import registry
from schema_guard.edges.registry import Connection, Version
from schema_guard.judge import criteria_of
from schema_guard.rollback import check_not_blocked, tables_of
from schema_guard.sql import QUERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    What somebody declares.

    Attributes:
        operations: In the order in which they apply.
        accepts_rebuild: Whether tables may have to be rebuilt for it.
        seen_active: The version that was ACTIVE when the caller looked (0: none); None: whichever is.
    """

    operations: Sequence[Operation]
    actor: str
    why: str
    accepts_rebuild: bool = False
    seen_active: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    What became of it.

    Attributes:
        version: ACTIVE now.
        former: ACTIVE before; None when there was none.
        findings: One document per operation (docs/contracts/findings.schema.json).
        rebuild: The commands that the tables need before the next batch can be built; often none.
    """

    dataset: str
    version: int
    former: int | None
    ddl: str
    findings: list[dict[str, Any]]
    rebuild: list[str]
    actor: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """Return the change as plain JSON values."""
        return asdict(self)


def change(settings: Settings, name: str, asked: Request) -> Change:
    """
    Apply operations to the ACTIVE version, in order.

    Raises:
        UsageError: An operation does not fit the version at its turn, or name or reason is empty.
        VerdictError: A batch awaits a decision, the ACTIVE version is another one than was seen, the
            result was REJECTED before, or the tables need a rebuild that was not accepted.
    """
    decision_errors.check_decider(name, asked.actor, asked.why)
    with declarations.connect(settings) as conn:
        dataset = declarations.dataset(conn, name).dataset
        with lease.hold(conn, name, lease.this_holder("ddl")) as token, conn.transaction():
            lease.lock(conn, name, token)
            made = _change(conn, dataset, asked)
        snapshot.write(settings, conn)
    return made


def _change(conn: Connection, dataset: Dataset, asked: Request) -> Change:
    name = dataset.name
    check_not_blocked(conn, name)
    active = registry.active_version(conn, name)
    number = active.number if active else None
    if asked.seen_active is not None and (number or 0) != asked.seen_active:
        raise decision_errors.active_version_moved(name, asked.seen_active or None, number)
    declared = _declared(conn, dataset, active, asked)
    rebuild = sorted({found.accept for found in declared.findings if found.rebuild and found.accept})
    if rebuild and not asked.accepts_rebuild:
        raise decision_errors.rebuild_needed(name, declared.findings, rebuild)
    version = _make_active(conn, name, active, declared, asked)
    _remember(conn, name, version, declared)
    documents = [found.to_document() for found in declared.findings]
    detail = {"version": version, "former": number, "findings": documents, "rebuild": rebuild}
    declarations.audit(conn, name, actor=asked.actor, action="ddl", why=asked.why, **detail)
    return Change(
        dataset=name,
        version=version,
        former=number,
        ddl=spark_ddl(declared.schema),
        findings=documents,
        rebuild=rebuild,
        actor=asked.actor,
        why=asked.why,
    )


def _declared(conn: Connection, dataset: Dataset, active: Version | None, asked: Request) -> Declared:
    named = {*dataset.pk_fields, *dataset.order_by, *dataset.partition_keys, *dataset.event_id}
    schema = active.schema if active else Schema()
    try:
        return declare(
            schema,
            asked.operations,
            criteria_of(dataset),
            named={*named, dataset.event_time},
            tables=tables_of(conn, dataset.name),
        )
    except ImpossibleError as impossible:
        raise decision_errors.impossible_operation(dataset.name, str(impossible)) from impossible


def _make_active(
    conn: Connection, name: str, active: Version | None, declared: Declared, asked: Request
) -> int:
    """Return the number of the version with the declared schema; make it or bring it back."""
    known = registry.version_of(conn, name, declared.schema)
    if known is not None and known.status == "ACTIVE":
        return known.number
    if known is not None and known.status == "REJECTED":
        raise decision_errors.rejected_before(name, known.number)
    QUERIES.supersede_active(conn, dataset=name)
    values: dict[str, Any] = {
        "dataset": name,
        "status": "ACTIVE",
        "verdict": Verdict.NON_BREAKING.value,
        "findings": Jsonb([found.to_document() for found in declared.findings]),
        "base_version": active.number if active else None,
    }
    if known is not None:
        number = known.number
        QUERIES.judge_version_again(conn, version=number, **values)
    else:
        row = QUERIES.insert_version(
            conn,
            fingerprint=declared.schema.fingerprint,
            schema=Jsonb(declared.schema.to_document()),
            ddl=spark_ddl(declared.schema),
            columns=Jsonb(columns(declared.schema)),
            **values,
        )
        number = int(row["version"])
    who = {"actor": asked.actor, "why": asked.why}
    QUERIES.decide_version(conn, dataset=name, version=number, status="ACTIVE", **who)
    return number


def _remember(conn: Connection, name: str, version: int, declared: Declared) -> None:
    """Keep what was declared about fields, and forget the presence of those that were dropped."""
    place = {"dataset": name, "version": version}
    for pointer in declared.dropped:
        QUERIES.put_declared_field(conn, pointer=pointer, change="dropped", renamed_to=None, **place)
    for pointer, to in declared.renamed.items():
        QUERIES.put_declared_field(conn, pointer=pointer, change="renamed", renamed_to=to, **place)
    ledger = registry.ledger(conn, name)
    gone = [f"{pointer}/" for pointer in declared.dropped]
    kept = {at: known for at, known in ledger.items() if not any(f"{at}/".startswith(p) for p in gone)}
    if len(kept) != len(ledger):
        registry.put_ledger(conn, name, kept)
