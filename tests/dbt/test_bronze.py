"""What landed() brings to bronze, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.stack
COLUMNS = {"id": "bigint", "at": "string"}


def test_bronze_holds_the_admitted_records_and_nothing_else(lake: Callable, record: type) -> None:
    orders = lake(mode="upsert", pk_fields=["id"], event_time="at")
    good = record({"id": 1, "at": "2026-11-20T10:00:00Z"}, key="1", offset=3)
    orders.admit(record("{", offset=2), good, record("{}", offset=4), columns=COLUMNS, rejected=[2], offsets=(2, 3))
    orders.admit(record({"id": 2}, offset=9), columns=COLUMNS, status="BLOCKED")

    orders.run(select="brz")

    assert orders.rows("select kafka_offset, kafka_key, value, batch_id from {brz}") == [
        (3, "1", '{"id": 1, "at": "2026-11-20T10:00:00Z"}', 1)
    ]
