"""The guard while PostgreSQL is away: it judges by the signed snapshot, says so, and admits nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lakehouse import steps
from metastore_sync import registry, snapshot
from metastore_sync.errors import RegistryAwayError
from schema_guard.check import check
from schema_guard.report import render


@pytest.fixture
def away(orders):
    """Give the settings of a registry that does not answer, after one batch was admitted."""
    orders.land({"id": 1, "zip": 10115})
    check(orders.settings, "orders")
    return replace(orders.settings, postgres_dsn="postgresql://nobody@127.0.0.1:1/none")


def test_what_waits_is_judged_and_nothing_is_admitted(orders, away):
    orders.land({"id": 2, "zip": 10116})
    orders.land({"id": 3, "zip": "N1"})

    (report,) = check(away, "orders")

    assert (report.status, report.verdict, report.record_count) == ("UNRECORDED", "BREAKING", 2)
    assert (report.batch_id, report.base_version, report.exit_code) == (None, 1, 2)
    text = render(report)
    assert f"by the registry snapshot of {snapshot.read(away).written_at:%Y-%m-%d %H:%M:%S}Z" in text
    assert "TYPE_CHANGED /zip: bigint → string" in text
    assert "nothing was admitted, nothing was decided" in text
    assert orders.value("select max(batch_id) from registry.batch") == 1
    # Back again, the registry judges the very same records.
    assert check(orders.settings, "orders")[0].status == "BLOCKED"


def test_judged_records_are_not_judged_again(orders, away):
    assert check(away, "orders") == []
    orders.land({"id": 2, "zip": 10116, "new": True})

    (report,) = check(away, "orders")

    assert (report.verdict, report.record_count) == ("NON_BREAKING", 1)


def test_a_step_of_a_run_fails_so_that_a_retry_may_help(orders, away):
    orders.land({"id": 2, "zip": 10116})

    with pytest.raises(RegistryAwayError, match="1 records would be NONE against ACTIVE version 1"):
        steps.guard(away, "orders")


def test_a_dataset_that_was_blocked_says_so(orders, away):
    orders.land({"id": 3, "zip": "N1"})
    check(orders.settings, "orders")

    with pytest.raises(RegistryAwayError, match="orders was BLOCKED at"):
        check(away, "orders")


def test_a_snapshot_that_was_changed_is_not_believed(orders, away):
    path = away.snapshot_path
    path.write_text(path.read_text().replace('"next_offset":1', '"next_offset":0'))

    with pytest.raises(RegistryAwayError, match="signature does not match"):
        check(away, "orders")


def test_an_unknown_dataset_is_named(away):
    with pytest.raises(RegistryAwayError, match="does not know payments"):
        check(away, "payments")


def test_a_registry_of_another_version_is_no_registry_that_is_away(orders):
    with registry.connect(orders.settings) as conn:
        conn.execute("update public.alembic_version set version_num = '9999'")

    with pytest.raises(Exception, match="version 9999") as raised:
        check(orders.settings, "orders")

    assert not isinstance(raised.value, RegistryAwayError)


def test_a_removal_is_told_by_the_same_evidence(orders):
    orders.land(*({"id": n, "note": f"n{n}"} for n in range(100)))
    check(orders.settings, "orders")
    orders.land(*({"id": n} for n in range(20)))
    check(orders.settings, "orders")
    away = replace(orders.settings, postgres_dsn="postgresql://nobody@127.0.0.1:1/none")
    for _ in range(2):
        orders.land(*({"id": n} for n in range(20)))
        reports = check(away, "orders")
        if reports[-1].verdict != "BREAKING":
            check(orders.settings, "orders")

    (finding,) = (f for f in reports[-1].findings if f["code"] == "FIELD_REMOVED")
    assert "in none of 60 of 3 batches" in finding["evidence"]["basis"]
    (same,) = (f for f in check(orders.settings, "orders")[-1].findings if f["code"] == "FIELD_REMOVED")
    assert same == finding
