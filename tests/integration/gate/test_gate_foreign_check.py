"""The guard on a topic that another sink lands: judged like any, its gaps said, its notices kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

import pytest

from metastore_sync.errors import VerdictError
from metastore_sync.settings import Settings
from schema_guard import check, decide
from schema_guard.relanding import partition

CONFLUENT = {"layout": "confluent", "newest": "read"}


class World(Protocol):
    settings: Settings
    name: str

    def declare(self, **fields: object) -> None: ...
    def put(self, key: str, body: bytes) -> None: ...
    def rows(self, query: str, **values: object) -> list[dict[str, Any]]: ...


def put(world: World, start: int, *ids: int) -> None:
    lines = b"".join(b'{"id":%d}\n' % number for number in ids)
    world.put(f"topics/orders/partition=0/orders+0+{start:010d}.json", lines)


def test_batches_are_judged_and_counted_like_any(world: World) -> None:
    world.declare(landing=CONFLUENT)
    put(world, 0, 1, 2)
    world.put("topics/orders/partition=0/orders+0+0000000002.json", b'{"id":3}\nnot json\n')

    (report,) = check.check(world.settings, "orders")

    assert (report.status, report.verdict) == ("ADMITTED", "INITIAL")
    assert (report.record_count, report.rejected_count) == (4, 1)
    (rejected,) = world.rows('select "offset", error_type from registry.rejected_record')
    assert rejected == {"offset": 3, "error_type": "NOT_JSON"}
    assert check.check(world.settings, "orders") == []


def test_a_gap_blocks_until_somebody_accepts_the_loss(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "SETTLE", timedelta(0))
    world.declare(landing=CONFLUENT)
    put(world, 0, 1, 2)
    put(world, 5, 6)

    (report,) = check.check(world.settings, "orders")

    assert report.status == "BLOCKED"
    (finding,) = [f for f in report.findings if f["code"] == "LANDING_GAP"]
    assert finding["evidence"]["sample"] == "3 offsets without a record between 0 and 4"
    decision = decide.approve(world.settings, "orders", 1, "me", "the bucket's lifecycle removed them")
    assert decision.record_count == 3
    # The object answers for all offsets up to its successor's; its records keep their order.
    query = "select first_offset, last_offset, record_count from registry.batch_object order by 1"
    ranges = world.rows(query)
    assert ranges == [
        {"first_offset": 0, "last_offset": 4, "record_count": 2},
        {"first_offset": 5, "last_offset": 5, "record_count": 1},
    ]


def test_a_rewritten_object_leaves_a_line_in_the_audit_log(world: World) -> None:
    world.declare(landing=CONFLUENT)
    put(world, 0, 1)
    check.check(world.settings, "orders")
    put(world, 0, 1, 2)

    (report,) = check.check(world.settings, "orders")

    assert report.record_count == 1
    (line,) = world.rows("select detail from registry.audit_log where action = 'reland'")
    assert "was written again after it was read" in line["detail"]["notice"]


def test_a_format_that_is_not_read_admits_nothing(world: World) -> None:
    world.declare(landing=CONFLUENT)
    put(world, 0, 1)
    world.put("topics/orders/partition=0/orders+0+0000000001.parquet", b"PAR1")

    with pytest.raises(VerdictError, match=r"set format\.class="):
        check.check(world.settings, "orders")

    assert world.rows("select * from registry.batch") == []


def test_rejecting_reads_the_relanded_objects_again(world: World) -> None:
    world.declare(landing=CONFLUENT)
    put(world, 0, 1)
    check.check(world.settings, "orders")
    world.put("topics/orders/partition=0/orders+0+0000000001.json", b'{"id":2}\n{"id":"three"}\n')
    (report,) = check.check(world.settings, "orders")
    assert report.status == "BLOCKED"

    decision = decide.reject(world.settings, "orders", 2, "me", "the producer rolls back")

    assert (decision.record_count, decision.rejected_count) == (2, 1)
