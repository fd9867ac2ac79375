"""What a person's decision makes of a BLOCKED batch."""

from __future__ import annotations

import pytest

from metastore_sync.errors import UsageError, VerdictError
from schema_guard.check import check
from schema_guard.content_hash import content_hash
from schema_guard.decide import approve, reject

WHY = "agreed with the shop team"


@pytest.fixture
def blocked(orders):
    orders.land({"id": 1, "zip": 10115})
    check(orders.settings, "orders")
    orders.land({"id": 2, "zip": 10115}, {"id": 3, "zip": "N1"}, {"id": 4, "zip": 10116}, "poison")
    check(orders.settings, "orders")
    return orders


def versions(world):
    rows = world.rows("select version, status from registry.schema_version order by 1")
    return {row["version"]: row["status"] for row in rows}


def batch(world, number):
    return world.rows(
        "select status, schema_version, record_count, rejected_count, content_hash, value_bytes"
        " from registry.batch where batch_id = %(number)s",
        number=number,
    )[0]


def test_approve_admits_the_batch_under_the_new_version(blocked):
    decision = approve(blocked.settings, "orders", 2, "ann", WHY)

    assert (decision.batch_id, decision.schema_version, decision.action) == (2, 2, "approve")
    assert versions(blocked) == {1: "SUPERSEDED", 2: "ACTIVE"}
    assert blocked.value("select state from registry.dataset") == "OK"
    assert batch(blocked, 2)["status"] == "ADMITTED"
    assert blocked.rows("select decided_by, decided_why from registry.schema_version where version = 2") == [
        {"decided_by": "ann", "decided_why": WHY}
    ]
    assert blocked.rows("select actor, why from registry.audit_log where action = 'approve'") == [
        {"actor": "ann", "why": WHY}
    ]
    blocked.land({"id": 5, "zip": "SW1"})
    assert check(blocked.settings, "orders")[0].schema_version == 2


def test_reject_refuses_the_misfits_and_admits_the_rest(blocked):
    decision = reject(blocked.settings, "orders", 2, "ann", WHY)

    assert (decision.schema_version, decision.rejected_count) == (1, 2)
    assert versions(blocked) == {1: "ACTIVE", 2: "REJECTED"}
    assert blocked.value("select state from registry.dataset") == "OK"
    assert blocked.rows(
        'select "offset" as at, stage, error_type, original_payload as text'
        ' from registry.rejected_record order by "offset"'
    ) == [
        {"at": 2, "stage": "contract", "error_type": "MISFIT", "text": b'{"id": 3, "zip": "N1"}'},
        {"at": 4, "stage": "parse", "error_type": "NOT_JSON", "text": b"poison"},
    ]
    kept = [(1, '{"id": 2, "zip": 10115}'), (3, '{"id": 4, "zip": 10116}')]
    assert batch(blocked, 2) == {
        "status": "ADMITTED",
        "schema_version": 1,
        "record_count": 4,
        "rejected_count": 2,
        "content_hash": sum(content_hash("0a1b2c3d", 0, at, None, text) for at, text in kept),
        "value_bytes": sum(len(text) for _, text in kept),
    }


def test_a_version_rejected_once_is_blocked_again_under_its_number(blocked):
    reject(blocked.settings, "orders", 2, "ann", WHY)
    blocked.land({"id": 6, "zip": "N1"})

    [report] = check(blocked.settings, "orders")

    assert (report.status, report.schema_version) == ("BLOCKED", 2)
    assert versions(blocked) == {1: "ACTIVE", 2: "BLOCKED"}


def test_a_first_batch_with_broken_keys_can_be_rejected_down_to_its_good_records(world):
    world.declare(mode="upsert", pk_fields=["id"], order_by=["id"])
    world.land({"id": 1, "x": 1}, {"id": None, "x": 2}, {"x": 3})

    [report] = check(world.settings, "orders")
    assert (report.status, report.verdict) == ("BLOCKED", "BREAKING")
    assert sorted(f["code"] for f in report.findings) == ["KEY_MISSING", "KEY_NULL"]

    decision = reject(world.settings, "orders", 1, "ann", WHY)

    assert (decision.schema_version, decision.rejected_count) == (1, 2)
    assert versions(world) == {1: "ACTIVE"}


def test_broken_keys_of_a_later_batch_leave_the_active_version_alone(world):
    world.declare(mode="upsert", pk_fields=["id"], order_by=["id"])
    world.land({"id": 1, "x": None})
    check(world.settings, "orders")
    world.land({"id": 2, "x": None}, {"x": None})

    [report] = check(world.settings, "orders")
    assert report.status == "BLOCKED"
    reject(world.settings, "orders", report.schema_version, "ann", WHY)

    assert versions(world)[1] == "ACTIVE"
    assert batch(world, 2)["rejected_count"] == 1


@pytest.mark.parametrize("decide", [approve, reject])
def test_a_decision_needs_a_name_and_a_reason(blocked, decide):
    with pytest.raises(UsageError, match="a reason"):
        decide(blocked.settings, "orders", 2, "ann", " ")
    with pytest.raises(UsageError, match="the name"):
        decide(blocked.settings, "orders", 2, "", WHY)


@pytest.mark.parametrize("decide", [approve, reject])
def test_only_the_version_that_waits_can_be_decided_about(blocked, decide):
    with pytest.raises(UsageError, match="version 1 is not waiting for a decision, version 2 is"):
        decide(blocked.settings, "orders", 1, "ann", WHY)


@pytest.mark.parametrize("decide", [approve, reject])
def test_a_decision_is_made_once(blocked, decide):
    approve(blocked.settings, "orders", 2, "ann", WHY)

    with pytest.raises(UsageError, match="no batch waits for a decision"):
        decide(blocked.settings, "orders", 2, "bob", WHY)


@pytest.mark.parametrize("decide", [approve, reject])
def test_a_decision_falls_with_the_version_it_was_judged_against(blocked, decide):
    blocked.rows("update registry.schema_version set base_version = 7 where version = 2 returning 1")

    with pytest.raises(VerdictError, match="the ACTIVE version changed: 7 → 1"):
        decide(blocked.settings, "orders", 2, "ann", WHY)

    assert versions(blocked) == {1: "ACTIVE", 2: "BLOCKED"}
    assert blocked.value("select state from registry.dataset") == "BLOCKED"
