"""What maintenance must not take: where gold stands, what a query reads, files that are none of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lakehouse import build, slices
from lakehouse.manifest_slice import path_of
from tests.dbt.proven import Shop

pytestmark = pytest.mark.stack
#: Key `b3` lies on day 3, key `a` on day 9.
DAY = "date_add(date'2026-11-01', coalesce(try_cast(right(id, 1) as int), 9))"
MART = """
{{ config(materialized='incremental', incremental_strategy='touched_days') }}
select sale_day, count(*) as sales, sum(v) as total
from {{ touched_days(ref('slv_NAME'), 'sale_day', "DAY") }}
group by sale_day
"""
WHOLE = """
select DAY as sale_day, count(*), sum(v)
from silver.slv_NAME where not is_deleted group by 1 order by 1
"""


@dataclass(frozen=True)
class Mart:
    """A mart area over the shop: an aggregate per day."""

    shop: Shop
    model: str
    area: str

    def run(self) -> str:
        """Build it; return what dbt's log says of the days that were computed."""
        build.build(self.shop.settings, self.model)
        log = self.shop.settings.home / "dbt" / "logs" / "dbt.log"
        mine = [line for line in log.read_text(encoding="utf-8").splitlines() if f"{self.model}: " in line]
        return [line for line in mine if " touched" in line or " anew" in line][-1]

    def rows(self) -> list[tuple[Any, ...]]:
        return self.shop.rows("select sale_day, sales, total from gold.agg_NAME order by 1")


@pytest.fixture
def mart(shop: Shop, dbt_home: Path) -> Iterator[Mart]:
    made = Mart(shop, f"agg_{shop.lake.name}", f"marts.m_{shop.lake.name}")
    shop.settings = replace(shop.settings, home=dbt_home)
    shop.lake.model("agg", MART.replace("DAY", DAY))
    # The marts of the repository are not this test's to add to: the model's slice is cut as if it lay there.
    manifest = slices.parse(shop.settings)
    manifest["nodes"][f"model.tidegate.{made.model}"]["fqn"] = ["tidegate", *made.area.split("."), made.model]
    shop.settings.manifest_folder.mkdir(exist_ok=True)
    for name, document in slices.cut(manifest).items():
        path_of(shop.settings, name).write_text(json.dumps(document), encoding="utf-8")
    yield made
    for path in shop.settings.manifest_folder.iterdir():
        path.unlink()
    shop.rows("drop table if exists gold.agg_NAME purge")


def test_gold_goes_on_from_where_it_stood_before_maintenance(mart: Mart) -> None:
    shop = mart.shop
    for ids in (("b5", "b6"), ("b0", "b1", "b2"), ("b1",)):
        mart.run()
        shop.admit(*ids)
        shop.lake.run(select="brz slv")
    before = mart.rows()

    silver = shop.maintain(snapshot="1").tables[1]
    [gold] = shop.maintain(name=mart.area, snapshot="1").tables

    assert mart.rows() == before
    assert silver.rewritten > 0
    assert gold.rewritten > 0
    assert gold.expired > 0
    assert "1 day(s) touched" in mart.run()
    assert mart.rows() == shop.rows(WHOLE.replace("DAY", DAY))

    assert shop.maintain(snapshot="1").tables[1].expired > 0


def test_a_query_that_began_within_the_time_reads_on(shop: Shop) -> None:
    """What it reads was committed long before; a load and a compaction put something else in its place."""
    [(reads,)] = shop.rows("select snapshot_id from silver.slv_NAME.refs where name = 'main'")
    held = shop.rows("select id, v from silver.slv_NAME order by 1")
    began = datetime.now(UTC)
    shop.admit("a", "b0", "b1", "b2")
    shop.lake.run()

    done = shop.maintain(snapshot="1", now=began + timedelta(days=1, seconds=1))

    assert done.tables[1].rewritten > 0
    still = f"select id, v from silver.slv_NAME version as of {reads} order by 1"  # noqa: S608
    assert shop.rows(still) == held
    assert shop.maintain(snapshot="1").tables[1].expired > 0


def test_an_orphan_goes_once_it_is_older_than_any_write(shop: Shop) -> None:
    name = shop.lake.name
    table = f"warehouse/silver/slv_{name}"
    old, young, other = (
        f"{table}/data/old.parquet",
        f"{table}/data/young.parquet",
        f"{table}_x/data/o.parquet",
    )
    bucket = shop.settings.lake_bucket
    folder = Path(os.environ["TIDEGATE_HOME"]) / "data" / "s3" / bucket
    for key, age in ((old, timedelta(days=3, hours=1)), (young, timedelta(days=2, hours=23)),
                     (other, timedelta(days=9))):  # fmt: skip
        shop.lake.s3.put_object(Bucket=bucket, Key=key, Body=b"no commit names it")
        landed = (datetime.now(UTC) - age).timestamp()
        os.utime(folder / key, (landed, landed))
    state = shop.state()

    tried = shop.maintain(dry_run=True).tables[1]
    done = shop.maintain().tables[1]

    found = shop.lake.s3.list_objects_v2(Bucket=bucket, Prefix=table).get("Contents", ())
    left = {entry["Key"] for entry in found}
    assert (tried.orphans, done.orphans) == (1, 1)
    assert {old, young, other} & left == {young, other}
    assert shop.state() == state
    for key in (young, other):
        shop.lake.s3.delete_object(Bucket=bucket, Key=key)
