"""A raw zone repaired between admission and build: bronze holds what was sent, receipts are green."""

from __future__ import annotations

import json

import pytest
from confluent_kafka import TopicPartition

from lakehouse import deploy, run, spark
from metastore_sync import registry
from metastore_sync.errors import EXIT_BROKEN, EXIT_FINE
from metastore_sync.settings import Settings
from schema_guard import accept_gap
from schema_guard.accept_gap import OffsetRange
from schema_guard.check import check

pytestmark = pytest.mark.stack


def test_a_replayed_and_an_accepted_object_both_end_in_green_receipts(
    spark_settings: Settings, make_landing
) -> None:
    landing = make_landing(spark_settings)
    landing.apply()
    landing.send_ids(120)
    landing.until_landed()
    check(landing.settings, landing.name)
    landing.send_ids(60)
    landing.until_landed()
    check(landing.settings, landing.name)
    _, replayed, *_, given_up = landing.keys("/date=")
    landing.remove(replayed)
    landing.remove(given_up)
    deploy.deploy(landing.settings)

    [stopped] = run.run(landing.settings, [landing.name], lambda _: None)
    # The guard stops what Spark would build in silence without the object.
    assert (stopped.exit_code, list(stopped.seconds)) == (EXIT_BROKEN, ["guard"])
    assert f"tidegate landing replay {landing.name} --object" in stopped.message

    landing.replay(replayed)
    [gap] = landing.open_gaps()
    for deleted in landing.admin.delete_records([TopicPartition(landing.name, 0, 180)]).values():
        deleted.result(10)
    wanted = OffsetRange(partition=0, first_offset=gap.first_offset, last_offset=gap.last_offset)
    accept_gap.accept(landing.settings, landing.name, wanted, "ada", "Kafka has it no more")
    [done] = run.run(landing.settings, [landing.name], lambda _: None)

    assert (done.exit_code, done.message) == (EXIT_FINE, "")
    query = f"select kafka_offset, value from bronze.brz_{landing.name} order by 1"  # noqa: S608  our name
    rows = spark.rows(landing.settings, query)
    kept = [n for n in range(180) if not gap.first_offset <= n <= gap.last_offset]
    assert [(row["kafka_offset"], json.loads(row["value"])["id"]) for row in rows] == [(n, n) for n in kept]
    with registry.connect(landing.settings) as conn:
        query = (
            "select is_green, terms -> 'lost' as lost from registry.receipt"
            " where dataset = %s and line = 'landed_to_bronze' order by batch_id"
        )
        receipts = conn.execute(query, [landing.name]).fetchall()
    assert receipts == [{"is_green": True, "lost": 0}, {"is_green": True, "lost": gap.missing}]
