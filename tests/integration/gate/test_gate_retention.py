"""Retention removes proven objects only, says so before it does, and nobody calls them lost."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError
from psycopg.types.json import Jsonb

from metastore_sync import lease, registry
from metastore_sync.errors import BrokenError, LeaseLostError
from schema_guard import gaps, retention
from schema_guard import rebuild as rebuilds
from schema_guard.check import check
from schema_guard.edges import s3
from schema_guard.edges.s3 import Store
from schema_guard.loaded import Loaded, LoadedRange
from schema_guard.rejections.replay import replay
from schema_guard.rejections.selection import Wanted

LINES = ("landed_to_bronze", "bronze_to_silver")


def prove(world, *batches, green=True):
    """Store the receipts of batches, as a run does."""
    with registry.connect(world.settings) as conn:
        for batch in batches:
            for line in LINES:
                conn.execute(
                    "insert into registry.receipt (dataset, batch_id, line, is_green, terms, mismatches)"
                    " values (%s, %s, %s, %s, %s, %s)",
                    [world.name, batch, line, green or line == LINES[0], Jsonb({}), Jsonb([])],
                )


def land(world, count, partition=0):
    """Land and admit objects, each a batch of its own; return their keys."""
    keys = []
    for _ in range(count):
        keys.append(world.land({"id": 1}, partition=partition))
        check(world.settings, world.name)
    return keys


def remove(world, *, before=timedelta(days=1), dry_run=False):
    """Remove what landed before some time after the newest landing."""
    with registry.connect(world.settings) as conn:
        dataset = registry.dataset(conn, world.name).dataset
        return retention.remove_raw(world.settings, conn, dataset, world.clock + before, dry_run=dry_run)


def stored(world):
    """The landed objects that are there."""
    found = world.client.list_objects_v2(Bucket=world.settings.raw_bucket, Prefix=f"{world.name}/date=")
    return sorted(entry["Key"] for entry in found.get("Contents", ()))


def open_gaps(world):
    with registry.connect(world.settings) as conn:
        store = Store(world.settings)
        gaps.refuse_lost(store, conn, world.name)
        return gaps.find(store, conn, registry.dataset(conn, world.name).dataset)


def test_proven_objects_go_and_the_newest_of_a_partition_stays(orders):
    keys = land(orders, 3)
    other = land(orders, 1, partition=1)
    prove(orders, 1, 2, 3, 4)

    tried = remove(orders, dry_run=True)
    done = remove(orders)

    assert (tried.objects, tried.bytes) == (done.objects, done.bytes)
    assert done.objects == 2
    assert stored(orders) == sorted([keys[2], *other])
    assert open_gaps(orders) == []
    assert remove(orders).objects == 0
    assert (
        orders.value("select detail ->> 'objects' from registry.audit_log where action = 'remove_raw'") == "2"
    )


#: Why nothing may go of three batches, of which the last is never proven.
STAYS = {
    "too_young": lambda _: {"before": timedelta(days=-1)},
    "first_not_proven": lambda world: prove(world, 2, 3) or {},
    "first_red": lambda world: prove(world, 1, green=False) or prove(world, 2, 3) or {},
}


@pytest.mark.parametrize("why", STAYS)
def test_nothing_goes_that_is_young_or_behind_an_unproven_object(orders, why):
    keys = land(orders, 3)

    done = remove(orders, **STAYS[why](orders))

    assert done.objects == 0
    assert stored(orders) == sorted(keys)


@pytest.fixture
def misfit(world):
    """Give four proven batches, and the keys of their objects; the second one rejected its first record."""
    world.declare(policy={"TYPE_CHANGED": "reject_records"})
    keys = [world.land({"id": 1, "zip": 10115})]
    check(world.settings, world.name)
    keys.append(world.land({"id": 2, "zip": "N1"}, {"id": 3, "zip": 10117}))
    check(world.settings, world.name)
    keys += land(world, 2)
    prove(world, 1, 2, 3, 4)
    return world, keys


def test_an_object_waits_for_its_open_rejections_and_a_replay_object_stays_for_ever(misfit):
    world, keys = misfit
    assert remove(world).objects == 1
    assert stored(world) == keys[1:]

    corrected = Wanted(topic_id="0a1b2c3d", partition=0, offset=1)
    replay(world.settings, world.name, corrected, "ann", "the shop told it", payload=b'{"id": 2, "zip": 7}')
    prove(world, 5)

    assert remove(world).objects == 2
    assert stored(world) == keys[3:]
    assert remove(world, before=timedelta(days=999)).objects == 0
    [held] = world.rows("select data_key, removed_at from registry.batch_object where is_replay")
    assert held["removed_at"] is None
    replayed = world.client.get_object(Bucket=world.settings.raw_bucket, Key=held["data_key"])["Body"].read()
    assert json.loads(json.loads(gzip.decompress(replayed))["value"]) == {"id": 2, "zip": 7}


def test_an_object_is_free_once_the_payload_that_waited_was_forgotten(misfit):
    world, keys = misfit
    remove(world)
    later = world.value("select max(failed_at) from registry.rejected_record") + timedelta(days=1)
    with registry.connect(world.settings) as conn:
        assert retention.remove_payloads(conn, world.name, later).payloads == 1

    assert remove(world).objects == 2
    assert stored(world) == keys[3:]


def test_a_removal_that_died_halfway_is_ended_by_the_next(orders, monkeypatch):
    keys = land(orders, 3)
    prove(orders, 1, 2, 3)
    whole = s3.Store.remove

    def dies(self, wanted):
        whole(self, wanted[:1])
        raise EndpointConnectionError(endpoint_url="the store, after the first object")

    monkeypatch.setattr(s3.Store, "remove", dies)
    with pytest.raises(EndpointConnectionError):
        remove(orders)
    assert stored(orders) == keys[1:]
    assert open_gaps(orders) == []
    monkeypatch.undo()

    assert remove(orders).objects == 1
    assert stored(orders) == keys[2:]


def test_nothing_goes_while_somebody_works_on_the_dataset(orders, monkeypatch):
    keys = land(orders, 2)
    prove(orders, 1, 2)
    monkeypatch.setattr(retention, "WAIT_SECONDS", 0.1)
    with (
        registry.connect(orders.settings) as conn,
        lease.hold(conn, orders.name, "check@elsewhere"),
        pytest.raises(LeaseLostError, match="check@elsewhere works on it"),
    ):
        remove(orders)

    assert stored(orders) == keys


def test_a_registry_of_before_knows_from_the_raw_zone_what_was_removed(orders):
    land(orders, 3)
    prove(orders, 1, 2, 3)
    remove(orders)
    # As a backup made before the receipts and the removal would leave it.
    orders.rows(
        "with gone as (delete from registry.receipt)"
        " update registry.batch_object set removed_at = null returning 1"
    )

    assert open_gaps(orders) == []
    lost = stored(orders)[0]
    orders.remove(lost)
    with pytest.raises(BrokenError, match="a landed object is gone"):
        open_gaps(orders)


def test_a_rebuild_says_that_retention_removed_the_objects(orders):
    land(orders, 3)
    prove(orders, 1, 2, 3)
    at = orders.value("select max(admitted_at) from registry.batch")
    remove(orders)
    place = {"topic_id": "0a1b2c3d", "generation": 1, "partition": 0, "rows": 1, "schema_version": 1}
    held = tuple(
        LoadedRange(batch_id=n, first_offset=n - 1, last_offset=n - 1, ingested_at=at, **place)
        for n in (1, 2, 3)
    )
    with registry.connect(orders.settings) as conn:
        dataset = registry.dataset(conn, orders.name).dataset
        conn.execute(
            "truncate registry.batch, registry.batch_object, registry.partition_cursor, registry.receipt,"
            " registry.schema_version cascade"
        )
        with (
            pytest.raises(BrokenError, match="of batch 1 were removed by retention") as told,
            conn.transaction(),
        ):
            list(rebuilds.rebuild(orders.settings, conn, dataset, Loaded(3, held)))

    assert "rebuild --onto-backup" in str(told.value)


def test_payloads_of_proven_batches_are_forgotten_and_their_records_stay(orders):
    orders.land({"id": 1}, "not json")
    check(orders.settings, orders.name)
    orders.land("nor this")
    check(orders.settings, orders.name)
    prove(orders, 1)
    later = orders.value("select max(failed_at) from registry.rejected_record") + timedelta(days=1)

    with registry.connect(orders.settings) as conn:
        tried = retention.remove_payloads(conn, orders.name, later, dry_run=True)
        done = retention.remove_payloads(conn, orders.name, later)
        early = retention.remove_payloads(conn, orders.name, later - timedelta(days=9))

    rows = orders.rows(
        "select batch_id, original_payload is null as gone, payload_removed_at is null as kept"
        " from registry.rejected_record order by 1"
    )
    assert (tried.payloads, done.payloads, early.payloads) == (1, 1, 0)
    assert [SimpleNamespace(**row) for row in rows] == [
        SimpleNamespace(batch_id=1, gone=True, kept=False),
        SimpleNamespace(batch_id=2, gone=False, kept=True),
    ]
