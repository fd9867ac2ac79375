"""
Changes how records become rows: mode, keys, order. What is loaded already would have to be made anew.

Everything that the registry can tell speaks before Connect is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from metastore_sync import apply, fits, lease
from metastore_sync import registry as declarations
from metastore_sync.model import Dataset, Source
from metastore_sync.problem_codes import ProblemCode
from metastore_sync.settings import Settings
from metastore_sync.spelling import api_field
from schema_guard import decision_errors
from schema_guard.core.datatype import Array, Conflict, Double, Struct, Type
from schema_guard.core.ddl import spark_type
from schema_guard.edges import registry
from schema_guard.edges.registry import Connection
from schema_guard.rollback import check_not_blocked

_log = structlog.get_logger(__name__)

#: The fields that such a change may have.
FIELDS = ("mode", "pk_fields", "order_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redefinition:
    """
    What became of it.

    Attributes:
        revision: Of the dataset's declaration now.
        changes: Field, in the API's spelling → before and after.
        rebuild: The commands that the tables need before the next batch can be built; often none.
    """

    dataset: str
    revision: int
    changes: Mapping[str, Mapping[str, Any]]
    rebuild: list[str]
    actor: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def redefine(
    settings: Settings, wanted: Dataset, actor: str, why: str, *, accepts_rebuild: bool = False
) -> Redefinition:
    """
    Apply a dataset whose mode, keys or order changed.

    Raises:
        UsageError: The keys are no fields, or none that can be keys; or name or reason is empty.
        VerdictError: A batch awaits a decision, or the tables need a rebuild that was not accepted.
        BrokenError: Connect or Kafka is away; the declaration is as it was.
    """
    name = wanted.name
    decision_errors.check_decider(name, actor, why)
    with declarations.connect(settings) as conn:
        before = declarations.dataset(conn, name).dataset
        with lease.hold(conn, name, lease.this_holder("dml")):
            rebuild = _checked(conn, before, wanted, accepts_rebuild=accepts_rebuild)
            apply.apply(
                settings,
                [wanted],
                _log.info,
                source=Source.API,
                actor=actor,
                accepted=[ProblemCode.REBUILD_NEEDED],
            )
            changes = _changes(before, wanted)
            detail = {"changes": changes, "rebuild": rebuild}
            declarations.audit(conn, name, actor=actor, action="dml", why=why, **detail)
            revision = declarations.dataset(conn, name).revision
    return Redefinition(
        dataset=name, revision=revision, changes=changes, rebuild=rebuild, actor=actor, why=why
    )


def _checked(conn: Connection, before: Dataset, wanted: Dataset, *, accepts_rebuild: bool) -> list[str]:
    """Return the commands of the rebuild that the change needs, if that was accepted."""
    name = wanted.name
    with conn.transaction():
        check_not_blocked(conn, name)
    active = registry.active_version(conn, name)
    if active is not None:
        names = frozenset(field.name for field in active.schema.fields)
        types = {field.name: field.type for field in active.schema.fields}
        wrong = [*fits.lacking_fields(wanted, names, api_field), *_unfit(wanted, types)]
        if wrong:
            raise decision_errors.unfit_keys(name, wrong)
    batches = declarations.batch_counts(conn).get(name, 0)
    facts = list(fits.rebuilds(before, wanted, batches, api_field))
    if not facts:
        return []
    commands = [f"dbt run --full-refresh --select slv_{name}+"]
    if not accepts_rebuild:
        raise decision_errors.rows_made_anew(name, facts, commands)
    return commands


def _unfit(wanted: Dataset, types: Mapping[str, Type]) -> Iterator[str]:
    """Yield a fact for each field whose type gives no equal or ordered values."""
    for field in ("pk_fields", "order_by"):
        for name in getattr(wanted, field):
            given = types.get(name)
            is_key = field == "pk_fields"
            if isinstance(given, Struct | Array | Conflict) or (is_key and isinstance(given, Double)):
                held = "mixed values" if isinstance(given, Conflict) else spark_type(given)
                what = "cannot tell rows apart" if is_key else "has no order"
                yield f"{api_field(field)}: {name} is {held}, which {what}"


def _changes(before: Dataset, wanted: Dataset) -> dict[str, dict[str, Any]]:
    pairs = {field: (getattr(before, field), getattr(wanted, field)) for field in FIELDS}
    return {
        api_field(field): {"old": _plain(old), "new": _plain(new)}
        for field, (old, new) in pairs.items()
        if old != new
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value.value
