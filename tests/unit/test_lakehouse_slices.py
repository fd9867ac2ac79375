"""Cutting dbt's manifest: every model and test in the slice of its folder, marts told of their inputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakehouse import manifest_slice, mart_order, project_view, scaffold, slices
from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings

PARTS = Dataset(name="parts", kafka_topic="parts", mode=Mode.UPSERT, owner="x: y", pk_fields=("id",))
LINES = replace(PARTS, name="lines", kafka_topic="lines", pk_fields=("id", "batch_id"))
CLICKS = replace(PARTS, name="clicks", kafka_topic="clicks", mode=Mode.APPEND, event_id=("id",))
PRICES = replace(PARTS, name="prices", kafka_topic="prices", mode=Mode.HISTORY, event_time="at")


def node(kind: str, path: str, *parents: str) -> dict[str, Any]:
    """A manifest node of `folder/…/name`; parents are names of models."""
    *folders, name = path.split("/")
    return {
        "unique_id": f"{kind}.tidegate.{name}",
        "name": name,
        "resource_type": kind,
        "package_name": "tidegate",
        "original_file_path": f"models/{path}.sql",
        "fqn": ["tidegate", *folders, name],
        "tags": [],
        "config": {"materialized": "table", "pre-hook": "not kept"},
        "depends_on": {"nodes": [f"model.tidegate.{parent}" for parent in parents]},
        "checksum": {"name": "sha256", "checksum": name},
    }


def manifest(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {"project_name": "tidegate"},
        "nodes": {each["unique_id"]: each for each in nodes},
    }


WHOLE = manifest(
    node("model", "orders/brz_orders"),
    node("model", "orders/slv_orders", "brz_orders"),
    node("test", "orders/unique_slv_orders", "slv_orders"),
    node("model", "flights/slv_flights"),
    node("model", "marts/sales/agg_orders_daily", "slv_orders"),
    node("model", "marts/board/agg_demand", "agg_orders_daily", "slv_flights"),
    node("test", "marts/sales/same_orders", "agg_orders_daily", "slv_orders"),
)


def heads() -> dict[str, dict[str, Any]]:
    return {name: part["tidegate"] for name, part in slices.cut(WHOLE).items()}


def test_a_folder_is_a_slice_with_its_models_and_their_tests() -> None:
    parts = slices.cut(WHOLE)

    assert sorted(parts) == ["flights", "marts.board", "marts.sales", "orders"]
    assert list(parts["orders"]["nodes"]) == [
        "model.tidegate.brz_orders",
        "model.tidegate.slv_orders",
        "test.tidegate.unique_slv_orders",
    ]


def test_a_test_across_two_slices_is_in_neither() -> None:
    held = {uid for part in slices.cut(WHOLE).values() for uid in part["nodes"]}

    assert "test.tidegate.same_orders" not in held


def test_a_slice_names_what_it_reads_from_others() -> None:
    found = {name: head["inputs"] for name, head in heads().items()}

    assert found == {
        "orders": [],
        "flights": [],
        "marts.sales": ["tidegate://orders/receipt"],
        "marts.board": ["tidegate://flights/receipt", "tidegate://marts/sales"],
    }


def test_an_edited_model_changes_the_hash_of_its_slice_alone() -> None:
    before = {name: head["content_hash"] for name, head in heads().items()}
    edited = manifest(*(dict(each) for each in WHOLE["nodes"].values()))
    edited["nodes"]["model.tidegate.slv_orders"]["checksum"] = {"checksum": "edited"}
    after = {name: part["tidegate"]["content_hash"] for name, part in slices.cut(edited).items()}

    assert [name for name in before if before[name] != after[name]] == ["orders"]


@pytest.mark.parametrize(
    ("fresh", "order"),
    [
        ({"orders"}, ["marts.sales", "marts.board"]),
        ({"flights"}, ["marts.board"]),
        ({"parts"}, []),
        (set(), []),
    ],
    ids=["through another area, inputs first", "directly", "read by none", "nothing new"],
)
def test_areas_are_built_when_something_they_read_is_new(fresh: set[str], order: list[str]) -> None:
    areas = [
        manifest_slice.Slice(
            name=name,
            path=Path(name),
            select=name,
            content_hash="",
            inputs=tuple(head["inputs"]),
            models=(),
        )
        for name, head in heads().items()
        if name.startswith("marts.")
    ]

    assert mart_order.readers(areas, fresh) == order


def test_the_project_and_a_scaffolded_dataset_are_cut_without_any_connection(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path, thrift="127.0.0.1:9")
    for dataset in (PARTS, LINES, CLICKS, PRICES):
        scaffold.write(dataset, settings.scaffold_folder / dataset.name)

    written = {path.stem for path in slices.write(settings)}

    assert {"orders", "flights", "parts", "lines", "clicks", "prices"} <= written
    assert manifest_slice.read(settings, "parts").models == (
        *("brz_parts", "slv_parts", "slv_parts_current"),
    )
    assert manifest_slice.read(settings, "prices").models == (
        *("brz_prices", "slv_prices", "slv_prices_current", "slv_prices_h"),
    )
    assert slices.write(settings) == []


def test_a_model_that_does_not_parse_leaves_every_slice_as_it_was(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, thrift="127.0.0.1:9")
    written = slices.write(settings)
    before = [path.read_bytes() for path in written]
    folder = settings.scaffold_folder / "broken"
    folder.mkdir(parents=True)
    (folder / "slv_broken.sql").write_text("select {{ 1", encoding="utf-8")

    with pytest.raises(BrokenError, match="dbt cannot parse the project") as error:
        slices.write(settings)

    assert "slv_broken" in str(error.value)
    assert [path.read_bytes() for path in written] == before


def test_scaffolding_never_overwrites(tmp_path: Path) -> None:
    scaffold.write(PARTS, tmp_path)
    (tmp_path / "slv_parts.sql").write_text("-- mine", encoding="utf-8")

    with pytest.raises(UsageError, match="exist already"):
        scaffold.write(PARTS, tmp_path)

    assert (tmp_path / "slv_parts.sql").read_text(encoding="utf-8") == "-- mine"


def test_the_view_follows_the_scaffolded_files(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    [held, *_] = scaffold.write(PARTS, settings.scaffold_folder / "parts")
    view = project_view.refresh(settings) / "scaffolded" / "parts"
    before = sorted(path.name for path in view.iterdir())
    held.unlink()

    project_view.refresh(settings)

    assert len(before) == 6
    assert held.name not in {path.name for path in view.iterdir()}
    assert (project_view.path(settings) / "dbt_project.yml").exists()
