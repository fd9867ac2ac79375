"""Declared to running on a real Connect, Kafka and store; the registry is each test's own."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable
from types import MappingProxyType

import pytest
from confluent_kafka import Producer
from fastapi import FastAPI
from fastapi.testclient import TestClient

from metastore_sync import adopt, api, apply, landed, plan, registry, snapshot
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError, UsageError, VerdictError
from metastore_sync.model import Dataset, Mode, Source
from metastore_sync.render import sink_config
from metastore_sync.settings import Settings

pytestmark = pytest.mark.stack
MakeTopic = Callable[[], str]


def dataset(topic: str, **connector: str) -> Dataset:
    return Dataset(
        name=topic,
        kafka_topic=topic,
        mode=Mode.APPEND,
        owner="tests",
        connector=MappingProxyType({"rotate.interval.ms": "200", **connector}),
    )


def registered(settings: Settings) -> dict[str, int]:
    with registry.connect(settings) as conn:
        return {row.dataset.name: row.revision for row in registry.datasets(conn)}


def nothing(_: str) -> None:
    """Hear progress and say nothing."""


def test_what_is_planned_is_done_and_records_land(settings: Settings, make_topic: MakeTopic) -> None:
    topic = make_topic()
    (planned,) = plan.plan(settings, [dataset(topic)]).datasets
    assert (planned.is_new, planned.dag_appears, planned.problems) == (True, True, ())
    assert planned.to_scaffold == (f"brz_{topic}.sql", f"slv_{topic}.sql")
    assert registered(settings) == {}

    apply.apply(settings, [dataset(topic)], nothing)
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap})
    for partition in (0, 0, 1):
        producer.produce(topic, b"{}", partition=partition)
    producer.flush(10)
    deadline = time.monotonic() + 60
    while (offsets := landed.landed_offsets(settings, topic)) != {0: 2, 1: 1}:
        assert time.monotonic() < deadline, offsets
        time.sleep(0.2)
    assert [e.dataset.name for e in snapshot.read(settings).datasets] == [topic]


def test_applying_again_changes_nothing(settings: Settings, make_topic: MakeTopic) -> None:
    wanted = dataset(make_topic())
    apply.apply(settings, [wanted], nothing)
    heard: list[str] = []
    again = apply.apply(settings, [wanted], heard.append)
    assert not again.datasets[0].has_changes
    assert heard == [f"{wanted.name}: revision 1, nothing to change"]


def test_a_change_reaches_registry_and_connector(settings: Settings, make_topic: MakeTopic) -> None:
    topic = make_topic()
    apply.apply(settings, [dataset(topic)], nothing)
    changed = apply.apply(settings, [dataset(topic, **{"rotate.records": "7"})], nothing)
    assert [str(change) for change in changed.datasets[0].connector] == ["+ rotate.records: 7"]
    config = ConnectApi(settings).config(f"tidegate-{topic}")
    assert config is not None
    assert config["rotate.records"] == "7"
    assert registered(settings) == {topic: 2}


def test_a_missing_topic_stops_its_own_dataset_alone(settings: Settings, make_topic: MakeTopic) -> None:
    there, missing = make_topic(), f"missing_{uuid.uuid4().hex[:8]}"
    with pytest.raises(VerdictError, match=f"{missing}: topic {missing} does not exist") as raised:
        apply.apply(settings, [dataset(missing), dataset(there)], nothing)
    assert "kafka-topics --bootstrap-server" in raised.value.next_command
    assert registered(settings) == {there: 1}
    assert ConnectApi(settings).config(f"tidegate-{missing}") is None


def test_connects_validation_is_part_of_the_plan(settings: Settings, make_topic: MakeTopic) -> None:
    wrong = dataset(make_topic(), **{"rotate.records": "0", "rotate.bytes": "many"})
    (planned,) = plan.plan(settings, [wrong]).datasets
    told = {problem.fact.split(":")[0] for problem in planned.problems}
    assert told == {"rotate.bytes", "rotate.records"}


@pytest.mark.parametrize("has_run_before", [True, False])
def test_a_connector_that_does_not_start_changes_nothing(
    settings: Settings, make_topic: MakeTopic, *, has_run_before: bool
) -> None:
    topic = make_topic()
    connect = ConnectApi(settings)
    if has_run_before:
        apply.apply(settings, [dataset(topic)], nothing)
    before = connect.config(f"tidegate-{topic}")
    revisions = registered(settings)
    # Connect does not look into what is meant for the consumer; only the task's start does.
    broken = dataset(topic, **{"consumer.override.bootstrap.servers": "no-port"})
    with pytest.raises(BrokenError, match="no-port") as raised:
        apply.apply(settings, [broken], nothing)
    assert "The registry was not changed." in raised.value.not_done
    assert connect.config(f"tidegate-{topic}") == before
    assert registered(settings) == revisions


def test_a_topic_has_one_dataset(settings: Settings, make_topic: MakeTopic) -> None:
    topic = make_topic()
    apply.apply(settings, [dataset(topic)], nothing)
    second = dataclasses.replace(dataset(topic), name=f"{topic}_again")
    with pytest.raises(VerdictError, match=f"topic {topic} belongs to dataset {topic} already"):
        apply.apply(settings, [second], nothing)


def test_a_connector_made_by_rest_becomes_a_dataset(settings: Settings, make_topic: MakeTopic) -> None:
    topic, other = make_topic(), make_topic()
    connect = ConnectApi(settings)
    config = sink_config(dataset(topic), settings) | {"name": topic}
    connect.put(topic, config)
    elsewhere = sink_config(dataset(other), settings) | {"name": other, "s3.prefix": "raw"}
    connect.put(other, elsewhere)

    first = adopt.look(settings)
    assert topic in first.adopted
    assert first.refused[other] == ('s3.prefix: is "raw"; the guard reads the bucket\'s root: set it empty',)
    with registry.connect(settings) as conn:
        assert registry.dataset(conn, topic).source is Source.CONNECT
    assert topic not in adopt.look(settings).adopted

    connect.put(topic, config | {"dataset.owner": "somebody else"})
    with pytest.raises(UsageError, match=other):
        adopt.adopt(settings)
    with registry.connect(settings) as conn:
        assert registry.dataset(conn, topic).dataset.owner == "somebody else"
    (planned,) = plan.plan(settings, [dataset(topic)]).datasets
    assert "through Connect REST" in planned.problems[0].fact


def test_a_topic_is_registered_by_post(settings: Settings, make_topic: MakeTopic) -> None:
    topic = make_topic()
    service = FastAPI()
    service.include_router(api.router(lambda: settings, lambda _: lambda: None))
    client = TestClient(service)
    body = {"name": topic, "mode": "upsert", "owner": "tests", "pkFields": ["id"]}

    created = client.post("/datasets", json=body)
    assert (created.status_code, created.headers["Location"]) == (201, f"/datasets/{topic}")
    assert created.json() | {"pkFields": ["id"], "state": "OK", "revision": 1} == created.json()
    assert client.post("/datasets", json=body).status_code == 200
    assert client.post("/datasets", json=body | {"owner": "else"}).status_code == 409
    assert client.get(f"/config/slv_{topic}").json()["activeSchema"] is None
    status = ConnectApi(settings).status(f"tidegate-{topic}")
    assert status is not None
    assert status.is_running
    observed = client.get(f"/datasets/{topic}").json()["observed"]
    expected = {"connector": f"tidegate-{topic}", "state": "RUNNING", "drift": []}
    assert observed == observed | expected

    fields = {"owner": "somebody else", "connector": {"rotate.records": 7}}
    changed = client.patch(f"/datasets/{topic}", json=fields, headers={"If-Match": created.headers["ETag"]})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2.OK"')
    config = ConnectApi(settings).config(f"tidegate-{topic}")
    assert config is not None
    assert (config["rotate.records"], config["dataset.owner"]) == ("7", "somebody else")

    typo = {"connector": {"rotate.record": 7}}
    refused = client.patch(f"/datasets/{topic}", json=typo, headers={"If-Match": changed.headers["ETag"]})
    assert refused.status_code == 409
    assert [told["code"] for told in refused.json()["problems"]] == ["CONNECTOR_KEY_UNKNOWN"]


def test_connect_away_is_said_so(settings: Settings) -> None:
    away = dataclasses.replace(settings, connect_url="http://127.0.0.1:1")
    with pytest.raises(BrokenError, match="Kafka Connect does not answer"):
        plan.plan(away, [])
