"""What is missing from the raw zone: found, told, and accepted by somebody who says why."""

from __future__ import annotations

import pytest

from metastore_sync import registry
from metastore_sync.errors import BrokenError, UsageError
from schema_guard import accept_gap, decide, gaps
from schema_guard.accept_gap import OffsetRange
from schema_guard.check import check
from schema_guard.edges.s3 import Store
from schema_guard.report import Status


def found(world):
    with registry.connect(world.settings) as conn:
        dataset = registry.dataset(conn, world.name).dataset
        return gaps.find(Store(world.settings), conn, dataset)


def told(world):
    return [(g.kind.value, g.first_offset, g.last_offset, g.missing, g.batch_id) for g in found(world)]


def accept(world, first, last, **more):
    wanted = OffsetRange(partition=more.pop("partition", 0), first_offset=first, last_offset=last)
    return accept_gap.accept(world.settings, world.name, wanted, "ada", more.pop("why", "it is gone"))


def records(*ids):
    return [{"value": {"id": number}} for number in ids]


def test_a_whole_raw_zone_has_no_gap(orders):
    orders.land({"id": 1})
    orders.land({"id": 2})

    assert found(orders) == []


def test_a_missing_object_is_named_with_the_command_and_not_a_traceback(orders):
    key = orders.land({"id": 1})
    orders.remove(key)

    with pytest.raises(BrokenError) as raised:
        check(orders.settings, "orders")

    assert raised.value.where == key
    assert raised.value.next_command == f"tidegate landing replay orders --object {key}"
    assert told(orders) == [("MISSING_OBJECT", 0, 0, 1, None)]


@pytest.mark.parametrize("damage", [b"short", b""])
def test_a_damaged_object_is_a_gap(orders, damage):
    key = orders.land({"id": 1})
    orders.put(key, damage)

    assert told(orders) == [("MISSING_OBJECT", 0, 0, 1, None)]


def test_bytes_of_the_same_length_are_compared(orders):
    key = orders.land({"id": 1})
    body = orders.remove(key)
    orders.put(key, body[:-1] + bytes([body[-1] ^ 1]))

    assert found(orders)[0].fact == "the object holds other bytes than were landed"


def test_a_missing_manifest_in_the_middle_is_a_gap(orders):
    orders.land({"id": 1})
    orders.land({"id": 2}, {"id": 3})
    orders.land({"id": 4})
    orders.remove(orders.manifest_key("0a1b2c3d", 0, 1))

    assert told(orders) == [("MISSING_MANIFEST", 1, 2, 2, None)]


def test_nothing_is_built_while_an_admitted_object_is_gone(orders):
    key = orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.land({"id": 2})
    orders.remove(key)

    with pytest.raises(BrokenError, match="a landed object is gone") as raised:
        check(orders.settings, "orders")

    assert raised.value.where == key
    assert orders.value("select count(*) from registry.batch") == 1


def test_objects_of_a_proven_batch_may_go(orders):
    key = orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.remove(key)
    assert told(orders) == [("MISSING_OBJECT", 0, 0, 1, 1)]

    with registry.connect(orders.settings) as conn:
        conn.execute(
            "insert into registry.receipt (dataset, batch_id, line, is_green, terms, mismatches)"
            " values ('orders', 1, 'landed_to_bronze', true, '{}', '[]')"
        )

    assert found(orders) == []


def test_an_accepted_loss_no_longer_blocks_exactly_its_range(orders):
    orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.land_records(records(2), skip=3, contiguous=False)
    accept(orders, 1, 3)

    [report] = check(orders.settings, "orders")

    assert report.status is Status.ADMITTED
    assert [(f["code"], f["severity"]) for f in report.findings] == [("LANDING_GAP", "INFO")]
    assert "accepted by ada: it is gone" in report.findings[0]["evidence"]["sample"]
    orders.land_records(records(3), skip=2, contiguous=False)
    [next_report] = check(orders.settings, "orders")
    assert next_report.status is Status.BLOCKED


def test_accepting_what_alone_blocked_a_batch_admits_it(orders):
    orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.land_records(records(2), skip=3, contiguous=False)
    [blocked] = check(orders.settings, "orders")
    assert (blocked.status, told(orders)) == (
        Status.BLOCKED,
        [("RETENTION_LOSS", 1, 3, 3, 2)],
    )

    done = accept(orders, 1, 3, why="retention was one hour")

    assert (done.admitted_batch, done.still_blocked_by) == (2, None)
    assert orders.value("select state from registry.dataset") == "OK"
    assert orders.rows("select actor, why from registry.audit_log where action = 'accept_gap'") == [
        {"actor": "ada", "why": "retention was one hour"}
    ]


def test_a_batch_that_other_findings_block_stays_blocked(orders):
    orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.land_records([{"value": {"id": "x"}}], skip=3, contiguous=False)
    check(orders.settings, "orders")

    done = accept(orders, 1, 3)

    assert (done.admitted_batch, done.still_blocked_by) == (None, 2)
    assert orders.value("select state from registry.dataset") == "BLOCKED"


@pytest.mark.parametrize(("first", "last"), [(0, 3), (1, 2), (1, 4), (7, 9)])
def test_only_an_open_gap_can_be_accepted(orders, first, last):
    orders.land({"id": 1})
    orders.land_records(records(2), skip=3, contiguous=False)

    with pytest.raises(UsageError, match="is no open gap") as raised:
        accept(orders, first, last)

    assert "offsets 1…3" in raised.value.where
    assert orders.value("select count(*) from registry.accepted_gap") == 0


def test_a_loss_needs_a_reason(orders):
    orders.land_records(records(2), skip=3, contiguous=False)

    with pytest.raises(UsageError, match="needs a reason"):
        accept(orders, 0, 2, why=" ")


def test_accepting_again_changes_nothing(orders):
    orders.land({"id": 1})
    orders.land_records(records(2), skip=3, contiguous=False)

    assert accept(orders, 1, 3).is_new
    again = accept(orders, 1, 3, why="another reason")

    assert (again.is_new, again.gap.why) == (False, "it is gone")
    assert orders.value("select count(*) from registry.audit_log where action = 'accept_gap'") == 1


def test_the_guard_goes_on_behind_an_accepted_hole_and_object(orders):
    orders.land({"id": 1})
    orders.land({"id": 2})
    lost = orders.land({"id": 3}, {"id": 4})
    orders.land({"id": 5})
    orders.remove(orders.manifest_key("0a1b2c3d", 0, 1))
    orders.remove(lost)

    accept(orders, 1, 1)
    accept(orders, 2, 3)

    [report] = check(orders.settings, "orders")
    assert (report.status, report.record_count) == (Status.ADMITTED, 2)
    assert orders.value("select next_offset from registry.partition_cursor") == 5
    assert found(orders) == []


def test_a_batch_behind_an_accepted_place_can_be_rejected(orders):
    orders.land({"id": 1})
    check(orders.settings, "orders")
    lost = orders.land({"id": 2})
    orders.land({"id": "x"}, {"id": 3})
    orders.remove(lost)
    accept(orders, 1, 1)
    check(orders.settings, "orders")

    decision = decide.reject(orders.settings, "orders", 2, "ada", "a bug")

    assert (decision.record_count, decision.rejected_count) == (2, 1)


def test_a_loss_after_admission_leaves_what_bronze_can_hold(orders):
    orders.land({"id": 1})
    lost = orders.land({"id": 2}, "poison", {"id": 3})
    check(orders.settings, "orders")
    whole = orders.value("select content_hash from registry.batch")
    orders.remove(lost)

    accept(orders, 1, 3)

    [gap] = orders.rows("select record_count, rejected_count, content_hash from registry.accepted_gap")
    assert (gap["record_count"], gap["rejected_count"]) == (3, 1)
    assert orders.value("select count(*) from admitted.object") == 1
    kept = whole - gap["content_hash"]
    assert kept not in {0, whole}
    # The first object alone, landed in a dataset of its own, hashes to the same.
    orders.name = "alone"
    orders.declare()
    orders.ends.clear()
    orders.land({"id": 1})
    check(orders.settings, "alone")
    assert orders.value("select content_hash from registry.batch where dataset = 'alone'") == kept


def test_two_losses_of_one_batch_are_settled_by_the_second(orders):
    orders.land({"id": 1})
    lost = [orders.land({"id": 2}), orders.land({"id": 3})]
    check(orders.settings, "orders")
    whole = orders.value("select content_hash from registry.batch")
    for key in lost:
        orders.remove(key)

    accept(orders, 1, 1)
    assert orders.value("select sum(content_hash) from registry.accepted_gap") == 0
    accept(orders, 2, 2)

    assert orders.value("select sum(content_hash) from registry.accepted_gap") not in {0, whole}
    assert orders.value("select count(*) from admitted.object") == 1
