"""What `apply` would change and what speaks against it; planning changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

from metastore_sync import capture, drift, hand_over, layout_plan, render, scene, validation
from metastore_sync.changes import CapturePlan, Change, DatasetPlan, Plan, Problem, changes_between
from metastore_sync.checks import CHECKS, OF_ANY_SINK
from metastore_sync.connect_api import ConnectApi
from metastore_sync.connectors import hidden
from metastore_sync.declared import Declared
from metastore_sync.drift import Comparison
from metastore_sync.model import Dataset, DatasetState, Source, to_document
from metastore_sync.problem_codes import ProblemCode, Severity
from metastore_sync.registry import DatasetRow
from metastore_sync.running import expected_tasks
from metastore_sync.scene import Candidate, Scene
from metastore_sync.settings import Settings

#: Datasets whose configs the worker validates at once; each validation asks bucket and brokers.
_AT_ONCE = 8


def plan(settings: Settings, datasets: Iterable[Dataset | Declared], *, source: Source = Source.FILE) -> Plan:
    """
    Compare declared datasets with the registry, Connect, Kafka and the folders of models.

    Args:
        settings: Where the parts are.
        datasets: Datasets, or datasets with their way in where it is not `source`.
        source: The way in of those that come without one.

    Raises:
        BrokenError: PostgreSQL, Connect or Kafka is away. What is wrong with a dataset is in its plan.
    """
    wanted = [d if isinstance(d, Declared) else Declared(d, source) for d in datasets]
    seen = scene.look(settings)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return Plan(tuple(pool.map(lambda declared: of_one(seen, declared), wanted)))


def of_one(seen: Scene, declared: Declared) -> DatasetPlan:
    """Compare one dataset with what was seen."""
    row = seen.rows.get(declared.dataset.name)
    if declared.source is Source.CONNECT and row:
        return _adopted(seen, row)
    if declared.dataset.landing.is_foreign:
        return _of_another_sink(seen, declared, row)
    return _managed(seen, declared, row)


def _of_another_sink(seen: Scene, declared: Declared, row: DatasetRow | None) -> DatasetPlan:
    """Plan a dataset that has no connector of ours: what the other sink wrote is looked at instead."""
    dataset, name = declared.dataset, render.connector_name(declared.dataset.name)
    this = Candidate(dataset=dataset, source=declared.source, row=row, connector_name=name, config={})
    found = [problem for check in OF_ANY_SINK for problem in check(seen, this)]
    landing, wrong = layout_plan.look(seen.settings, dataset)
    found += wrong
    if row:
        found += layout_plan.change_of_layout(row.dataset, dataset)
    return DatasetPlan(
        dataset=dataset,
        source=declared.source,
        is_new=row is None,
        registry=declaration_changes(dataset, row, declared.source),
        connector=(),
        connector_name=name,
        dag_appears=dataset.name not in seen.dags,
        to_scaffold=_models_to_scaffold(seen.settings, dataset.name),
        landing=landing,
        problems=_of(found, Severity.REFUSES),
        warnings=_of(found, Severity.WARNS),
    )


def _managed(seen: Scene, declared: Declared, row: DatasetRow | None) -> DatasetPlan:
    dataset = declared.dataset
    config = render.sink_config(dataset, seen.settings)
    this = Candidate(
        dataset=dataset, source=declared.source, row=row, connector_name=config["name"], config=config
    )
    compared = _compared(seen, this)
    is_retired = row is not None and row.state is DatasetState.RETIRED
    found = [] if is_retired else [problem for check in CHECKS for problem in check(seen, this)]
    if declared.is_orphan:
        fact = f"no file declares it any more; its connector {config['name']} and its tables go on"
        found.append(Problem(ProblemCode.FILE_GONE, fact, f"tidegate retire {dataset.name}"))
    codes = {problem.code for problem in found}
    landing: tuple[str, ...] = ()
    if row and row.dataset.landing.is_foreign and not found:
        taken_over = hand_over.find(seen.settings, row.dataset)
        landing = taken_over.lines()
        found += taken_over.problems(dataset.name)
    differs = bool(compared.changes or compared.drift)
    if differs and not codes & {ProblemCode.PLUGIN_MISSING, ProblemCode.DLQ_IS_INPUT}:
        found += validation.problems(seen, this)
    captured = None if is_retired else _captured(seen, dataset)
    if captured:
        found += (Problem(ProblemCode.TABLE_NOT_CAPTURED, *told) for told in captured.problems)
    return DatasetPlan(
        dataset=dataset,
        source=declared.source,
        is_new=row is None,
        registry=() if is_retired else declaration_changes(dataset, row, declared.source),
        connector=compared.changes,
        drift=compared.drift,
        connector_name=config["name"],
        tasks=expected_tasks(config, seen.topics.partitions.get(dataset.kafka_topic, 1)),
        dag_appears=not is_retired and dataset.name not in seen.dags,
        to_scaffold=_models_to_scaffold(seen.settings, dataset.name),
        landing=landing,
        problems=_of(found, Severity.REFUSES),
        warnings=_of(found, Severity.WARNS),
        capture=captured,
    )


def _captured(seen: Scene, dataset: Dataset) -> CapturePlan | None:
    configs = {name: connector.config for name, connector in seen.connectors.items()}
    return capture.plan(seen.settings, ConnectApi(seen.settings), dataset, configs)


def _compared(seen: Scene, this: Candidate) -> Comparison:
    """Return declared against last applied against running; the registry may be older than its memory."""
    row = this.row if this.row and this.row.source is not Source.CONNECT else None
    if row and row.dataset.landing.is_foreign:
        row = None
    held = seen.held.get(this.dataset.name)
    applied: Mapping[str, str] | None = held.applied if held and row else None
    if applied is None and row:
        applied = hidden(render.sink_config(row.dataset, seen.settings))
    state = this.row.state if this.row else DatasetState.OK
    return drift.compare(this.config, applied, seen.connectors.get(this.connector_name), state)


def _adopted(seen: Scene, row: DatasetRow) -> DatasetPlan:
    """Return what the registry would follow; Connect wins, so there is nothing to apply."""
    name, held = seen.connector_of(row), seen.held.get(row.dataset.name)
    connector = seen.connectors.get(name)
    gone = connector is None and row.state is not DatasetState.RETIRED
    fact = f"connector {name} was deleted through Connect REST; dataset, landed objects and tables stay"
    again = f"PUT the connector again, or: tidegate retire {row.dataset.name}"
    return DatasetPlan(
        dataset=row.dataset,
        source=row.source,
        is_new=False,
        registry=(),
        connector=(),
        drift=drift.followed(held.applied if held else None, connector, row.state),
        connector_name=name,
        warnings=(Problem(ProblemCode.CONNECTOR_GONE, fact, again),) if gone else (),
    )


def _of(found: Iterable[Problem], severity: Severity) -> tuple[Problem, ...]:
    return tuple(problem for problem in found if problem.severity is severity)


def declaration_changes(dataset: Dataset, row: DatasetRow | None, source: Source) -> tuple[Change, ...]:
    """Return what applying a dataset would change of its registry row; a contract is told in a few words."""
    old = to_document(row.dataset) | {"source": row.source.value} if row else {}
    new = to_document(dataset) | {"source": source.value}
    return changes_between(_texts(old), _texts(new))


def _texts(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that say something, as people read them."""
    found: dict[str, str] = {}
    for key, value in document.items():
        match value:
            case dict() if key == "contract":
                found |= {key: _contract(value)} if value else {}
            case dict():
                found |= {f"{key}.{inner}": str(text) for inner, text in value.items() if text != {}}
            case list():
                found |= {key: ", ".join(value)} if value else {}
            case _:
                found |= {key: str(value)} if value != "" else {}
    return found


def _contract(document: Mapping[str, Any]) -> str:
    """Return a contract in a few words that change whenever it does."""
    digest = sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:12]
    return f"{len(document.get('properties', ()))} properties, sha256 {digest}"


def _models_to_scaffold(settings: Settings, name: str) -> tuple[str, ...]:
    folders: list[Path] = [
        settings.dbt_project / "models" / name,
        settings.scaffold_folder / name,
    ]
    if any(folder.is_dir() and any(folder.glob("*.sql")) for folder in folders):
        return ()
    return (f"brz_{name}.sql", f"slv_{name}.sql")
