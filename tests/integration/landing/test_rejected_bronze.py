"""Rejected records replayed into bronze and silver: each once, and every receipt is green."""

from __future__ import annotations

import json

import pytest

from lakehouse import deploy, run, spark
from metastore_sync import registry
from metastore_sync.errors import EXIT_FINE
from metastore_sync.settings import Settings
from schema_guard.rejections.replay import replay
from schema_guard.rejections.selection import Wanted

pytestmark = pytest.mark.stack


def test_replayed_records_are_in_silver_once_and_both_batches_are_proven(
    spark_settings: Settings, make_landing
) -> None:
    landing = make_landing(spark_settings)
    landing.apply()
    values = [b'{"id": 0}', b'{"id": 1', b'{"id": 2}', b'{"id": 3', b'{"id": 4}']
    landing.send(*({"value": value, "key": b"k", "headers": [("h", b"x")]} for value in values))
    landing.until_landed()
    deploy.deploy(landing.settings)
    # Original and replay are built together here, so that both batches lie in one window of `landed()`.
    run.steps.guard(landing.settings, landing.name)
    [topic_id] = [
        row["topic_id"]
        for row in landing.rows(
            "select distinct topic_id from registry.rejected_record where dataset = %(name)s"
        )
    ]
    one = Wanted(topic_id=topic_id, partition=0, offset=1)
    replay(landing.settings, landing.name, one, "ada", "mended", payload=b'{"id": 1}')
    replay(landing.settings, landing.name, Wanted(), "ada", "as it is")
    [together] = run.run(landing.settings, [landing.name], lambda _: None)
    assert (together.exit_code, together.message) == (EXIT_FINE, "")

    # The last one comes alone, after its neighbours are in the tables.
    last = Wanted(topic_id=topic_id, partition=0, offset=3)
    replay(landing.settings, landing.name, last, "ada", "mended", payload=b'{"id": 3}')
    [alone] = run.run(landing.settings, [landing.name], lambda _: None)
    assert (alone.exit_code, alone.message) == (EXIT_FINE, "")

    bronze = spark.rows(
        landing.settings,
        "select batch_id, kafka_offset, value, kafka_key, kafka_headers[0].value as header"  # noqa: S608
        f" from bronze.brz_{landing.name} order by kafka_offset",
    )
    silver = spark.rows(
        landing.settings,
        f"select id, kafka_offset from silver.slv_{landing.name} order by 1",  # noqa: S608  our name
    )
    assert [(row["batch_id"], row["kafka_offset"], json.loads(row["value"])["id"]) for row in bronze] == [
        (1, 0, 0), (2, 1, 1), (1, 2, 2), (4, 3, 3), (1, 4, 4)
    ]  # fmt: skip
    assert {(row["kafka_key"], row["header"]) for row in bronze} == {("k", "x")}
    assert [(row["id"], row["kafka_offset"]) for row in silver] == [(n, n) for n in range(5)]
    with registry.connect(landing.settings) as conn:
        receipts = conn.execute(
            "select batch_id, is_green, terms ->> 'landed' as landed, terms ->> 'rejected' as rejected,"
            " terms ->> 'bronze' as bronze from registry.receipt"
            " where dataset = %s and line = 'landed_to_bronze' order by 1",
            [landing.name],
        ).fetchall()
        others = conn.execute(
            "select count(*) filter (where is_green) as green, count(*) as lines from registry.receipt"
            " where dataset = %s and line = 'bronze_to_silver'",
            [landing.name],
        ).fetchone()
    assert [tuple(row.values()) for row in receipts] == [
        (1, True, "5", "2", "3"), (2, True, "1", "0", "1"), (3, True, "1", "1", "0"), (4, True, "1", "0", "1")
    ]  # fmt: skip
    assert others == {"green": 4, "lines": 4}
