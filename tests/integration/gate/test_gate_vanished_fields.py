"""Fields that leave, over real batches: removed, renamed, and what a decision about them leaves behind."""

from __future__ import annotations

import pytest

from metastore_sync import registry
from schema_guard.check import check
from schema_guard.decide import approve, reject

WHY = "agreed with the shop team"


def found(world, code):
    """Return the findings of one code in the newest batch."""
    rows = world.value("select findings from registry.batch order by batch_id desc limit 1")
    return [finding for finding in rows if finding["code"] == code]


def land_and_check(world, *values):
    world.land(*values)
    return check(world.settings, world.name)[-1]


def prove_batch(world, number):
    """Write the receipt that bronze holds a batch."""
    with registry.connect(world.settings) as conn:
        conn.execute(
            "insert into registry.receipt (dataset, batch_id, line, is_green, terms, mismatches)"
            " values (%s, %s, 'landed_to_bronze', true, '{}', '[]')",
            (world.name, number),
        )


def with_note(count):
    return [{"id": n, "note": f"n{n}"} for n in range(count)]


def without_note(count):
    return [{"id": n} for n in range(count)]


@pytest.fixture
def without_a_note(orders):
    """Give a dataset that is BLOCKED because a field is gone for the third batch."""
    land_and_check(orders, *with_note(100))
    for _ in range(2):
        assert land_and_check(orders, *without_note(20)).verdict in {"NONE", "NON_BREAKING"}
    assert land_and_check(orders, *without_note(20)).verdict == "BREAKING"
    return orders


def test_third_batch_without_a_field_is_blocked_with_its_evidence(without_a_note):
    (finding,) = found(without_a_note, "FIELD_REMOVED")

    assert finding["pointer"] == "/note"
    assert "in 100.00% of 100 objects until then, in none of 60 of 3 batches" in finding["evidence"]["basis"]
    assert finding["accept"] == "alter table silver.slv_orders drop column `note`"
    assert set(finding["targets"].values()) == {"BREAKING"}


def test_an_approved_removal_is_not_asked_about_again(without_a_note):
    approve(without_a_note.settings, "orders", 2, "ann", WHY)

    for _ in range(4):
        assert land_and_check(without_a_note, *without_note(50)).verdict == "NONE"
    # A field that comes back is an old acquaintance, and may leave with the same evidence.
    assert land_and_check(without_a_note, *with_note(100)).verdict == "NONE"
    for _ in range(2):
        assert land_and_check(without_a_note, *without_note(50)).verdict == "NONE"
    assert land_and_check(without_a_note, *without_note(50)).verdict == "BREAKING"


def test_a_refused_removal_is_judged_on_new_evidence(without_a_note):
    decision = reject(without_a_note.settings, "orders", 2, "ann", WHY)

    assert decision.rejected_count == 0
    for _ in range(2):
        assert land_and_check(without_a_note, *without_note(50)).verdict == "NONE"
    assert land_and_check(without_a_note, *without_note(50)).verdict == "BREAKING"


def test_a_blocked_batch_counts_once_it_is_admitted(orders):
    land_and_check(orders, *with_note(100))
    land_and_check(orders, *without_note(20))
    land_and_check(orders, *without_note(20))
    # This batch lacks the field for the third time, and a key has another type besides.
    report = land_and_check(orders, *without_note(19), {"id": "x"})
    assert {f["code"] for f in report.findings} >= {"FIELD_REMOVED", "TYPE_CHANGED"}

    approve(orders.settings, "orders", report.schema_version, "ann", WHY)

    assert land_and_check(orders, *without_note(20)).verdict == "NONE"


def test_a_renamed_field_is_told_from_values_of_the_batch_before(orders):
    land_and_check(orders, *({"id": n, "city": f"C{n}-Ulm"} for n in range(60)))
    report = land_and_check(orders, *({"id": n, "town": f"C{n}-Ulm"} for n in range(60)))

    (finding,) = found(orders, "FIELD_RENAMED")
    assert report.verdict == "BREAKING"
    assert finding["pointer"] == "/town"
    assert finding["evidence"]["basis"].startswith("was /city: 100% of values shared")
    assert finding["accept"] == "-- model: coalesce(`town`, `city`) as `city`"


def test_without_the_earlier_values_there_is_no_hint_and_nothing_is_lost(orders):
    key = orders.land(*({"id": n, "city": f"C{n}-Ulm"} for n in range(60)))
    check(orders.settings, "orders")
    prove_batch(orders, 1)
    orders.remove(key)  # retention, which waits for the receipt
    report = land_and_check(orders, *({"id": n, "town": f"C{n}-Ulm"} for n in range(60)))

    assert report.verdict == "NON_BREAKING"
    assert found(orders, "FIELD_RENAMED") == []
    assert [f["pointer"] for f in found(orders, "FIELD_ADDED")] == ["/town"]
