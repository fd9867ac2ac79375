"""The DAG files against snapshot and slices: one DAG per dataset, each standing on its own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

Parse = Callable[[], Any]
MAINTENANCE = "tidegate.maintenance"


def test_every_dataset_has_one_dag_and_every_area_too(parse: Parse, deployment: Any) -> None:
    bag = parse()

    assert bag.import_errors == {}
    assert sorted(bag.dags) == sorted([*deployment.datasets, deployment.area, MAINTENANCE])


def test_a_dataset_is_guarded_then_built_model_by_model_then_proven(parse: Parse) -> None:
    dag = parse().dags["orders"]

    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        "guard": ["backfill", "models.brz_orders"],
        "models.brz_orders": ["models.slv_orders"],
        "models.slv_orders": ["receipt"],
        "receipt": [],
        "backfill": [],
    }


@pytest.mark.parametrize(
    "params",
    [
        {"start_date": "2026-11-20", "end_date": "2026-11-21"},
        {"start_date": "2026-11-20", "end_date": None},
    ],
    ids=["a window", "half a window, which the task refuses"],
)
def test_a_run_with_dates_is_one_backfill(parse: Parse, params: dict[str, Any]) -> None:
    dag = parse().dags["orders"]
    guard = dag.get_task("guard")

    assert {name: param.value for name, param in dag.params.items()} == dict.fromkeys(params)
    assert guard.python_callable("orders", params=params, task=guard) == ["backfill"]


def test_an_area_is_built_once_its_inputs_exist_and_then_told_on(parse: Parse, deployment: Any) -> None:
    dag = parse().dags[deployment.area]

    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        "inputs_exist": ["models.agg_daily"],
        "models.agg_daily": ["published"],
        "published": [],
    }


def test_one_run_of_a_dataset_at_a_time_and_spark_through_its_pool(parse: Parse) -> None:
    dag = parse().dags["orders"]
    pools = {task.task_id: task.pool for task in dag.tasks}

    assert (dag.max_active_runs, dag.catchup, dag.schedule) == (1, False, "@hourly")
    assert pools.pop("guard") == "default_pool"
    assert set(pools.values()) == {"spark"}


def test_what_broke_is_tried_twice_more_and_then_the_owner_is_told(parse: Parse) -> None:
    for task in parse().dags["orders"].tasks:
        assert (task.retries, task.owner) == (2, "orders-team")
        assert [told.__name__ for told in task.on_failure_callback] == ["tell_owner"]


def test_the_receipt_tells_the_marts_that_read_the_dataset(parse: Parse, deployment: Any) -> None:
    dags = parse().dags
    told = {asset.uri for asset in dags["orders"].get_task("receipt").outlets}
    heard = {asset.uri for asset in dags[deployment.area].schedule.objects}

    assert told == {"tidegate://orders/receipt"}
    assert heard == {"tidegate://orders/receipt", "tidegate://flights/receipt"}


def test_every_dataset_and_area_is_maintained_daily_through_sparks_pool(
    parse: Parse, deployment: Any
) -> None:
    dag = parse().dags[MAINTENANCE]

    assert sorted(dag.task_ids) == sorted([*deployment.datasets, deployment.area])
    assert {(task.pool, task.retries) for task in dag.tasks} == {("spark", 1)}
    assert dag.get_task("orders").owner == "orders-team"
    assert (dag.schedule, dag.catchup, dag.max_active_runs) == ("17 3 * * *", False, 1)


def test_a_broken_slice_is_its_own_dags_matter(parse: Parse, deployment: Any) -> None:
    (deployment.home / "manifests" / "orders.json").write_text("{", encoding="utf-8")

    bag = parse()

    assert bag.import_errors == {}
    assert [task.task_id for task in bag.dags["orders"].tasks] == ["broken"]
    assert "orders: its manifest slice cannot be read" in bag.dags["orders"].doc_md
    assert len(bag.dags["flights"].tasks) == 5


def test_a_slice_that_was_edited_by_hand_is_not_run(parse: Parse, deployment: Any) -> None:
    path = deployment.home / "manifests" / "orders.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["nodes"].pop("model.tidegate.brz_orders")
    path.write_text(json.dumps(document), encoding="utf-8")

    assert [task.task_id for task in parse().dags["orders"].tasks] == ["broken"]


def test_a_dataset_registered_a_moment_ago_has_no_dag_until_it_has_models(
    parse: Parse, deployment: Any
) -> None:
    deployment.registry(deployment.entry("orders"), deployment.entry("parts"), age=timedelta(seconds=5))
    fresh = sorted(parse().dags)
    deployment.registry(deployment.entry("orders"), deployment.entry("parts"), age=timedelta(hours=1))
    stale = parse().dags

    assert fresh == sorted([deployment.area, "orders", MAINTENANCE])
    assert [task.task_id for task in stale["parts"].tasks] == ["broken"]


def test_a_paused_dataset_keeps_its_dag_without_schedule_and_a_retired_one_has_none(
    parse: Parse, deployment: Any
) -> None:
    deployment.registry(
        deployment.entry("orders", state="PAUSED"), deployment.entry("flights", state="RETIRED")
    )

    dags = parse().dags

    assert dags["orders"].schedule is None
    assert "flights" not in dags


def test_a_change_of_one_dataset_leaves_the_others_dags_as_they_were(parse: Parse, deployment: Any) -> None:
    before = {name: dag.doc_md for name, dag in parse().dags.items()}
    changed = deployment.pipeline()
    changed["nodes"]["model.tidegate.slv_orders"]["checksum"]["checksum"] = "edited"
    deployment.slices(changed)

    after = {name: dag.doc_md for name, dag in parse().dags.items()}

    assert [name for name in before if before[name] != after[name]] == ["orders"]


def test_no_secret_is_in_a_dag(parse: Parse, deployment: Any) -> None:
    from airflow.serialization.serialized_objects import DagSerialization  # noqa: PLC0415

    (deployment.home / "env").write_text("TIDEGATE_S3_SECRET_KEY=not-to-be-seen\n", encoding="utf-8")

    texts = [json.dumps(DagSerialization.to_dict(dag)) for dag in parse().dags.values()]

    assert not [text for text in texts if "not-to-be-seen" in text or "a key of this" in text]


def test_the_dag_files_are_short_and_say_the_words_airflow_looks_for(deployment: Any) -> None:
    for name in ("datasets.py", "marts.py", "maintenance.py"):
        text = (deployment.dags / name).read_text(encoding="utf-8")

        assert len(text.splitlines()) <= 40
        assert "dag" in text.lower()
        assert "airflow" in text.lower()


def test_a_hundred_datasets_parse_within_the_dag_processors_time(parse: Parse, deployment: Any) -> None:
    names = tuple(f"d{number:03d}" for number in range(100))
    parse()  # imports are paid once per process
    deployment.registry(*(deployment.entry(name) for name in names))
    deployment.slices(deployment.pipeline((*deployment.datasets, *names)))
    started = time.monotonic()

    bag = parse()

    assert len(bag.dags) == 102
    assert time.monotonic() - started < 20
