"""Commands about a schema against a real registry: what is declared, checked, told, by which exit code."""

from __future__ import annotations

import gzip
import io
import json
import sys
from dataclasses import replace

import pytest
import stamina
from fastapi.testclient import TestClient

from metastore_sync import registry
from schema_guard import owner_notice, report
from schema_guard.check import check
from tidegate import service
from tidegate.cli import execute

NOWHERE = "127.0.0.1:1"
BY = ["--why", "release 15", "--actor", "ann"]
MANIFEST = {"metadata": {"project_name": "shop"}, "nodes": {}}
#: Models as dbt compiled them, each reading the one before: a macro's star, a CTE with an alias, a filter.
MODELS = {
    "silver.slv_orders": 'select * from ( /* tidegate {"dataset": "orders"} */ select 1)',
    "gold.agg_areas": "with a as (select zip as area from silver.slv_orders) select area, 1 as one from a",
    "gold.agg_north": "select count(*) as orders from gold.agg_areas where area < '2'",
}


@pytest.fixture
def tidegate(orders, monkeypatch, capsys):
    """Give the command as a shell has it: a dataset with one version; Kafka and Connect are away."""
    orders.land({"id": 1, "zip": 10115})
    check(orders.settings, "orders")
    away = {"TIDEGATE_KAFKA_BOOTSTRAP": NOWHERE, "TIDEGATE_CONNECT_URL": f"http://{NOWHERE}"}
    for name, value in {**orders.environment(), **away}.items():
        monkeypatch.setenv(name, value)

    def run(*words):
        code = execute(list(words))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def versions(world):
    return world.rows("select version, status, ddl from registry.schema_version order by version")


def test_a_declared_column_is_active_before_it_arrives(orders, tidegate):
    code, out, _ = tidegate("schema", "ddl", "orders", "add /coupon string", *BY)

    assert code == 0
    assert out.splitlines()[0] == "orders: version 1 → 2 is ACTIVE, by ann: release 15"
    assert [row["status"] for row in versions(orders)] == ["SUPERSEDED", "ACTIVE"]
    orders.land({"id": 2, "zip": 10115, "coupon": "x"})
    assert check(orders.settings, "orders")[0].findings == ()
    assert orders.value("select actor from registry.audit_log where action = 'ddl'") == "ann"


def test_operations_are_told_as_json_in_order(orders, tidegate):
    words = ("add /coupon string", "drop /zip")
    code, out, _ = tidegate("schema", "ddl", "orders", *words, *BY, "--json")

    told = json.loads(out)
    assert (code, told["former"], told["version"]) == (0, 1, 2)
    orders.land({"id": 2, "coupon": "x"})
    assert check(orders.settings, "orders")[0].verdict == "NONE"


def test_a_rebuild_must_be_accepted(orders, tidegate):
    asked = ("schema", "ddl", "orders", "widen /zip string", *BY)
    code, out, err = tidegate(*asked)

    assert (code, out) == (1, "")
    assert "--accept-rebuild" in err
    assert [row["version"] for row in versions(orders)] == [1]
    assert tidegate(*asked, "--accept-rebuild")[0] == 0
    assert versions(orders)[-1]["ddl"] == "`id` bigint, `zip` string"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["ddl", "orders", "drop /nothing", *BY], 64, "there is no /nothing"),
        (["ddl", "nowhere", "drop /zip", *BY], 64, "nowhere"),
        (["dml", "orders", *BY], 64, "say what changes"),
        (["dml", "orders", "--mode", "sideways", *BY], 64, "mode"),
        (["dml", "orders", "--mode", "upsert", "--pk-fields", "key", *BY], 64, "no field key"),
        (["dml", "orders", "--mode", "upsert", "--pk-fields", "id", *BY], 1, "append → upsert after 1 batch"),
    ],
)
def test_what_cannot_be_declared_changes_nothing(orders, tidegate, words, code, said):
    told = tidegate("schema", *words)

    assert told[:2] == (code, "")
    assert said in told[2]
    assert len(versions(orders)) == 1
    assert orders.value("select count(*) from registry.dataset_revision") == 1


def test_other_keys_are_applied_like_any_change_and_broken_parts_are_told(orders, tidegate):
    stamina.set_active(False)
    try:
        words = ("--mode", "upsert", "--pk-fields", "id", "--accept-rebuild")
        code, _, err = tidegate("schema", "dml", "orders", *words, *BY)
    finally:
        stamina.set_active(True)

    assert code == 2
    assert NOWHERE in err
    with registry.connect(orders.settings) as conn:
        assert registry.dataset(conn, "orders").dataset.mode == "append"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('{"id": 2, "zip": 1, "coupon": "x"}\n', (0, "NON_BREAKING")),
        ('{"id": 2, "zip": "N1"}\n', (1, "BREAKING")),
        ('{"id": 2, "zip": 1}\n{"id": ', (1, "NONE")),
    ],
)
def test_a_producer_asks_before_they_ship(orders, tidegate, tmp_path, lines, expected):
    sample = tmp_path / "sample.ndjson"
    sample.write_text(lines)

    told = tidegate("schema", "check", "orders", str(sample), "--json")

    assert (told[0], json.loads(told[1])["verdict"]) == expected
    assert orders.value("select count(*) from registry.batch") == len(versions(orders)) == 1


@pytest.mark.parametrize("is_piped", [False, True])
def test_a_sample_may_be_packed_or_piped(orders, tidegate, tmp_path, monkeypatch, is_piped):
    packed = gzip.compress(b'{"id": 2, "zip": "N1"}\n{"id": 3, "zip": "\xff"}\n')
    sample = tmp_path / "sample.ndjson.gz"
    sample.write_bytes(packed)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))

    code, told, _ = tidegate("schema", "check", "orders", "-" if is_piped else str(sample), "--json")

    assert (code, json.loads(told)["verdict"]) == (1, "BREAKING")
    assert [(p["line"], p["error_type"]) for p in json.loads(told)["rejected"]] == [(2, "NOT_UTF8")]


def compiled(home):
    """Write what a build leaves behind."""
    folder = home / "dbt" / "prod"
    nodes, last = {}, []
    for relation, sql in MODELS.items():
        schema, name = relation.split(".")
        path = folder / "compiled/shop/models" / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql)
        nodes[f"model.shop.{name}"] = {
            "resource_type": "model",
            "name": name,
            "schema": schema,
            "alias": name,
            "original_file_path": f"models/{name}.sql",
            "depends_on": {"nodes": last},
        }
        last = [f"model.shop.{name}"]
    (folder / "manifest.json").write_text(json.dumps({**MANIFEST, "nodes": nodes}))


def test_who_reads_the_field_is_told_in_every_channel(orders, tidegate):
    compiled(orders.settings.home)
    orders.land({"id": 2, "zip": "N1"})

    [blocked] = check(orders.settings, "orders")

    read_by = {"slv_orders": ["zip"], "agg_areas": ["area"], "agg_north": []}
    told = [
        blocked.to_json()["findings"],
        owner_notice.document(blocked, "shop")["report"]["findings"],
        json.loads(tidegate("schema", "diff", "orders", "--json")[1])["findings"],
    ]
    token = "a read token"
    app = service.build(replace(orders.settings, token_read=token), adopts=False)
    headers = {"Authorization": f"Bearer {token}"}
    told.append(TestClient(app).get("/datasets/orders/schemas/2", headers=headers).json()["findings"])
    for [finding] in told:
        assert {model["model"]: model["columns"] for model in finding["impact"]} == read_by
        assert finding["impact"][-1]["in_conditions"]
    for text in (report.render(blocked), tidegate("schema", "diff", "orders")[1]):
        assert "read by agg_areas: area (models/agg_areas.sql)" in text
        assert "read by agg_north in a filter, join or grouping" in text
    assert "read by agg_areas" in owner_notice.document(blocked, "shop")["text"]
