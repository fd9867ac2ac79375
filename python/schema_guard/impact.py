"""Which dbt models and columns read a field: followed from silver through every model behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import silver_names
from schema_guard.affected import Affected
from schema_guard.core.kinds import names
from schema_guard.core.schema import Schema
from schema_guard.lineage import PAYLOAD, LineageError, Reading, read

#: Columns of the records themselves: silver has them behind the payload's.
RECORD_COLUMNS = (
    *("event_time", "ingested_at", "is_late_arrival", "is_beyond_lateness", "topic_id", "generation"),
    *("kafka_partition", "kafka_offset", "kafka_timestamp", "schema_version", "batch_id", "is_deleted"),
    *("tombstones", "contenders", "is_duplicate", "valid_from", "valid_to", "is_current"),
)


@dataclass(frozen=True, slots=True)
class Model:
    """One model of dbt's manifest; `sql` is its compiled SQL, None when it was never built."""

    name: str
    relation: str
    file: str
    reads: tuple[str, ...]
    sql: str | None


def of_pointers(
    settings: Settings, dataset: Dataset, schema: Schema | None, pointers: Iterable[str]
) -> dict[str, list[Affected]]:
    """
    Return the models that read each field, in order of building; empty before the first build.

    Args:
        settings: Where dbt's artifacts are: those of the last build in production.
        dataset: Whose payload the pointers are of.
        schema: The ACTIVE version: what columns silver has.
        pointers: JSON pointers; a model that reads the top-level field reads what lies below it.
    """
    models = load(settings.home / "dbt" / "prod")
    fields = {pointer: names(pointer)[0] for pointer in pointers if pointer.startswith("/")}
    by_field = {field: affected(models, dataset.name, schema, field) for field in set(fields.values())}
    return {pointer: by_field[field] for pointer, field in fields.items()}


def load(folder: Path) -> list[Model]:
    """Return the models of a dbt target folder, each after those it reads; none without a manifest."""
    path = folder / "manifest.json"
    if not path.exists():
        return []
    manifest = json.loads(path.read_text(encoding="utf-8"))
    project = manifest["metadata"]["project_name"]
    nodes = {uid: node for uid, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    reads = {uid: [r for r in node["depends_on"]["nodes"] if r in nodes] for uid, node in nodes.items()}
    return [
        Model(
            name=nodes[uid]["name"],
            relation=_relation(nodes[uid]),
            file=nodes[uid]["original_file_path"],
            reads=tuple(_relation(nodes[other]) for other in reads[uid]),
            sql=_compiled(folder / "compiled" / project / nodes[uid]["original_file_path"]),
        )
        for uid in TopologicalSorter(reads).static_order()
    ]


def affected(models: Sequence[Model], dataset: str, schema: Schema | None, field: str) -> list[Affected]:
    """
    Return the models that a change of one top-level field reaches, in order of building.

    Args:
        models: Each after those it reads.
        dataset: Whose payload the field is of.
        schema: The ACTIVE version; None before the first.
        field: Its name in the payload.
    """
    payload = f"{PAYLOAD}.{dataset}"
    columns = [silver_names.column(known.name) for known in schema.fields] if schema else []
    relations = {payload: tuple(dict.fromkeys([*columns, silver_names.column(field), *RECORD_COLUMNS]))}
    reached = {payload: frozenset({silver_names.column(field)})}
    found: list[Affected] = []
    # Bronze holds the payload whole, as text: no change of a field reaches it.
    for model in (model for model in models if model.relation != f"bronze.brz_{dataset}"):
        reads_any = _follow(model, relations, reached, dataset, field)
        if reads_any is not None:
            found.append(reads_any)
    return found


def _follow(
    model: Model,
    relations: dict[str, tuple[str, ...]],
    reached: dict[str, frozenset[str]],
    dataset: str,
    field: str,
) -> Affected | None:
    """Add what a model reads and gives on to what is known; return it when the change reaches it."""
    comes_near = bool(reached.keys() & set(model.reads)) or _is_of(model, dataset)
    if model.sql is None:
        return _unsure(model, relations, reached, "it was never built") if comes_near else None
    given = dict(reached)
    if _is_of(model, dataset) and re.search(rf"\b{re.escape(field)}\b", model.sql):
        given[f"bronze.brz_{dataset}"] = frozenset({"value"})
    try:
        reading = read(model.sql, relations, given)
    except LineageError as error:
        return _unsure(model, relations, reached, str(error)) if comes_near else None
    relations[model.relation] = reading.output
    if not reading.is_any:
        return None
    reached[model.relation] = frozenset(reading.columns)
    return _affected(model, reading)


def _affected(model: Model, reading: Reading) -> Affected:
    return Affected(model.name, model.file, reading.columns, reading.in_conditions)


def _unsure(
    model: Model,
    relations: dict[str, tuple[str, ...]],
    reached: dict[str, frozenset[str]],
    why: str,
) -> Affected:
    """Take every column of a model that cannot be followed for reached: rather one name too many."""
    known = frozenset(column for relation in model.reads for column in relations.get(relation, ()))
    relations.setdefault(model.relation, tuple(sorted(known)))
    reached[model.relation] = known
    return Affected(model.name, model.file, unsure=why)


def _is_of(model: Model, dataset: str) -> bool:
    """Return whether a model reads the dataset's bronze, where every field lies in one text."""
    return f"bronze.brz_{dataset}" in model.reads


def _relation(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['alias']}".lower()


def _compiled(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
