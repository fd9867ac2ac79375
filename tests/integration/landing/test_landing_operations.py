"""Operating landing on a real Kafka, Connect and store: what is lost and how it comes back."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from metastore_sync import landed, lifecycle, snapshot
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError, UsageError, VerdictError
from metastore_sync.model import DatasetState
from schema_guard import accept_gap, gaps, lost_lines
from schema_guard.accept_gap import OffsetRange
from schema_guard.check import check
from schema_guard.edges import kafka
from schema_guard.record_line import encode

pytestmark = pytest.mark.stack

#: Everything a record line spells in its own way.
ODD: list[dict[str, Any]] = [
    {"value": b'{"id": 1, "price": 1.10, "big": 9223372036854775809}', "key": b"k"},
    {"value": "é 😀 \u0085\u2028\u2029 \x00\x1f\x7f".encode(), "key": b"\xff\xfe"},
    {"value": b"\xed\xa0\x80"},
    {"value": b""},
    {"value": None, "key": b""},
    {"value": b'{"a":1,"a":2}', "headers": [("h", b"1"), ("h", None), ("b", b"\xff"), ("", b"")]},
    {"value": b'"\\ \\ud800 \\u0000', "timestamp": 1_763_640_000_123},
    {"value": b"x" * 200_000},
]


def of(gap: gaps.Gap) -> OffsetRange:
    return OffsetRange(partition=gap.partition, first_offset=gap.first_offset, last_offset=gap.last_offset)


def test_the_guard_writes_the_lines_that_a_real_sink_landed(landing) -> None:
    landing.send(*ODD)
    landing.until_landed()

    text = b"".join(gzip.decompress(landing.read(key)) for key in sorted(landing.keys("/date=")))
    again = kafka.records(landing.settings, landing.name, 0, 0, len(ODD) - 1, isolation="read_uncommitted")

    assert [encode(record) for record in again] == text.splitlines(keepends=True)


@pytest.mark.parametrize("is_admitted", [False, True], ids=["before", "after_admission"])
def test_a_deleted_object_comes_back(landing, is_admitted: bool) -> None:  # noqa: FBT001
    landing.send_ids(120)
    landing.until_landed()
    if is_admitted:
        check(landing.settings, landing.name)
    key = landing.keys("/date=")[1]
    lost = landing.remove(key)
    (gap,) = landing.open_gaps()
    assert (gap.kind, gap.data_key, gap.batch_id) == ("MISSING_OBJECT", key, 1 if is_admitted else None)

    (done,) = landing.replay(of(gap))

    assert (done.data_key, done.record_count) == (key, gap.missing)
    assert gzip.decompress(landing.read(key)) == gzip.decompress(lost)
    assert landing.open_gaps() == []
    assert ("content hash of batch 1" in done.checked) is is_admitted
    if not is_admitted:
        (report,) = check(landing.settings, landing.name)
        assert report.record_count == 120
    (audit,) = landing.rows("select actor, why, detail from registry.audit_log where action = 'replay'")
    assert (audit["actor"], audit["detail"]["data_key"]) == ("ada", key)


def test_other_gzip_bytes_of_the_same_lines_are_vouched_for(landing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compressor that never makes the sink's bytes: guard and gaps honour the replay's document."""
    monkeypatch.setattr(lost_lines, "LEVELS", (9,))
    monkeypatch.setattr(lost_lines, "_GZIP_HEADER", b"\x1f\x8b\x08\x00\x01\x02\x03\x04\x02\x03")
    landing.send_ids(30)
    landing.until_landed()
    (key, *_) = landing.keys("/date=")
    landing.remove(key)

    (done,) = landing.replay(key)

    assert not done.is_same_bytes
    assert len(landing.keys("/_replay/")) == 1
    assert landing.open_gaps() == []
    (report,) = check(landing.settings, landing.name)
    assert (report.status.value, report.record_count) == ("ADMITTED", 30)


def test_a_damaged_object_is_replaced_and_a_whole_one_refused(landing) -> None:
    landing.send_ids(10)
    landing.until_landed()
    (key, *_) = landing.keys("/date=")
    with pytest.raises(UsageError, match="is there and whole"):
        landing.replay(key)
    landing.client.put_object(Bucket=landing.settings.raw_bucket, Key=key, Body=b"damage")
    with pytest.raises(BrokenError, match="differs from its manifest"):
        check(landing.settings, landing.name)

    landing.replay(key)

    (report,) = check(landing.settings, landing.name)
    assert report.record_count == 10


def test_a_missing_manifest_gets_its_place_in_the_chain_back(landing) -> None:
    landing.send_ids(150)
    landing.until_landed()
    landing.remove(sorted(landing.keys("/_manifest/"))[1])
    (gap,) = landing.open_gaps()
    assert gap.kind == "MISSING_MANIFEST"

    landing.replay(of(gap))

    assert landing.open_gaps() == []
    assert sum(report.record_count for report in check(landing.settings, landing.name)) == 150


def test_what_kafka_no_longer_holds_is_refused_and_can_be_accepted(landing) -> None:
    landing.send_ids(120)
    landing.until_landed()
    key = landing.keys("/date=")[0]
    landing.remove(key)
    (gap,) = landing.open_gaps()
    asked = landing.admin.delete_records([TopicPartition(landing.name, 0, 3)])
    for deleted in asked.values():
        deleted.result(10)

    with pytest.raises(VerdictError, match="its log begins at offset 3") as raised:
        landing.replay(of(gap))
    assert "tidegate landing accept-gap" in raised.value.next_command

    accept_gap.accept(landing.settings, landing.name, of(gap), "ada", "retention")
    (report,) = check(landing.settings, landing.name)
    assert report.record_count == 120 - gap.missing


def test_other_records_than_were_landed_are_refused(landing) -> None:
    """A manifest that promises more than Kafka gives: as after compaction."""
    landing.send_ids(10)
    landing.until_landed()
    key, (place, *_) = landing.keys("/date=")[0], landing.keys("/_manifest/")
    landing.remove(key)
    manifest = json.loads(landing.remove(place))
    changed = {**manifest, "line_bytes": manifest["line_bytes"] + 1}
    landing.client.put_object(
        Bucket=landing.settings.raw_bucket, Key=place, Body=json.dumps(changed).encode()
    )

    with pytest.raises(VerdictError, match="other records than were landed"):
        landing.replay(key)

    assert key not in landing.keys("/date=")


def test_a_topic_created_again_cannot_give_back_the_old_ones_records(landing) -> None:
    landing.send_ids(10)
    landing.until_landed()
    key = landing.keys("/date=")[0]
    ConnectApi(landing.settings).delete(f"tidegate-{landing.name}")
    landing.admin.delete_topics([landing.name])[landing.name].result(10)
    landing.until(lambda: landing.name not in landing.admin.list_topics(timeout=5).topics, "topic gone")
    landing.make_topic()
    landing.remove(key)

    with pytest.raises(VerdictError, match="created again: topic id"):
        landing.replay(key)


def test_a_paused_dataset_neither_lands_nor_is_judged(landing) -> None:
    landing.send_ids(5)
    landing.until_landed()
    done = lifecycle.pause(landing.settings, landing.name, "ada", "a migration")
    assert (done.before, done.after) == (DatasetState.OK, DatasetState.PAUSED)
    status = ConnectApi(landing.settings).status(f"tidegate-{landing.name}")
    assert status is not None
    assert {status.state, *(task.state for task in status.tasks)} == {"PAUSED"}
    landing.send_ids(5)
    with pytest.raises(UsageError, match="is PAUSED"):
        check(landing.settings, landing.name)
    again = lifecycle.pause(landing.settings, landing.name, "bob", "once more")
    assert again.before is again.after
    assert landed.landed_offsets(landing.settings, landing.name) == {0: 5}

    lifecycle.resume(landing.settings, landing.name, "ada", "done")

    landing.until_landed()
    assert sum(report.record_count for report in check(landing.settings, landing.name)) == 10
    audit = landing.rows("select actor, why from registry.audit_log where action = 'set_state' order by id")
    assert audit == [
        {"actor": "ada", "why": "a migration"},
        {"actor": "ada", "why": "done"},
    ]


def test_a_retired_dataset_keeps_what_landed_and_goes_on_when_resumed(landing) -> None:
    landing.send_ids(5)
    landing.until_landed()
    check(landing.settings, landing.name)

    lifecycle.retire(landing.settings, landing.name, "ada", "replaced")

    api = ConnectApi(landing.settings)
    assert api.config(f"tidegate-{landing.name}") is None
    assert snapshot.read(landing.settings).datasets == ()
    landing.apply()
    assert (landing.state(), api.config(f"tidegate-{landing.name}")) == (DatasetState.RETIRED, None)
    landing.send_ids(5)

    lifecycle.resume(landing.settings, landing.name, "ada", "needed after all")

    landing.until_landed()
    (report,) = check(landing.settings, landing.name)
    assert (report.batch_id, report.record_count) == (2, 5)
