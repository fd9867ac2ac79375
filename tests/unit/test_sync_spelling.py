"""One dataset, three spellings: translating there and back loses nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metastore_sync import spelling
from metastore_sync.dataset_files import check_document
from metastore_sync.errors import UsageError
from metastore_sync.layout import Landing, Layout, Newest, Values
from metastore_sync.model import (
    CDC_ORDER,
    CDC_TIME,
    Action,
    Cdc,
    Dataset,
    Mode,
    Start,
    Target,
    from_document,
    to_document,
)

words = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
lists = st.lists(words, unique=True, max_size=3).map(tuple)
transforms = st.lists(
    words | words.map(lambda word: f"jar:lib/{word}.jar!{word}"), unique=True, max_size=3
).map(tuple)
landings = st.one_of(
    st.just(Landing()),
    st.builds(
        Landing,
        layout=st.just(Layout.CONFLUENT),
        bucket=st.sampled_from(["", "events"]),
        prefix=st.sampled_from(["", "topics/", "a/b/"]),
        values=st.sampled_from(Values),
        newest=st.sampled_from(Newest),
    ),
    st.builds(
        Landing,
        layout=st.just(Layout.AIVEN),
        file_name_template=st.just("{{topic}}/{{partition}}/{{start_offset:padding=true}}"),
    ),
)
datasets = st.builds(
    Dataset,
    name=words,
    kafka_topic=words,
    mode=st.sampled_from(Mode),
    owner=words,
    pk_fields=st.lists(words, unique=True, min_size=1, max_size=3).map(tuple),
    order_by=lists,
    partition_keys=lists,
    event_time=words,
    event_id=lists,
    transforms=transforms,
    schedule=st.sampled_from(["", "@hourly", "*/5 * * * 1-5"]),
    max_lag=st.integers(1, 10**6),
    start=st.sampled_from(Start),
    policy=st.dictionaries(st.sampled_from(["FIELD_ADDED", "TYPE_WIDENED"]), st.sampled_from(Action)).map(
        MappingProxyType
    ),
    targets=st.lists(st.sampled_from(Target), unique=True, min_size=1).map(tuple),
    landing=landings,
)
settings_of_a_capture = st.dictionaries(
    st.sampled_from(["heartbeat.interval.ms", "snapshot.fetch.size"]), words
).map(MappingProxyType)
captured = st.builds(
    Dataset,
    name=words,
    kafka_topic=words,
    mode=st.just(Mode.UPSERT),
    owner=words,
    pk_fields=st.lists(words, unique=True, min_size=1, max_size=3).map(tuple),
    order_by=st.just(CDC_ORDER),
    event_time=st.just(CDC_TIME),
    cdc=st.builds(Cdc, connection=words, table=st.just("public.t"), connector=settings_of_a_capture),
)
CONTRACT = {"type": "object", "required": ["order_id"], "properties": {"order_id": {"type": "integer"}}}


@given(datasets | captured)
def test_to_the_api_and_back(dataset: Dataset) -> None:
    document = to_document(dataset)
    assert spelling.from_api(spelling.to_api(document)) == document


@given(datasets)
def test_to_a_connector_and_back(dataset: Dataset) -> None:
    config = spelling.to_connector(to_document(dataset)) | {"topics": dataset.kafka_topic}
    document = spelling.from_connector(config)
    assert document is not None
    assert check_document(document) == []
    assert from_document(document) == dataset


@given(captured)
def test_a_connector_declares_the_table_that_fills_its_topic(dataset: Dataset) -> None:
    """The sink does not carry the settings of the connector before the topic."""
    config = spelling.to_connector(to_document(dataset)) | {"topics": dataset.kafka_topic}
    document = spelling.from_connector(config)
    assert document is not None
    assert check_document(document) == []
    assert dataset.cdc is not None
    assert from_document(document).cdc == replace(dataset.cdc, connector=MappingProxyType({}))


def test_settings_of_the_capture_can_be_declared_by_a_connector() -> None:
    setting = {"dataset.cdc.connector.heartbeat.interval.ms": "1"}
    config = {"topics": "t", "dataset.cdc.table": "public.t", **setting}
    document = spelling.from_connector(config)
    assert document is not None
    assert document["cdc"] == {"table": "public.t", "connector": {"heartbeat.interval.ms": "1"}}


@given(datasets | captured)
def test_every_dataset_of_the_model_satisfies_its_schema(dataset: Dataset) -> None:
    assert check_document(to_document(dataset)) == []


def test_jars_are_transforms() -> None:
    given_jars = {"transforms": ["trim"], "transformJars": ["a.jar!A", "jar:b.jar!B"]}
    assert spelling.from_api(given_jars) == {"transforms": ["trim", "jar:a.jar!A", "jar:b.jar!B"]}


def test_the_api_has_one_spelling() -> None:
    with pytest.raises(UsageError, match="pk_fields: the API spells it pkFields"):
        spelling.from_api({"pk_fields": ["id"]})


def test_a_connector_without_dataset_keys_declares_nothing() -> None:
    assert spelling.from_connector({"topics": "orders", "tasks.max": "1"}) is None


def test_a_connector_names_its_dataset_by_its_topic_unless_told() -> None:
    config = {"topics": "clicks", "dataset.mode": "append", "dataset.owner": "web"}
    assert spelling.from_connector(config) == {
        "mode": "append",
        "owner": "web",
        "kafka_topic": "clicks",
        "name": "clicks",
    }


def test_an_unknown_connector_key_is_told_as_it_was_written() -> None:
    config = {"topics": "clicks", "dataset.mode": "append", "dataset.ownr": "web"}
    document = spelling.from_connector(config)
    told = check_document(document, spelling.connector_field)
    assert told[0].startswith("dataset.owner: is missing.")
    assert told[1].startswith("dataset.ownr: is not a field of a dataset (did you mean dataset.owner?)")


def test_a_contract_keeps_the_names_in_it() -> None:
    given = {"name": "orders", "mode": "append", "owner": "shop", "contract": CONTRACT}
    dataset = from_document(spelling.from_api(given))

    assert spelling.to_api(to_document(dataset))["contract"] == CONTRACT


def test_a_connector_declares_its_contract_as_text_and_is_not_rendered_with_it() -> None:
    text = json.dumps(CONTRACT)
    config = {"topics": "orders", "dataset.mode": "append", "dataset.owner": "shop", "dataset.contract": text}
    document = spelling.from_connector(config)
    assert document is not None
    assert check_document(document) == []
    assert to_document(from_document(document))["contract"] == CONTRACT
    rendered = spelling.to_connector(to_document(from_document(document)))
    assert [key for key in rendered if "contract" in key] == []


@pytest.mark.parametrize("text", ["{", "[1]", "7", "orders.schema.json", "[" * 100_000])
def test_a_connectors_contract_that_is_no_object_is_told(text: str) -> None:
    config = {"topics": "orders", "dataset.mode": "append", "dataset.owner": "shop", "dataset.contract": text}

    told = check_document(spelling.from_connector(config), spelling.connector_field)

    assert told == ["dataset.contract: is no JSON object; allowed: a JSON Schema (2020-12) of one record"]
