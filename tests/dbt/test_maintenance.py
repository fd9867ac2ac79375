"""Maintenance changes files, never rows: loads, re-runs, receipts and rebuilds go on as before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lakehouse import maintain, receipt
from metastore_sync import registry
from metastore_sync.settings import Settings
from schema_guard.content_hash import content_hash

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "v": "int"}
BRONZE = "select kafka_offset, value, batch_id from {brz} order by 1"
SILVER = "select id, v, is_deleted, kafka_offset, batch_id from silver.slv_NAME order by 1"
COMMITS = "select count(*) from {brz}.snapshots union all select count(*) from silver.slv_NAME.snapshots"
SPECS = "select spec_id, count(*) from {brz}.files group by 1 order by 1"
#: Ages are counted from a month ahead, so that everything is old.
LATER = timedelta(days=30)


class Shop:
    """An upsert dataset in the target prod, whose batches are signed as the guard signs them."""

    def __init__(self, lake: Any, record: Callable[..., Any], found: Settings) -> None:
        self.lake, self.record, self.settings = lake, record, found
        self.offset = 0

    def admit(self, *ids: str) -> None:
        records = []
        for name in ids:
            records.append(
                self.record({"id": name, "v": self.offset}, key=name, offset=self.offset, at=self.offset)
            )
            self.offset += 1
        batch = self.lake.admit(*records, columns=COLUMNS)
        total = sum(content_hash("0000000a", 0, r.offset, r.key, json.dumps(r.value)) for r in records)
        self.lake.registry.execute(
            "update registry.batch set content_hash = %s where dataset = %s and batch_id = %s",
            [total, self.lake.name, batch],
        )
        self.lake.registry.commit()

    def prove(self) -> int:
        return len(receipt.receipt(self.settings, self.lake.name))

    def maintain(self, *, dry_run: bool = False, **keep: str) -> maintain.Maintained:
        known = replace(self.settings, **{f"keep_{name}_days": days for name, days in keep.items()})
        now = datetime.now(UTC) + LATER
        [done] = maintain.maintain(known, [self.lake.name], print, dry_run=dry_run, now=now)
        assert done.error is None, done.error
        assert done.skipped == ()
        return done

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.lake.rows(sql.replace("NAME", self.lake.name))

    def state(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        return self.rows(BRONZE), self.rows(SILVER)

    def objects(self) -> list[str]:
        found = self.lake.s3.list_objects_v2(Bucket=self.lake.bucket, Prefix=f"{self.lake.name}/date=")
        return [entry["Key"] for entry in found.get("Contents", ())]


@pytest.fixture
def shop(
    lake: Callable[..., Any], record: Callable[..., Any], found: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """Give a shop with five batches, built and proven, of a key that each of them renews."""
    one = lake(mode="upsert", pk_fields=["id"])
    monkeypatch.setenv("TIDEGATE_DBT_TARGET", "prod")
    made = Shop(one, record, found)
    for batch in range(5):
        made.admit("a", f"b{batch}")
    one.run()
    assert made.prove() == 10
    yield made
    one.registry.execute("delete from registry.receipt where dataset = %s", [one.name])
    one.registry.execute("delete from registry.audit_log where dataset = %s", [one.name])
    one.registry.execute("delete from registry.lease where dataset = %s", [one.name])
    one.registry.commit()
    one.rows(f"drop table if exists silver.slv_{one.name} purge")


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
