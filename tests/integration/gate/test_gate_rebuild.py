"""What the guard makes of its own past when only the raw zone and bronze's rows are left of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from gate.bronze_rows import bronze
from gate.rebuilt_histories import HISTORIES, WHY, approved, date, run

from lakehouse import bronze_history
from metastore_sync import lease, registry
from metastore_sync.backup import backup
from metastore_sync.errors import BrokenError, LeaseLostError
from metastore_sync.restore import restore
from schema_guard import rebuild as rebuilds
from schema_guard.check import check
from schema_guard.decide import approve, reject
from schema_guard.loaded import Loaded

#: What must come back as it was; who decided, and when a batch was checked, is known to nobody.
KEPT = {
    "batch": "batch_id, status, schema_version, verdict, findings, record_count, rejected_count, value_bytes,"
    " content_hash, max_event_time, watermark",
    "batch_object": "*",
    "partition_cursor": "*",
    # What a rule rejected is known to the lake (`lakehouse.rule_rejects`), not to the raw zone.
    "rejected_record where stage <> 'rule'": 'batch_id, topic_id, partition, "offset", stage, error_type,'
    " error_message, original_payload",
    "replayed_record": 'topic_id, partition, "offset", stage, rejected_batch, batch_id, is_edited, actor,'
    " why",
    "schema_version": "version, status, fingerprint, schema, ddl, columns, verdict, findings, base_version",
    "dataset": "name, kafka_topic, document, state, source",
}


def state(world):
    """The rows of the registry that a rebuild owes."""
    return {
        table: sorted(map(repr, world.rows(f"select {columns} from registry.{table}")))  # noqa: S608
        for table, columns in KEPT.items()
    }


def lose(world):
    """Empty the registry, but for the dataset's declaration."""
    [row] = world.rows("select document from registry.dataset")
    with registry.connect(world.settings) as conn:
        tables = conn.execute("select tablename from pg_tables where schemaname = 'registry'").fetchall()
        names = ", ".join(f"registry.{table['tablename']}" for table in tables)
        conn.execute(f"truncate {names} restart identity cascade")
    world.declare(**row["document"])


def rebuild(world, loaded):
    with registry.connect(world.settings) as conn, conn.transaction():
        dataset = registry.dataset(conn, world.name).dataset
        return list(rebuilds.rebuild(world.settings, conn, dataset, loaded))


@pytest.fixture
def timed(world):
    """A world whose dataset has event times."""
    world.declare(event_time="at")
    return world


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_a_lost_registry_comes_back_as_it_was(timed, history):
    history(timed)
    before, loaded = state(timed), bronze(timed)
    lose(timed)

    rebuild(timed, loaded)

    assert state(timed) == before


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_an_old_backup_is_carried_on_from_bronze(timed, history):
    """What a backup of the first batch brings back is kept; the rest follows."""
    history(timed)
    before, loaded = state(timed), bronze(timed)
    lose(timed)
    with registry.connect(timed.settings) as conn, conn.transaction():
        dataset = registry.dataset(conn, "orders").dataset
        next(rebuilds.rebuild(timed.settings, conn, dataset, loaded))
        conn.execute("delete from registry.lease")

    again = rebuild(timed, loaded)

    assert [batch.batch_id for batch in again] == list(range(2, loaded.upto + 1))
    assert state(timed) == before


@pytest.mark.parametrize("decide", [approve, reject])
def test_a_batch_that_waited_in_an_old_backup_is_decided_as_bronze_shows(orders, decide):
    orders.land({"id": 1, "zip": 1})
    run(orders)
    orders.land({"id": 2, "zip": "N1"}, {"id": 3, "zip": 2})
    run(orders)
    old = backup(orders.settings)
    decide(orders.settings, "orders", 2, "ann", WHY)
    date(orders, 2)
    orders.land({"id": 4, "zip": 3})
    run(orders)
    before, loaded = state(orders), bronze(orders)
    lose(orders)
    restore(orders.settings, Path(old.path), replace=True)

    assert [batch.decision for batch in rebuild(orders, loaded)] == [decide.__name__, ""]
    assert state(orders) == before


def test_decisions_are_recognised_and_said_to_be_rebuilt(orders):
    approved(orders)
    loaded = bronze(orders)
    lose(orders)

    found = rebuild(orders, loaded)

    assert [batch.decision for batch in found] == ["", "approve", ""]
    [row] = orders.rows("select decided_by, decided_why from registry.schema_version where version = 2")
    assert row["decided_by"] == "registry rebuild"
    assert "is lost" in row["decided_why"]
    assert orders.value("select max(admitted_at) from registry.batch") == max(
        held.ingested_at for held in loaded.ranges
    )


def test_what_bronze_never_loaded_is_judged_anew_without_loss_or_double(orders):
    """A batch that waited for a decision, and one that was admitted but not built."""
    orders.land({"id": 1, "zip": 1})
    run(orders)
    loaded = bronze(orders)
    orders.land({"id": 2, "zip": 2})
    run(orders)
    orders.land({"id": 3, "zip": "N1"})
    run(orders)
    before = state(orders)
    lose(orders)

    rebuild(orders, loaded)
    assert orders.value("select max(batch_id) from registry.batch") == 1
    check(orders.settings, "orders")

    assert orders.value("select status from registry.batch order by batch_id desc limit 1") == "BLOCKED"
    assert state(orders)["partition_cursor"] == before["partition_cursor"]
    offsets = "select partition, first_offset, last_offset from registry.batch_object order by 1, 2"
    assert [(r["first_offset"], r["last_offset"]) for r in orders.rows(offsets)] == [(0, 0), (1, 1), (2, 2)]


def test_records_that_landed_while_a_batch_waited_are_left_to_the_next_check(orders):
    """They landed before the batch was admitted at last, and bronze has not one row of them."""
    orders.land({"id": 1, "zip": 1})
    run(orders)
    orders.land({"id": 2, "zip": "N1"})
    run(orders)
    orders.land({"id": 3, "zip": "N2"}, partition=1)
    approve(orders.settings, "orders", 2, "ann", WHY)
    date(orders, 2)
    before, loaded = state(orders), bronze(orders)
    lose(orders)

    rebuild(orders, loaded)

    assert state(orders) == before
    assert [r.record_count for r in check(orders.settings, "orders")] == [1]


def test_readable_records_are_never_taken_for_a_batch_without_rows(orders):
    """The last batch that bronze applied has no row, and much has landed that it never loaded."""
    orders.land("poison")
    run(orders)
    before, loaded = state(orders), bronze(orders)
    orders.land({"id": 1})
    orders.land({"id": 2}, partition=1)
    lose(orders)

    rebuild(orders, loaded)

    assert state(orders) == before
    assert [r.record_count for r in check(orders.settings, "orders")] == [2]


@pytest.mark.parametrize("missing", ["a row", "an object", "every object of a batch"])
def test_bronze_and_raw_zone_that_contradict_rebuild_nothing(orders, missing):
    orders.land({"id": 1})
    run(orders)
    orders.land({"id": 2}, {"id": 3})
    run(orders)
    loaded = bronze(orders)
    first, second = loaded.ranges
    if missing == "a row":
        loaded = replace(loaded, ranges=(first, replace(second, rows=1)))
    elif missing == "an object":
        orders.remove(orders.manifest_key("0a1b2c3d", 0, 1))
    else:
        loaded = replace(loaded, upto=3)
    lose(orders)

    with pytest.raises(BrokenError, match="tidegate registry restore") as error:
        rebuild(orders, loaded)

    assert "batch 3" in str(error.value) if missing.startswith("every") else "batch 2" in str(error.value)
    assert orders.value("select count(*) from registry.batch") == 0


def test_nobody_judges_while_the_registry_is_rebuilt(orders):
    orders.land({"id": 1})
    run(orders)
    loaded = bronze(orders)
    lose(orders)

    with registry.connect(orders.settings) as conn, conn.transaction():
        dataset = registry.dataset(conn, "orders").dataset
        list(rebuilds.rebuild(orders.settings, conn, dataset, loaded))
        with registry.connect(orders.settings) as other:
            other.execute("set lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                lease.take_within(other, "orders", "check@there:1")
            assert other.execute("select count(*) as batches from registry.batch").fetchone()["batches"] == 0


def test_a_dataset_that_somebody_works_on_is_not_rebuilt(orders):
    with (
        registry.connect(orders.settings) as conn,
        lease.hold(conn, "orders", "check@there:1"),
        pytest.raises(LeaseLostError, match="check@there:1 works on it"),
    ):
        rebuild(orders, Loaded(0, ()))


def test_a_catalog_that_lost_the_table_is_told_from_a_table_that_never_was(orders):
    """Else everything would be judged anew, under numbers that bronze has applied already."""
    settings = replace(orders.settings, lake_bucket=orders.settings.raw_bucket)
    bronze_history.check_never_built(settings, "brz_orders")
    orders.put("warehouse/bronze/brz_orders/metadata/00000-a.metadata.json", b"{}")
    orders.put("warehouse/bronze/brz_orders/metadata/00001-b.metadata.json", b"{}")

    with pytest.raises(BrokenError) as error:
        bronze_history.check_never_built(settings, "brz_orders")

    assert "the lake's catalog is lost too" in str(error.value)
    assert "register_table('bronze.brz_orders', 's3://" in str(error.value)
    assert "00001-b.metadata.json')" in str(error.value)
