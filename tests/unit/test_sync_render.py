"""The rendered connector config, key by key."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from metastore_sync.changes import Change, changes_between
from metastore_sync.connect_api import cause_of
from metastore_sync.model import CDC_ORDER, CDC_TIME, Action, Cdc, Dataset, Mode, Start
from metastore_sync.render import connectors, sink_config
from metastore_sync.render_cdc import slot_name
from metastore_sync.settings import Settings

ORDERS = Dataset(
    name="orders",
    kafka_topic="shop.orders",
    mode=Mode.UPSERT,
    owner="commerce",
    pk_fields=("shop", "id"),
    start=Start.LATEST,
    policy=MappingProxyType({"FIELD_ADDED": Action.BLOCK}),
    connector=MappingProxyType({"tasks.max": "2", "rotate.records": "10"}),
)
CUSTOMERS = Dataset(
    name="customers",
    kafka_topic="shop.customers",
    mode=Mode.UPSERT,
    owner="crm",
    pk_fields=("id",),
    order_by=CDC_ORDER,
    event_time=CDC_TIME,
    cdc=Cdc(
        connection="shop",
        table="public.customers",
        connector=MappingProxyType({"heartbeat.interval.ms": "500", "snapshot.fetch.size": "10"}),
    ),
)
SETTINGS = Settings(
    home=Path("unused"),
    kafka_bootstrap="kafka:9092",
    s3_endpoint="http://store:9000",
    s3_access_key="an access key",
    s3_secret_key="a secret",
)


def test_the_config_is_exactly_this() -> None:
    golden = Path(__file__).parents[1] / "cases" / "dataset_files" / "orders.connector.json"
    config = sink_config(ORDERS, SETTINGS)
    assert config == json.loads(golden.read_text(encoding="utf-8"))
    assert list(config) == list(json.loads(golden.read_text(encoding="utf-8")))


def test_no_secret_is_rendered() -> None:
    text = json.dumps(sink_config(ORDERS, SETTINGS))
    assert SETTINGS.s3_secret_key not in text
    assert SETTINGS.s3_access_key not in text


def test_aws_itself_needs_neither_endpoint_nor_keys() -> None:
    aws = dataclasses.replace(SETTINGS, s3_endpoint="", s3_access_key="", s3_secret_key="")
    keys = {key for key in sink_config(ORDERS, aws) if key.startswith("s3.")}
    assert keys == {"s3.bucket", "s3.prefix", "s3.region"}


def test_a_captured_table_has_two_connectors() -> None:
    folder = Path(__file__).parents[1] / "cases" / "dataset_files"
    source, sink = connectors(CUSTOMERS, SETTINGS)
    golden = json.loads((folder / "customers.source.json").read_text(encoding="utf-8"))
    assert (source, list(source)) == (golden, list(golden))
    assert sink == sink_config(CUSTOMERS, SETTINGS)
    assert connectors(ORDERS, SETTINGS) == (sink_config(ORDERS, SETTINGS),)


@given(st.from_regex(r"[a-z][a-z0-9_]{0,59}", fullmatch=True))
def test_every_datasets_slot_has_a_name_that_postgresql_takes(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]{1,63}", slot_name(name))


def test_long_names_that_differ_late_keep_slots_of_their_own() -> None:
    assert slot_name("c" * 59 + "a") != slot_name("c" * 59 + "b")


def test_a_change_reads_as_old_and_new() -> None:
    changes = changes_between({"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "4", "d": "5"})
    assert changes == (Change("c", "3", "4"), Change("d", None, "5"), Change("a", "1", None))
    assert [str(change) for change in changes] == ["~ c: 3 → 4", "+ d: 5", "- a: 1"]


def test_a_stack_trace_is_told_by_its_innermost_cause() -> None:
    trace = (
        "org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask\n"
        "\tat org.apache.kafka.connect.runtime.WorkerSinkTask.deliver(WorkerSinkTask.java:633)\n"
        "Caused by: io.tidegate.connect.s3.core.LandingError$Refused: raw: bucket is missing\n"
        "\tat io.tidegate.connect.s3.store.S3ObjectStore.put(S3ObjectStore.java:61)\n"
        "\t... 12 more\n"
    )
    assert cause_of(trace) == "LandingError$Refused: raw: bucket is missing"
    assert cause_of("") == ""
