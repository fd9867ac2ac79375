"""A dataset of mode history from Kafka to green receipts, with the models that the scaffold writes."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from lakehouse import run as runs
from lakehouse import scaffold, spark
from metastore_sync import apply, landed, registry, settings
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import EXIT_FINE
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings
from tidegate import facts, status
from tidegate.stack import lifecycle

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

#: Price of an item by day of January, in the order of arrival; no price: the tombstone of 5 January.
ARRIVING = [[(1, 10), (3, 30), (None, None)], [(2, 20), (9, 90), (9, 99)]]
TOMBSTONE_AT = 5


@pytest.fixture(scope="module")
def lake() -> Iterator[Settings]:
    """Give a stack without Airflow; one that was up stays up."""
    was_up = any(part.healthy for part in lifecycle.state())
    lifecycle.up(parts=["connect", "spark"])
    yield settings.load()
    if not was_up:
        lifecycle.down()


@pytest.fixture
def prices(lake: Settings) -> Iterator[Dataset]:
    """Give a registered dataset of its own; nothing of it stays."""
    name = f"prices_{uuid.uuid4().hex[:6]}"
    admin = AdminClient({"bootstrap.servers": lake.kafka_bootstrap})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)
    yield Dataset(
        name=name, kafka_topic=name, mode=Mode.HISTORY, owner="tests", pk_fields=("item",), event_time="at"
    )
    ConnectApi(lake).delete(f"tidegate-{name}")
    admin.delete_topics([name])[name].result(30)
    for view in (f"slv_{name}_h", f"slv_{name}_current"):
        spark.rows(lake, f"drop view if exists silver.{view}")
    for table in (f"silver.slv_{name}", f"bronze.brz_{name}"):
        spark.rows(lake, f"drop table if exists {table} purge")
    with registry.connect(lake) as conn:
        for table in ("receipt", "rejected_record", "batch_object", "partition_cursor", "batch",
                      "schema_version", "lease", "dataset_revision", "connector",
                      "field_presence"):  # fmt: skip
            conn.execute(f"delete from registry.{table} where dataset = %s", [name])  # noqa: S608
        conn.execute("delete from registry.dataset where name = %s", [name])


def produce(lake: Settings, topic: str, prices: list[tuple[int | None, int | None]], landed_to: int) -> None:
    """Send the records and wait until the sink has landed them."""
    producer = Producer({"bootstrap.servers": lake.kafka_bootstrap})
    for day, price in prices:
        value = None if day is None else json.dumps({"item": 7, "price": price, "at": f"2026-01-0{day}"})
        at = 1_767_225_600_000 + ((day or TOMBSTONE_AT) - 1) * 86_400_000
        producer.produce(topic, value, key="7", timestamp=at)
    producer.flush(30)
    deadline = time.monotonic() + 120
    while landed.landed_offsets(lake, topic) != {0: landed_to}:
        assert time.monotonic() < deadline, landed.landed_offsets(lake, topic)
        time.sleep(0.5)


def test_from_kafka_to_receipts(lake: Settings, prices: Dataset) -> None:
    apply.apply(lake, [prices], lambda _: None)
    scaffold.scaffold(lake, prices.name, lake.scaffold_folder / prices.name)
    told: list[str] = []
    for n, batch in enumerate(ARRIVING):
        produce(lake, prices.name, batch, 3 * (n + 1))
        (done,) = runs.run(lake, [prices.name], told.append)
        assert (done.exit_code, done.receipts) == (EXIT_FINE, 2), "\n".join(told)

    query = (
        f"select price, day(valid_from), day(valid_to), is_current from silver.slv_{prices.name}_h order by 2"  # noqa: S608
    )
    states = [tuple(row.values()) for row in spark.rows(lake, query)]
    assert states == [(10, 1, 2, False), (20, 2, 3, False), (30, 3, 5, False), (99, 9, None, True)]
    current = spark.rows(lake, f"select price, day(valid_from) as day from silver.slv_{prices.name}_current")  # noqa: S608
    assert current == [{"price": 99, "day": 9}]
    with registry.connect(lake) as conn:
        lines = conn.execute(
            "select terms from registry.receipt"
            " where dataset = %s and line = 'bronze_to_silver' and is_green order by batch_id",
            [prices.name],
        ).fetchall()
    terms = [tuple(row["terms"][n] for n in ("bronze", "state", "superseded", "deletion")) for row in lines]
    assert terms == [(3, 2, 0, 1), (3, 2, 1, 0)]
    (seen,) = status.judge(facts.gather(lake, [prices.name])).datasets
    assert seen.state == "OK"
