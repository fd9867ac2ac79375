"""Rejected records judged again: what fits becomes a batch of its own, what does not is rejected again."""

from __future__ import annotations

import gzip
import json

import pytest

from lakehouse import ledger, rejected
from metastore_sync import registry
from metastore_sync.errors import UsageError, VerdictError
from schema_guard.check import check
from schema_guard.content_hash import content_hash
from schema_guard.decide import approve, reject
from schema_guard.rejections.replay import replay
from schema_guard.rejections.selection import Wanted

WHY = "agreed with the shop team"
TOPIC_ID = "0a1b2c3d"


def at(offset, partition=0):
    """Name one record."""
    return Wanted(topic_id=TOPIC_ID, partition=partition, offset=offset)


def again(world, wanted, why=WHY, payload=None):
    """Replay, and return what the batches say."""
    done = replay(world.settings, "orders", wanted, "ann", why, payload=payload)
    return [(one.batch_id, one.record_count, one.rejected_count) for one in done.batches]


def listed(world, **wanted):
    """List offsets with how it stands with them."""
    with registry.connect(world.settings) as conn:
        rows = ledger.rejected(conn, "orders", ledger.Filter(**wanted))
    return [(row["batch_id"], row["offset"], row["error_type"], row["status"]) for row in rows]


def shown(world, offset, *, payload=False):
    """Show one record's rejections."""
    with registry.connect(world.settings) as conn:
        record = rejected.Identity(TOPIC_ID, 0, offset)
        return rejected.show(world.settings, conn, "orders", record, payload=payload)["rejections"]


def admitted(world):
    """Return every record that bronze would get, with its batch, as `landed()` reads it."""
    objects = world.rows("select * from admitted.object order by batch_id, data_key")
    gone = {
        (row["batch_id"], row["topic_id"], row["partition"], row["offset"])
        for row in world.rows("select * from admitted.rejected")
    }
    found = []
    for held in objects:
        body = world.client.get_object(Bucket=world.settings.raw_bucket, Key=held["data_key"])["Body"].read()
        for line in map(json.loads, gzip.decompress(body).splitlines()):
            place = (held["topic_id"], line["partition"], line["offset"])
            if (held["batch_id"], *place) not in gone:
                found.append((held["batch_id"], line["partition"], line["offset"], line["value"]))
    return found


@pytest.fixture
def misfits(world):
    """Give a batch of four records, one cut, two that do not fit the schema."""
    world.declare(policy={"TYPE_CHANGED": "reject_records"})
    world.land({"id": 1, "zip": 10115})
    check(world.settings, "orders")
    world.land({"id": 2, "zip": "N1"}, '{"id": 3', {"id": 4, "zip": 10117}, {"id": 5, "zip": "SW1"})
    check(world.settings, "orders")
    return world


def test_what_still_does_not_fit_is_rejected_again_and_stays_open(misfits):
    assert again(misfits, Wanted(error_type="MISFIT")) == [(3, 2, 2)]

    assert listed(misfits, status="open") == [
        (3, 4, "MISFIT", "open"), (3, 1, "MISFIT", "open"), (2, 2, "NOT_JSON", "open")
    ]  # fmt: skip
    assert [row[3] for row in listed(misfits, batch_id=2)] == ["replayed", "open", "replayed"]


def test_after_an_approval_the_records_that_were_refused_before_it_fit(orders):
    orders.land({"id": 1, "zip": 10115})
    check(orders.settings, "orders")
    orders.land({"id": 2, "zip": "N1"}, partition=1)
    orders.land({"id": 3, "zip": "SW1"})
    check(orders.settings, "orders")
    reject(orders.settings, "orders", 2, "ann", "not agreed yet")
    orders.land({"id": 4, "zip": "E4"})
    check(orders.settings, "orders")
    approve(orders.settings, "orders", 2, "ann", WHY)

    done = again(orders, Wanted(stage="contract"))

    assert [count for _, *count in done] == [[2, 0]]
    assert listed(orders, status="open") == []
    assert sorted(json.loads(value)["id"] for *_, value in admitted(orders)) == [1, 2, 3, 4]


def test_an_edited_payload_keeps_the_records_identity_and_the_first_reason(misfits):
    batches = again(misfits, at(2), "the producer cut it", b'{"id": 3, "zip": 10116}')

    assert batches == [(3, 1, 0)]
    assert (3, *admitted(misfits)[-1][1:]) == (3, 0, 2, '{"id": 3, "zip": 10116}')
    [one] = shown(misfits, 2, payload=True)
    assert (one["error_type"], one["payload"], one["batch_id"]) == ("NOT_JSON", '{"id": 3', 2)
    assert (one["outcome"], one["is_edited"], one["replayed_by"], one["replayed_why"]) == (
        "admitted", True, "ann", "the producer cut it"
    )  # fmt: skip


def test_a_record_is_replayed_once(misfits):
    again(misfits, at(2), payload=b'{"id": 3}')

    with pytest.raises(UsageError, match="was replayed before: batch 3, by ann"):
        again(misfits, at(2), payload=b'{"id": 3}')
    assert again(misfits, Wanted(error_type="NOT_JSON")) == []
    assert len([row for row in admitted(misfits) if row[2] == 2]) == 1


def test_a_payload_edited_wrongly_can_be_edited_again(misfits):
    assert again(misfits, at(2), payload=b'{"id": 3, "zip": "no"}') == [(3, 1, 1)]
    assert again(misfits, at(2), payload=b'{"id": 3, "zip": 10116}') == [(4, 1, 0)]

    assert [(one["batch_id"], one["outcome"]) for one in shown(misfits, 2)] == [
        (2, "rejected again"), (3, "admitted")
    ]  # fmt: skip


def test_without_the_payload_only_its_shape_is_told(misfits):
    [one] = shown(misfits, 1)

    assert one["payload_shape"] == '{"id": number(1 digits), "zip": "A9"}'
    assert "payload" not in one


def test_other_offsets_of_the_chain_are_judged_as_if_there_were_no_replay(misfits):
    again(misfits, at(2), payload=b'{"id": 3}')
    misfits.land({"id": 6, "zip": 10118})

    [report] = check(misfits.settings, "orders")

    assert (report.batch_id, report.status, report.record_count) == (4, "ADMITTED", 1)
    assert misfits.value("select next_offset from registry.partition_cursor") == 6
    expected = {(1, 0), (2, 3), (3, 2), (4, 5)}
    assert {(batch, offset) for batch, _, offset, _ in admitted(misfits)} == expected


def test_the_replay_batch_hashes_what_it_loads(misfits):
    before = misfits.value("select content_hash from registry.batch where batch_id = 2")
    again(misfits, at(2), payload=b'{"id": 3}')

    expected = content_hash(TOPIC_ID, 0, 2, None, '{"id": 3}')
    assert misfits.value("select content_hash from registry.batch where batch_id = 3") == expected
    assert misfits.value("select content_hash from registry.batch where batch_id = 2") == before


def test_nothing_is_replayed_while_a_batch_is_blocked(orders):
    orders.land({"id": 1}, "cut")
    check(orders.settings, "orders")
    orders.land({"id": "x"})
    check(orders.settings, "orders")

    with pytest.raises(UsageError, match="a batch is BLOCKED"):
        again(orders, at(1), payload=b'{"id": 2}')

    reject(orders.settings, "orders", 2, "ann", WHY)
    assert again(orders, at(1), payload=b'{"id": 2}') == [(3, 1, 0)]


def test_a_replay_that_would_block_the_dataset_is_refused(world):
    world.declare(policy={"FIELD_ADDED": "block"})
    world.land({"id": 1}, "cut")
    check(world.settings, "orders")

    with pytest.raises(VerdictError, match="FIELD_ADDED /note"):
        again(world, at(1), payload=b'{"id": 2, "note": "x"}')

    assert world.value("select count(*) from registry.batch") == 1
    assert world.value("select state from registry.dataset") == "OK"


def test_a_few_old_records_remove_no_field(world):
    world.declare(removal="first_absence")
    world.land({"id": 1, "city": "Ulm"}, "cut")
    check(world.settings, "orders")
    before = world.rows("select ledger from registry.field_presence")

    assert again(world, at(1), payload=b'{"id": 2}') == [(2, 1, 0)]
    assert world.rows("select ledger from registry.field_presence") == before


def test_a_long_selection_becomes_several_batches(misfits, monkeypatch):
    monkeypatch.setattr("schema_guard.rejections.selection.MOST_RECORDS", 2)

    assert again(misfits, Wanted()) == [(3, 2, 2), (4, 1, 1)]


def test_what_cannot_be_read_is_left_and_named_and_the_rest_is_replayed(misfits):
    misfits.land('{"id": 6', {"id": 7})
    check(misfits.settings, "orders")
    [gone] = misfits.rows("select data_key from registry.batch_object where batch_id = 3")
    misfits.remove(gone["data_key"])

    done = replay(misfits.settings, "orders", Wanted(), "ann", WHY)

    assert [(one.batch_id, one.record_count) for one in done.batches] == [(4, 3)]
    assert [(one.rejection.offset, "landing replay" in one.why) for one in done.left] == [(5, True)]
    assert not done.is_whole
    assert (3, 5, "NOT_JSON", "open") in listed(misfits, status="open")
    with pytest.raises(VerdictError, match="its object is gone"):
        again(misfits, at(5))


def test_pages_of_records_that_cannot_be_read_hide_none_behind_them(misfits, monkeypatch):
    monkeypatch.setattr("schema_guard.rejections.selection.MOST_RECORDS", 1)
    [gone] = misfits.rows("select data_key from registry.batch_object where batch_id = 2")
    misfits.land('{"id": 6')
    check(misfits.settings, "orders")
    misfits.remove(gone["data_key"])

    done = replay(misfits.settings, "orders", Wanted(), "ann", WHY)

    assert [one.rejection.offset for one in done.left] == [1, 2, 4]
    assert [one.record_count for one in done.batches] == [1]


def test_who_replays_says_why(misfits):
    with pytest.raises(UsageError, match="needs a reason"):
        again(misfits, at(2), why=" ")
