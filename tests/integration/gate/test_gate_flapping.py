"""A producer that goes back and forth makes as many versions as it has shapes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from gate.wire import Loss, Wire

from metastore_sync.errors import BrokenError, UsageError
from schema_guard.check import check
from schema_guard.decide import approve, reject

WHY = "agreed with the shop team"
NUMBER, TEXT = {"id": 1, "zip": 10115}, {"id": 1, "zip": "N1"}


def statuses(world):
    rows = world.rows("select version, status from registry.schema_version order by 1")
    return [row["status"] for row in rows]


def land_and_check(world, *values):
    world.land(*values)
    return check(world.settings, "orders")[-1]


@pytest.mark.parametrize("times", [6])
def test_a_refused_shape_that_comes_again_is_the_same_version(orders, times):
    for _ in range(times):
        assert land_and_check(orders, NUMBER).status == "ADMITTED"
        report = land_and_check(orders, TEXT)
        assert (report.status, report.schema_version) == ("BLOCKED", 2)
        reject(orders.settings, "orders", 2, "ann", WHY)

    assert statuses(orders) == ["ACTIVE", "REJECTED"]
    assert orders.value("select count(*) from registry.batch where status = 'ADMITTED'") == 2 * times
    assert orders.value("select count(*) from registry.audit_log where action = 'reject'") == times


def test_an_approved_shape_takes_the_old_one_in(orders):
    land_and_check(orders, NUMBER)
    land_and_check(orders, TEXT)
    approve(orders.settings, "orders", 2, "ann", WHY)

    for value in (NUMBER, TEXT, NUMBER, TEXT):
        assert land_and_check(orders, value).verdict == "NONE"

    assert statuses(orders) == ["SUPERSEDED", "ACTIVE"]


def test_only_policy_lets_both_shapes_pass_without_a_decision(orders):
    orders.declare(policy={"TYPE_CHANGED": "reject_records"})
    land_and_check(orders, NUMBER)

    for _ in range(3):
        report = land_and_check(orders, TEXT, NUMBER)
        assert (report.status, report.rejected_count) == ("ADMITTED", 1)

    assert statuses(orders) == ["ACTIVE"]


def test_approving_an_old_version_never_supersedes_a_newer_one(orders):
    land_and_check(orders, NUMBER)
    land_and_check(orders, TEXT)
    reject(orders.settings, "orders", 2, "ann", WHY)
    assert land_and_check(orders, {**NUMBER, "note": "x"}).schema_version == 3
    assert land_and_check(orders, {**TEXT, "note": "x"}).schema_version == 4

    for old in (1, 2, 3):
        with pytest.raises(UsageError, match=f"version {old} is not waiting for a decision, version 4 is"):
            approve(orders.settings, "orders", old, "ann", WHY)

    assert statuses(orders) == ["SUPERSEDED", "REJECTED", "ACTIVE", "BLOCKED"]


def test_nothing_overtakes_a_blocked_batch_whose_commit_got_no_reply(orders):
    land_and_check(orders, NUMBER)
    orders.land(TEXT)
    with Wire().cut() as whole:
        check(orders.settings, "orders")
    reject(orders.settings, "orders", 2, "ann", WHY)

    commits = [number for number, what in enumerate(whole.calls, 1) if what == "statement _exit_gen"]
    assert commits
    for number in commits:
        orders.land(TEXT)
        orders.land(NUMBER, partition=1)
        with Wire(number, Loss.AFTER).cut(), suppress(BrokenError):
            check(orders.settings, "orders")
        orders.rows("update registry.lease set expires_at = clock_timestamp() returning 1")
        orders.land(NUMBER)

        [report] = check(orders.settings, "orders")

        assert report.status == "BLOCKED"
        assert report.batch_id == orders.value("select max(batch_id) from registry.batch")
        reject(orders.settings, "orders", report.schema_version, "ann", WHY)
        check(orders.settings, "orders")


def test_a_pause_and_a_resume_do_not_hide_a_blocked_batch(orders):
    land_and_check(orders, NUMBER)
    land_and_check(orders, TEXT)
    orders.rows("update registry.dataset set state = 'OK' returning 1")

    report = land_and_check(orders, NUMBER)

    assert (report.status, report.batch_id) == ("BLOCKED", 2)
    assert orders.value("select state from registry.dataset") == "BLOCKED"
    assert orders.value("select count(*) from registry.batch") == 2
