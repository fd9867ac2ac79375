"""An upsert dataset in the target `prod`, as the guard admits it and receipts prove it, to be maintained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lakehouse import maintain, receipt
from metastore_sync.settings import Settings
from tests.dbt.signed import sign

COLUMNS = {"id": "string", "v": "int"}
BRONZE = "select kafka_offset, value, batch_id from {brz} order by 1"
SILVER = "select id, v, is_deleted, kafka_offset, batch_id from silver.slv_NAME order by 1"
#: Ages are counted from a month ahead, so that everything is old.
LATER = timedelta(days=30)


class Shop:
    """The dataset; its batches are signed as the guard signs them."""

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
        self.lake.admit(*records, columns=COLUMNS)
        sign(self.lake, records)

    def prove(self) -> int:
        return len(receipt.receipt(self.settings, self.lake.name))

    def maintain(
        self, *, dry_run: bool = False, now: datetime | None = None, name: str = "", **keep: str
    ) -> maintain.Maintained:
        """Maintain the dataset, or another name, and require that nothing had to be skipped."""
        done = self.try_maintain(dry_run=dry_run, now=now, name=name, **keep)
        assert done.skipped == ()
        return done

    def try_maintain(
        self, *, dry_run: bool = False, now: datetime | None = None, name: str = "", **keep: str
    ) -> maintain.Maintained:
        known = replace(self.settings, **{f"keep_{name}_days": days for name, days in keep.items()})
        moment = now or datetime.now(UTC) + LATER
        [done] = maintain.maintain(known, [name or self.lake.name], print, dry_run=dry_run, now=moment)
        assert done.error is None, done.error
        return done

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.lake.rows(sql.replace("NAME", self.lake.name))

    def state(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        return self.rows(BRONZE), self.rows(SILVER)

    def objects(self) -> list[str]:
        found = self.lake.s3.list_objects_v2(Bucket=self.lake.bucket, Prefix=f"{self.lake.name}/date=")
        return [entry["Key"] for entry in found.get("Contents", ())]
