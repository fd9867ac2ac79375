"""The tables of the target `prod` that belong to a dataset or a mart area, and what gold stands on."""

from __future__ import annotations

from collections.abc import Iterable

from lakehouse import manifest_slice, rule_rejects, spark
from lakehouse.manifest_slice import asset_uri
from lakehouse.spark_sql import statement
from metastore_sync.settings import Settings

#: First letters of a model's name → the schema of its table in the target `prod`.
LAYERS = {"brz": "bronze", "slv": "silver", "dim": "gold", "fct": "gold", "agg": "gold"}


def tables(settings: Settings, lake: spark.Session, name: str) -> list[str]:
    """Return the tables of a dataset's or area's models that exist, bronze first; views have no files."""
    own = {f"brz_{name}", f"slv_{name}", rule_rejects.table_of(name)}
    return _existing(lake, own | _models(settings, name))


def followed(settings: Settings, lake: spark.Session, name: str) -> frozenset[int]:
    """Return the snapshots, of whichever tables, that gold made from a dataset or an area stands on."""
    readers = [area for area in manifest_slice.marts(settings) if _reads(settings, area, name)]
    models = set().union(*(_models(settings, one) for one in (name, *readers)))
    gold = [table for table in _existing(lake, models) if table.startswith("gold.")]
    rows = lake.rows(statement("followed", tables=gold)) if gold else []
    return frozenset(row["snapshot_id"] for row in rows if row["snapshot_id"] is not None)


def _reads(settings: Settings, area: str, name: str) -> bool:
    return asset_uri(name) in manifest_slice.read(settings, area).inputs


def _models(settings: Settings, name: str) -> set[str]:
    has_slice = manifest_slice.path_of(settings, name).exists()
    return set(manifest_slice.read(settings, name).models) if has_slice else set()


def _existing(lake: spark.Session, models: Iterable[str]) -> list[str]:
    found = []
    for layer in dict.fromkeys(LAYERS.values()):
        named = [model for model in sorted(models) if LAYERS.get(model.split("_")[0]) == layer]
        held = lake.tables(layer) if named else set()
        found += [f"{layer}.{model}" for model in named if model in held]
    return found
