"""What every model of the repository must say of itself."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from metastore_sync.settings import PROJECT

MODELS = PROJECT / "dbt_project/models"
YAMLS = {path: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(MODELS.rglob("*.yml"))}
NODES: dict[str, dict[str, Any]] = {
    node["name"]: node for described in YAMLS.values() for node in described.get("models", [])
}
GOLD = [name for name in NODES if name.split("_")[0] in {"dim", "fct", "agg"}]
SHARED = {"customer_key", "order_key", "processed_at", "generated_at", "revenue"}
STAR = ["agg_revenue_daily", "dim_customers", "dim_customers_h", "fct_lineitems", "fct_orders"]
#: A day that silver has no value for is a group of its own, so the day may be null.
NULLABLE_GRAIN = {"agg_orders_daily", "agg_flights_daily", "agg_revenue_daily"}


def test_every_model_is_described() -> None:
    assert sorted(NODES) == sorted(path.stem for path in MODELS.rglob("*.sql"))
    assert sorted(path.stem for path in (MODELS / "marts/sales").glob("*.sql")) == STAR


@pytest.mark.parametrize("name", GOLD)
def test_gold_has_a_contract_and_both_clocks(name: str) -> None:
    node = NODES[name]
    columns = {column["name"]: column for column in node["columns"]}

    assert node["config"]["contract"] == {"enforced": True}
    assert all(column.get("data_type") and column.get("description") for column in columns.values())
    assert {"processed_at", "generated_at"} <= columns.keys()
    if name not in NULLABLE_GRAIN:
        for key in node["config"]["meta"]["grain"]:
            assert {"type": "not_null"} in columns[key].get("constraints", []), key


def test_the_star_schema_is_exposed_and_its_shared_columns_have_docs_blocks() -> None:
    exposures = yaml.safe_load((MODELS / "marts/sales/exposures.yml").read_text(encoding="utf-8"))[
        "exposures"
    ]
    read = {reference for exposure in exposures for reference in exposure["depends_on"]}
    assert {f"ref('{name}')" for name in STAR} <= read
    for name in STAR:
        columns = {column["name"]: column["description"] for column in NODES[name]["columns"]}
        for shared in columns.keys() & {
            "customer_key",
            "order_key",
            "processed_at",
            "generated_at",
            "revenue",
        }:
            assert columns[shared] == f"{{{{ doc('{shared}') }}}}", f"{name}.{shared}"


def test_every_dataset_says_how_fresh_it_must_be() -> None:
    tables = [
        table
        for described in YAMLS.values()
        for source in described.get("sources", [])
        for table in source["tables"]
    ]
    assert sorted(table["name"] for table in tables) == sorted(
        path.name for path in MODELS.iterdir() if path.name != "marts"
    )
    for table in tables:
        assert f"dataset = '{table['name']}'" in table["config"]["loaded_at_query"]
        assert table["config"]["freshness"].keys() == {"warn_after", "error_after"}
