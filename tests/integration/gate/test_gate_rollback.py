"""Going back to an earlier schema version, for the batches to come."""

from __future__ import annotations

import pytest

from metastore_sync.errors import UsageError, VerdictError
from schema_guard.check import check
from schema_guard.decide import approve, reject
from schema_guard.rollback import rollback

WHY = "release 14 was withdrawn"


def versions(world):
    rows = world.rows("select version, status from registry.schema_version order by 1")
    return {row["version"]: row["status"] for row in rows}


def judged(world, *values):
    world.land(*values)
    return check(world.settings, "orders")[0]


@pytest.fixture
def grown(orders):
    """Version 1 has id, version 2 a coupon too."""
    judged(orders, {"id": 1})
    judged(orders, {"id": 2, "coupon": "x"})
    return orders


def test_later_batches_are_compared_with_the_earlier_version(grown):
    before = grown.rows("select * from registry.batch order by batch_id")

    done = rollback(grown.settings, "orders", 1, "ann", WHY)

    assert (done.version, done.former, done.first_batch) == (1, 2, 3)
    assert versions(grown) == {1: "ACTIVE", 2: "SUPERSEDED"}
    assert grown.rows("select * from registry.batch order by batch_id") == before
    assert grown.rows("select actor, why, detail from registry.audit_log where action = 'rollback'") == [
        {"actor": "ann", "why": WHY, "detail": {"version": 1, "former": 2, "first_batch": 3}}
    ]
    assert judged(grown, {"id": 3}).schema_version == 1


def test_a_producer_who_comes_back_makes_no_third_version(grown):
    rollback(grown.settings, "orders", 1, "ann", WHY)

    assert judged(grown, {"id": 3, "coupon": "y"}).schema_version == 2
    assert versions(grown) == {1: "SUPERSEDED", 2: "ACTIVE"}


def test_a_column_that_would_have_to_narrow_refuses(orders):
    judged(orders, {"id": 1, "zip": 10115})
    judged(orders, {"id": 2, "zip": "N1"})
    approve(orders.settings, "orders", 2, "ann", WHY)

    with pytest.raises(VerdictError, match="a column never narrows") as refusal:
        rollback(orders.settings, "orders", 1, "ann", WHY)

    assert refusal.value.where == "/zip: the column is string, version 1 has bigint"
    assert versions(orders) == {1: "SUPERSEDED", 2: "ACTIVE"}


def test_while_a_batch_awaits_a_decision_nothing_moves_under_it(grown):
    assert judged(grown, {"id": "x"}).status == "BLOCKED"

    with pytest.raises(VerdictError, match="is BLOCKED"):
        rollback(grown.settings, "orders", 1, "ann", WHY)

    assert versions(grown) == {1: "SUPERSEDED", 2: "ACTIVE", 3: "BLOCKED"}


def test_a_waiting_batch_refuses_in_a_paused_dataset_too(grown):
    judged(grown, {"id": "x"})
    grown.rows("update registry.dataset set state = 'PAUSED' returning 1")

    with pytest.raises(VerdictError, match="is BLOCKED"):
        rollback(grown.settings, "orders", 1, "ann", WHY)


def test_only_a_version_that_was_active_can_be_again(grown):
    judged(grown, {"id": "x"})
    reject(grown.settings, "orders", 3, "ann", WHY)

    for version, told in ((3, "version 3 is REJECTED"), (2, "is ACTIVE already"), (9, "has no version 9")):
        with pytest.raises(UsageError, match=told):
            rollback(grown.settings, "orders", version, "ann", WHY)


def test_a_caller_who_saw_another_active_version_is_refused(grown):
    with pytest.raises(VerdictError, match="the ACTIVE version changed: 1 → 2"):
        rollback(grown.settings, "orders", 1, "ann", WHY, seen_active=1)


def test_an_approval_never_supersedes_a_newer_version(grown):
    """Not the version asked for by number, nor one that was blocked, refused and overtaken since."""
    judged(grown, {"id": "x"})
    reject(grown.settings, "orders", 3, "ann", WHY)
    judged(grown, {"id": 4, "coupon": "x", "note": "y"})
    assert versions(grown) == {1: "SUPERSEDED", 2: "SUPERSEDED", 3: "REJECTED", 4: "ACTIVE"}

    for old in (1, 2, 3):
        with pytest.raises(UsageError):
            approve(grown.settings, "orders", old, "ann", WHY)
    assert judged(grown, {"id": "z"}).schema_version == 5
    with pytest.raises(UsageError, match="version 3 is not waiting"):
        approve(grown.settings, "orders", 3, "ann", WHY)

    assert versions(grown)[4] == "ACTIVE"


@pytest.mark.parametrize(("actor", "why", "told"), [("", WHY, "the name"), ("ann", " ", "a reason")])
def test_it_needs_a_name_and_a_reason(grown, actor, why, told):
    with pytest.raises(UsageError, match=told):
        rollback(grown.settings, "orders", 1, actor, why)
