"""What `check` makes of what has landed."""

from __future__ import annotations

import pytest

from metastore_sync.errors import BrokenError, UsageError
from schema_guard.check import check
from schema_guard.report import Status, render


def summary(reports):
    return [(r.batch_id, r.status.value, r.verdict, r.schema_version, r.record_count) for r in reports]


def test_the_first_batch_makes_the_first_version(orders):
    orders.land({"id": 1, "total": 9.5}, {"id": 2, "total": 1.25})

    reports = check(orders.settings, "orders")

    assert summary(reports) == [(1, "ADMITTED", "INITIAL", 1, 2)]
    assert reports[0].exit_code == 0
    assert orders.value("select ddl from registry.schema_version") == "`id` bigint, `total` double"
    assert orders.rows("select batch_id, first_offset, last_offset from registry.batch_object") == [
        {"batch_id": 1, "first_offset": 0, "last_offset": 1}
    ]
    assert orders.value("select next_offset from registry.partition_cursor") == 2


def test_nothing_new_is_nothing_done(orders):
    orders.land({"id": 1})
    check(orders.settings, "orders")

    assert check(orders.settings, "orders") == []
    assert orders.value("select count(*) from registry.batch") == 1
    assert orders.value("select count(*) from registry.schema_version") == 1


def test_the_same_shape_keeps_its_version(orders):
    orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.land({"id": 2})

    assert summary(check(orders.settings, "orders")) == [(2, "ADMITTED", "NONE", 1, 1)]


def test_an_added_field_makes_the_next_version(orders):
    orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.land({"id": 2, "note": "x"})

    assert summary(check(orders.settings, "orders")) == [(2, "ADMITTED", "NON_BREAKING", 2, 1)]
    assert orders.rows("select version, status from registry.schema_version order by 1") == [
        {"version": 1, "status": "SUPERSEDED"},
        {"version": 2, "status": "ACTIVE"},
    ]


def test_a_breaking_change_blocks_and_nothing_overtakes_it(orders):
    orders.land({"id": 1, "zip": 10115})
    check(orders.settings, "orders")
    key = orders.land({"id": 2, "zip": 10115}, {"id": 3, "zip": "N1"})

    [report] = check(orders.settings, "orders")
    orders.land({"id": 4, "zip": 10115})
    [again] = check(orders.settings, "orders")

    assert summary([report]) == [(2, "BLOCKED", "BREAKING", 2, 2)]
    assert report.exit_code == 1
    assert again == report
    assert orders.value("select count(*) from registry.batch") == 2
    assert orders.value("select state from registry.dataset") == "BLOCKED"
    assert orders.value("select status from registry.schema_version where version = 2") == "BLOCKED"
    assert orders.value("select count(*) from admitted.batch") == 1
    text = render(report)
    assert "orders: 1 breaking change against ACTIVE version 1, batch 2" in text
    assert "TYPE_CHANGED /zip: bigint → string" in text
    assert f"first seen in {key}, partition 0, offset 2" in text
    assert "Nothing was loaded; version 2 is BLOCKED." in text
    assert "tidegate schema approve orders --version 2 --why" in text
    assert "tidegate schema reject orders --version 2 --why" in text


def test_a_batch_behind_a_blocked_one_is_not_formed(orders, monkeypatch):
    monkeypatch.setattr("schema_guard.batches.MAX_OBJECTS", 1)
    for zip_code in (10115, "N1", 10116):
        orders.land({"id": 1, "zip": zip_code})

    reports = check(orders.settings, "orders")

    assert [(r.batch_id, r.status.value) for r in reports] == [(1, "ADMITTED"), (2, "BLOCKED")]
    assert orders.value("select next_offset from registry.partition_cursor") == 2


def test_nothing_but_poison_is_a_batch_too(orders):
    orders.land("poison", "more of it")

    [report] = check(orders.settings, "orders")

    assert (report.status, report.record_count, report.rejected_count) == (Status.ADMITTED, 2, 2)


def test_poison_is_rejected_and_its_neighbours_are_admitted(orders):
    orders.land_records(
        [
            {"value": '{"id":1}'},
            {"value": '{"id":'},
            {"value": '{"id":1,"id":2}'},
            {"value": '{"id":NaN}'},
            {"value": '{"id":1,"ID":2}'},
            {"value": '{"":1}'},
            {"value": "[1]"},
            {"value": '{"id":' + "9" * 39 + "}"},
            {"value": '{"a":' * 129 + "1" + "}" * 129},
            {"value": '{"id":"\\ud800"}'},
            {"value_base64": "/w=="},
            {"value": None},
            {"value": '{"id":2}'},
        ]
    )

    [report] = check(orders.settings, "orders")

    assert (report.status, report.record_count, report.rejected_count) == (Status.ADMITTED, 13, 11)
    assert orders.value("select ddl from registry.schema_version") == "`id` bigint"
    rows = orders.rows(
        'select "offset", error_type, stage, original_payload from registry.rejected_record order by 1'
    )
    assert [row["error_type"] for row in rows] == [
        "NOT_JSON",
        "DUPLICATE_KEY",
        "NON_FINITE_NUMBER",
        "CASE_COLLISION_IN_RECORD",
        "EMPTY_KEY",
        "NOT_OBJECT",
        "INTEGER_TOO_LARGE",
        "TOO_DEEP",
        "NOT_UTF8",
        "NOT_UTF8",
        "NOT_OBJECT",
    ]
    assert rows[0] == {
        "offset": 1,
        "error_type": "NOT_JSON",
        "stage": "parse",
        "original_payload": b'{"id":',
    }
    assert rows[9]["original_payload"] == b"\xff"


def test_an_overlong_record_is_skipped_and_named(orders, monkeypatch):
    monkeypatch.setattr("schema_guard.scan.MAX_RECORD_BYTES", 1000)
    orders.land({"id": 1}, {"id": 2, "note": "x" * 70_000}, {"id": 3})

    [report] = check(orders.settings, "orders")

    assert (report.status, report.rejected_count) == (Status.ADMITTED, 1)
    assert orders.rows('select error_type, "offset" as at from registry.rejected_record') == [
        {"error_type": "TOO_LARGE", "at": 1}
    ]


def test_a_changed_object_is_not_admitted(orders):
    key = orders.land({"id": 1})
    body = orders.remove(key)
    orders.put(key, body[:-1] + bytes([body[-1] ^ 1]))

    with pytest.raises(BrokenError, match="sha256") as error:
        check(orders.settings, "orders")

    assert key in str(error.value)
    assert error.value.exit_code == 2
    assert orders.value("select count(*) from registry.batch") == 0


def test_a_manifest_that_counts_wrong_is_not_believed(orders):
    orders.land({"id": 1}, manifest_changes={"record_count": 2})

    with pytest.raises(BrokenError, match="record_count 2 → 1"):
        check(orders.settings, "orders")


def test_records_behind_a_hole_wait_for_the_missing_manifest(orders):
    orders.land({"id": 1})
    orders.land({"id": 2})
    orders.land({"id": 3})
    orders.land({"id": 10}, partition=1)
    missing = orders.manifest_key("0a1b2c3d", 0, 1)
    body = orders.remove(missing)

    admitted, waiting = check(orders.settings, "orders")

    assert (admitted.status, admitted.record_count) == (Status.ADMITTED, 2)
    assert (waiting.status, waiting.exit_code) == (Status.WAITING, 1)
    assert waiting.findings[0]["code"] == "LANDING_GAP"
    assert waiting.findings[0]["evidence"]["first"]["offset"] == 1

    orders.put(missing, body)

    assert summary(check(orders.settings, "orders")) == [(2, "ADMITTED", "NONE", 1, 2)]


def test_offsets_that_kafka_withheld_are_no_gap(orders):
    orders.declare(policy={"LANDING_GAP": "block"})
    orders.land({"id": 1})
    orders.land({"id": 2}, skip=5, contiguous=True)

    [report] = check(orders.settings, "orders")

    assert (report.status, report.findings) == (Status.ADMITTED, ())


def test_offsets_that_may_be_lost_block_under_that_policy(orders):
    orders.declare(policy={"LANDING_GAP": "block"})
    orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.land({"id": 2}, skip=5, contiguous=False)

    [report] = check(orders.settings, "orders")

    assert summary([report]) == [(2, "BLOCKED", "BREAKING", 1, 1)]
    assert report.findings[0]["code"] == "LANDING_GAP"
    assert "5 offsets without a record" in report.findings[0]["evidence"]["sample"]
    assert orders.value("select status from registry.schema_version") == "ACTIVE"


def test_a_recreated_topic_is_the_next_generation(orders):
    orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.land({"id": 2}, topic_id="00000001")

    assert summary(check(orders.settings, "orders")) == [(2, "ADMITTED", "NONE", 1, 1)]
    assert orders.rows("select topic_id, generation from registry.batch_object order by 2") == [
        {"topic_id": "0a1b2c3d", "generation": 1},
        {"topic_id": "00000001", "generation": 2},
    ]


def test_generations_are_numbered_by_when_they_landed(orders):
    orders.land({"id": 1}, topic_id="ffffffff")
    orders.land({"id": 2}, topic_id="00000001")

    check(orders.settings, "orders")

    assert orders.rows("select topic_id, generation from registry.batch_object order by 2") == [
        {"topic_id": "ffffffff", "generation": 1},
        {"topic_id": "00000001", "generation": 2},
    ]


def test_hints_beside_the_manifests_are_not_read(orders):
    orders.land({"id": 1})
    orders.put("orders/_manifest/0a1b2c3d/_tail/0.json", b"{}")
    orders.put("orders/_manifest/0a1b2c3d/_start/0.json", b"{}")

    assert summary(check(orders.settings, "orders")) == [(1, "ADMITTED", "INITIAL", 1, 1)]


def test_batches_close_at_their_limit_and_stay_gapless(orders, monkeypatch):
    monkeypatch.setattr("schema_guard.batches.MAX_OBJECTS", 2)
    for number in range(5):
        orders.land({"id": number}, partition=number % 2)

    reports = check(orders.settings, "orders")

    assert [(r.batch_id, r.record_count) for r in reports] == [(1, 2), (2, 2), (3, 1)]


def test_late_is_measured_from_the_earlier_batches(orders):
    orders.declare(event_time="at")
    orders.land({"at": "2026-11-20T10:00:00Z"}, {"at": "2026-11-20T12:30:00+02:00"})
    orders.land({"at": "2031-01-01T00:00:00Z"})
    monotone = check(orders.settings, "orders")
    orders.land({"at": "2026-11-20T01:00:00Z"})
    check(orders.settings, "orders")

    assert len(monotone) == 1
    first, second = orders.rows(
        "select max_event_time::text as newest, watermark::text as mark from registry.batch order by batch_id"
    )
    # The third object landed at 12:02: a clock years ahead counts as an hour ahead.
    assert first == {"newest": "2026-11-20 13:02:00+00", "mark": None}
    assert second == {"newest": "2026-11-20 01:00:00+00", "mark": "2026-11-20 12:57:00+00"}


def test_misfits_are_rejected_where_policy_says_so(orders):
    orders.declare(policy={"TYPE_CHANGED": "reject_records"})
    orders.land({"id": 1})
    check(orders.settings, "orders")
    orders.land({"id": 2}, {"id": "three"}, {"id": 4})

    [report] = check(orders.settings, "orders")

    assert summary([report]) == [(2, "ADMITTED", "NONE", 1, 3)]
    assert report.rejected_count == 1
    assert [finding["code"] for finding in report.findings] == ["TYPE_CHANGED"]
    assert orders.rows('select "offset" as at, stage, error_type from registry.rejected_record') == [
        {"at": 2, "stage": "contract", "error_type": "MISFIT"}
    ]


def test_a_tombstone_deletes_by_its_key_or_is_rejected(world):
    world.declare(mode="upsert", pk_fields=["id"], order_by=["id"])
    world.land_records(
        [
            {"key": "1", "value": '{"id":1}'},
            {"key": "1", "value": None},
            {"key": '{"id":1}', "value": None},
            {"key": None, "value": None},
            {"key_base64": "/w==", "value": None},
            {"key": '{"other":1}', "value": None},
        ]
    )

    [report] = check(world.settings, "orders")

    assert (report.record_count, report.rejected_count) == (6, 3)
    assert (
        world.value('select array_agg(error_type order by "offset") from registry.rejected_record')
        == ["TOMBSTONE_KEY"] * 3
    )


def test_plain_objects_are_read_too(orders):
    orders.land({"id": 1}, compression="none")

    assert summary(check(orders.settings, "orders")) == [(1, "ADMITTED", "INITIAL", 1, 1)]


def test_a_paused_dataset_is_refused_with_the_way_out(orders):
    orders.rows("update registry.dataset set state = 'PAUSED' returning name")

    with pytest.raises(UsageError, match="orders is PAUSED") as error:
        check(orders.settings, "orders")

    assert error.value.next_command == "tidegate status"


def test_the_scan_in_processes_finds_the_same(orders, monkeypatch):
    monkeypatch.setattr("schema_guard.scan_pool.SMALL_BATCH_BYTES", 0)
    for partition in range(3):
        orders.land({"id": partition}, "poison", {"id": partition, "x": [1.5]}, partition=partition)

    [report] = check(orders.settings, "orders")

    assert (report.record_count, report.rejected_count) == (9, 3)
    assert orders.value("select ddl from registry.schema_version") == "`id` bigint, `x` array<double>"
    assert orders.value("select count(*) from registry.rejected_record") == 3
