"""Maintenance changes files, never rows: loads, re-runs, receipts and rebuilds go on as before."""

from __future__ import annotations

import importlib
import json

import pytest

from metastore_sync import registry
from metastore_sync.settings import PROJECT
from tests.dbt.proven import Shop
from tidegate.cli import execute

pytestmark = pytest.mark.stack
COMMITS = "select count(*) from {brz}.snapshots union all select count(*) from silver.slv_NAME.snapshots"
SPECS = "select spec_id, count(*) from {brz}.files group by 1 order by 1"


def test_rows_survive_maintenance_and_loads_go_on(shop: Shop) -> None:
    before = shop.state()

    done = shop.maintain(raw="1", snapshot="1")
    bronze, _ = done.tables

    assert (bronze.before.data_files, bronze.after.data_files) == (5, 1)
    assert (done.removed.objects, len(shop.objects())) == (4, 1)
    assert shop.state() == before

    shop.admit("a", "c")
    shop.lake.run()
    assert shop.prove() == 2
    grown = shop.state()
    assert [row[0] for row in grown[1]] == ["a", "b0", "b1", "b2", "b3", "b4", "c"]
    assert len(grown[0]) == 12

    bronze, silver = shop.maintain(raw="1", snapshot="1").tables
    assert bronze.after.data_files == 1
    assert (bronze.expired, silver.expired) > (0, 0)

    held = shop.rows(COMMITS)
    shop.lake.run()
    assert shop.rows(COMMITS) == held
    shop.lake.run("--full-refresh")
    assert shop.state() == grown


def test_what_was_not_done_and_what_cannot_be_undone(shop: Shop) -> None:
    """A dry run changes nothing, unproven batches stay loadable, removed ones never vanish in silence."""
    with registry.connect(shop.settings) as conn:
        conn.execute("delete from registry.receipt where dataset = %s and batch_id = 4", [shop.lake.name])
    before = shop.state()

    told = shop.maintain(dry_run=True, raw="1")
    assert (told.tables[0].rewritten, told.removed.objects, len(shop.objects())) == (3, 3, 5)
    assert shop.rows(SPECS) == [(0, 5)]

    done = shop.maintain(raw="1")
    assert (done.removed.objects, len(shop.objects())) == (3, 2)
    assert shop.rows(SPECS) == [(0, 2), (1, 1)]

    shop.lake.forget_position("brz", 3)
    shop.lake.run(select="brz")
    assert shop.state() == before

    shop.lake.forget_position("brz", 2)
    assert "retention removed landed objects of batch 3" in shop.lake.messages(shop.lake.build(select="brz"))
    assert shop.state() == before


def test_the_command_and_the_dags_task_do_it_for_real(
    shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, before = shop.lake.name, shop.state()

    assert execute(["maintain", name, "--dry-run", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["tables"][0]["table"], told["tables"][0]["rewritten"]) == (f"bronze.brz_{name}", 5)
    assert told["tables"][0]["before"] == told["tables"][0]["after"]
    assert (told["exit_code"], told["message"], shop.rows(SPECS)) == (0, "", [(0, 5)])

    assert execute(["maintain", name]) == 0
    shown = capsys.readouterr()
    assert f"bronze.brz_{name}" in shown.out
    assert "5 → 1" in shown.out
    assert "Done. OK=1 FAILED=0 TOTAL=1" in shown.err
    assert (shop.rows(SPECS), shop.state()) == ([(1, 1)], before)

    monkeypatch.syspath_prepend(str(PROJECT / "dags"))
    dag = importlib.import_module("_maintenance_dag").maintenance_dag({name: "tests"})
    dag.get_task(name).python_callable(name)
    assert (shop.rows(SPECS), shop.state()) == ([(1, 1)], before)
