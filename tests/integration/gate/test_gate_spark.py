"""A batch's landed objects, read by Spark's workers: the very same scan as on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metastore_sync import object_store, registry
from metastore_sync.errors import BrokenError
from metastore_sync.settings import load
from schema_guard import scan_pool
from schema_guard.batches import Backlog
from schema_guard.chains import open_chains
from schema_guard.check import check
from schema_guard.edges import rejected
from schema_guard.edges.s3 import Store
from schema_guard.reading import rules_of, source_of
from schema_guard.report import Status
from schema_guard.scan_pool import in_spark, scan_batch

OBJECTS = 200
_JUDGED = """
select batch_id, status, verdict, findings, record_count, rejected_count, value_bytes, content_hash
from registry.batch
"""
_REJECTED = """
select partition, "offset" as at, error_type, original_payload from registry.rejected_record order by 1, 2
"""
_VERSIONS = "select version, status, fingerprint from registry.schema_version"


@pytest.fixture
def landed(orders, monkeypatch):
    """Give the rules and the ranges of a batch of many objects, poison among them."""
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--master local[2] --conf spark.ui.enabled=false pyspark-shell")
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    for number in range(OBJECTS):
        extra = {f"only_{number % 7}": number % 2 or "2026-11-20"}
        bad = ["poison"] if number % 50 == 7 else []
        orders.land({"id": number, "amount": number / 4, **extra}, *bad, partition=number % 3)
    batch = Backlog(open_chains(Store(orders.settings), orders.name, [], [])).next_batch()
    with registry.connect(orders.settings) as conn:
        dataset = registry.dataset(conn, orders.name).dataset
    return rules_of(dataset), [source_of(link.manifest, link.cursor.generation) for link in batch.links]


def told(scan):
    return sorted(
        (record.partition, record.offset, record.error_type) for record in rejected.read(scan.rejected_files)
    )


def test_spark_finds_the_very_same_in_landed_objects(orders, landed, tmp_path):
    rules, sources = landed
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()

    here = scan_batch(orders.settings, sources, rules, tmp_path / "here")
    there = in_spark(orders.settings, sources, rules, tmp_path / "there")

    assert len(sources) == OBJECTS
    assert there.inference == here.inference
    assert (there.record_count, there.rejected_count, there.value_bytes, there.content_hash) == (
        here.record_count,
        here.rejected_count,
        here.value_bytes,
        here.content_hash,
    )
    assert told(there) == told(here)
    assert len(told(here)) == OBJECTS // 50


def test_a_check_by_the_setting_records_the_very_same(orders, landed, monkeypatch):
    # The batch is small; else this machine would read it whatever the setting says.
    monkeypatch.setattr(scan_pool, "SMALL_BATCH_BYTES", 0)
    recorded, by_spark = {}, []
    monkeypatch.setattr(scan_pool, "in_spark", lambda *args: by_spark.append(1) or in_spark(*args))
    for engine in ("local", "spark"):
        monkeypatch.setenv("TIDEGATE_SCAN_ENGINE", engine)
        given = replace(orders.settings, scan_engine=load().scan_engine)
        with registry.connect(given) as conn:
            conn.execute("truncate registry.dataset, registry.audit_log restart identity cascade")
        orders.declare()

        [report] = check(given, "orders")

        assert (given.scan_engine, report.status) == (engine, Status.ADMITTED)
        recorded[engine] = [orders.rows(query) for query in (_JUDGED, _VERSIONS, _REJECTED)]

    assert len(by_spark) == 1
    assert recorded["spark"] == recorded["local"]
    assert len(recorded["spark"][-1]) == OBJECTS // 50


def test_an_object_that_is_gone_is_named(orders, landed, tmp_path: Path):
    rules, sources = landed
    object_store.client(orders.settings).delete_object(
        Bucket=orders.settings.raw_bucket, Key=sources[3].data_key
    )

    with pytest.raises(BrokenError, match=sources[3].data_key.rpartition("/")[2].replace("+", r"\+")):
        in_spark(orders.settings, sources[:5], rules, tmp_path)
