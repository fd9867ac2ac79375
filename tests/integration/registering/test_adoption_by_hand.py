"""What somebody does through Connect REST shows up in the registry and in the plan, and who wins is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from metastore_sync import adopt, apply, plan, plan_text, registry, snapshot
from metastore_sync.connect_api import ConnectApi
from metastore_sync.declared import everything
from metastore_sync.model import Dataset, DatasetState, Source
from metastore_sync.render import sink_config
from metastore_sync.settings import Settings
from tidegate.adoption import Adoption

pytestmark = pytest.mark.stack
MakeTopic = Callable[[], str]
Make = Callable[..., Dataset]


class Rest:
    """One adopted connector, and what the registry makes of it."""

    def __init__(self, settings: Settings, connect: ConnectApi, dataset: Dataset) -> None:
        self.settings, self.connect, self.name = settings, connect, dataset.name
        self.config = sink_config(dataset, settings) | {"name": dataset.name}

    def put(self, **changed: str) -> None:
        self.config |= {key.replace("_", "."): value for key, value in changed.items()}
        self.connect.put(self.name, self.config)

    def wait(self, state: str) -> None:
        deadline = time.monotonic() + 30
        while (status := self.connect.status(self.name)) is None or status.observed != state:
            assert time.monotonic() < deadline, status
            time.sleep(0.1)

    def sync(self) -> list[str]:
        """Look once, and return what this connector's owner is told."""
        return [line for line in adopt.look(self.settings).observed if line.startswith(f"{self.name}: ")]

    def drift(self) -> list[str]:
        declared, _ = everything(self.settings, [], [self.name])
        (entry,) = plan.plan(self.settings, declared).datasets
        return [*(str(drift) for drift in entry.drift), *(problem.fact for problem in entry.warnings)]

    def state(self) -> DatasetState:
        with registry.connect(self.settings) as conn:
            return registry.dataset(conn, self.name).state

    def audit(self) -> list[str]:
        with registry.connect(self.settings) as conn:
            lines = conn.execute(
                "select action from registry.audit_log where dataset = %s order by id", [self.name]
            ).fetchall()
        return [line["action"] for line in lines]


@pytest.fixture
def rest(settings: Settings, connect: ConnectApi, make_topic: MakeTopic, make_dataset: Make) -> Rest:
    found = Rest(settings, connect, make_dataset(make_topic()))
    found.put()
    found.wait("RUNNING")
    assert found.name in adopt.look(settings).adopted
    return found


def test_a_created_connector_is_a_dataset_and_is_adopted_once(rest: Rest) -> None:
    assert rest.name not in adopt.look(rest.settings).adopted
    assert rest.drift() == []
    assert rest.audit() == ["adopt_connector"]
    assert rest.name in {entry.dataset.name for entry in snapshot.read(rest.settings).datasets}


def test_a_changed_connector_is_drift_until_the_registry_follows(rest: Rest) -> None:
    rest.put(dataset_owner="somebody else", rotate_records="10")
    planned = rest.drift()

    assert rest.name in adopt.look(rest.settings).adopted
    assert planned == [
        "dataset.owner: tests (registry) → somebody else (Connect); tidegate sync takes it over",
        "rotate.records: absent (registry) → 10 (Connect); tidegate sync takes it over",
    ]
    assert rest.drift() == []
    assert rest.audit() == ["adopt_connector", "follow_connector"]
    with registry.connect(rest.settings) as conn:
        assert registry.dataset(conn, rest.name).dataset.owner == "somebody else"


def test_a_change_that_tables_speak_against_is_not_followed(rest: Rest, admit: Callable[..., None]) -> None:
    with registry.connect(rest.settings) as conn:
        admit(conn, rest.name, {"id": 1}, 2)
    rest.put(dataset_mode="upsert", dataset_pk_fields="idd")

    found = adopt.look(rest.settings)

    lacking, mode, keys = found.refused[rest.name]
    assert lacking == "dataset.pk.fields: the ACTIVE schema has no field idd; it has id"
    assert mode.startswith("dataset.mode: append → upsert after 2 batch(es): it decides how records")
    assert keys.startswith("dataset.pk.fields: none → idd after 2 batch(es)")
    assert [line.rpartition("; ")[2] for line in found.observed if line.startswith(rest.name)] == [
        "the registry does not follow: tidegate sync says why"
    ]
    assert len(rest.drift()) == 2
    with registry.connect(rest.settings) as conn:
        assert registry.dataset(conn, rest.name).dataset.pk_fields == ()


@pytest.mark.parametrize(("act", "state"), [("pause", "PAUSED"), ("stop", "STOPPED")])
def test_a_connector_at_rest_pauses_its_dataset_until_it_is_resumed(rest: Rest, act: str, state: str) -> None:
    getattr(rest.connect, act)(rest.name)
    rest.wait(state)
    planned, told, paused = rest.drift(), rest.sync(), rest.state()
    silence = rest.sync()
    rest.connect.resume(rest.name)
    rest.wait("RUNNING")

    assert planned == [f"state: RUNNING (registry) → {state} (Connect); tidegate sync takes it over"]
    assert told == [f"{rest.name}: connector {rest.name} is {state}; Connect wins: {rest.name} follows"]
    assert (paused, silence) == (DatasetState.PAUSED, [])
    assert rest.sync() == [f"{rest.name}: connector {rest.name} is RUNNING again"]
    assert rest.state() is DatasetState.OK
    assert rest.audit()[1:] == ["connector_paused", "set_state", "connector_resumed", "set_state"]


def test_a_deleted_connector_leaves_its_dataset_and_says_what_to_type(rest: Rest) -> None:
    rest.connect.delete(rest.name)
    told = rest.sync()
    gone = f"connector {rest.name} was deleted through Connect REST; dataset, landed objects and tables stay"

    assert len(told) == 1
    assert told[0].endswith(f"PUT the connector again, or: tidegate retire {rest.name}")
    assert rest.drift() == [gone]
    assert rest.state() is DatasetState.OK
    rest.put()
    rest.wait("RUNNING")
    assert rest.sync() == [f"{rest.name}: connector {rest.name} is there again: RUNNING"]
    assert rest.drift() == []


def test_a_file_takes_over_when_the_connector_is_gone(rest: Rest, make_dataset: Make) -> None:
    (refused,) = plan.plan(rest.settings, [make_dataset(rest.name)]).datasets
    rest.connect.delete(rest.name)
    apply.apply(rest.settings, [make_dataset(rest.name)], lambda _: None)

    assert [problem.code for problem in refused.problems] == ["DECLARED_BY_CONNECTOR"]
    with registry.connect(rest.settings) as conn:
        assert registry.dataset(conn, rest.name).source is Source.FILE
    assert rest.sync() == []


def test_a_second_connector_of_the_same_dataset_takes_nothing_over(rest: Rest) -> None:
    earlier = f"a_{rest.name}"
    rest.connect.put(earlier, rest.config | {"name": earlier, "dataset.owner": "a thief"})

    found = adopt.look(rest.settings)

    assert found.refused[earlier] == (f"dataset.name: connector {rest.name} declares {rest.name} as well",)
    with registry.connect(rest.settings) as conn:
        assert registry.dataset(conn, rest.name).dataset.owner == "tests"


def test_a_connector_of_tidegate_changed_by_hand_is_remembered_and_left_alone(
    settings: Settings, connect: ConnectApi, make_topic: MakeTopic, make_dataset: Make
) -> None:
    topic = make_topic()
    apply.apply(settings, [make_dataset(topic)], lambda _: None)
    assert adopt.look(settings).observed == ()
    config = (connect.config(f"tidegate-{topic}") or {}) | {"rotate.records": "10"}
    connect.put(f"tidegate-{topic}", config)

    turn = Adoption(settings)
    assert turn._adopt() == ""
    row: dict[str, Any] = {}
    with registry.connect(settings) as conn:
        found = conn.execute("select drift from registry.connector where dataset = %s", [topic])
        row = found.fetchone() or {}
        found = conn.execute("select action from registry.audit_log where dataset = %s", [topic])
        lines = found.fetchall()
    assert row["drift"] == [{"key": "rotate.records", "old": None, "new": "10"}]
    assert [line["action"] for line in lines] == ["connector_changed"]
    assert connect.config(f"tidegate-{topic}") == config
    declared, _ = everything(settings, [make_dataset(topic)])
    assert f"{topic}: drifted" in plan_text.render(plan.plan(settings, declared))


def test_a_connector_of_the_api_is_covered_by_plan_and_apply(
    settings: Settings, connect: ConnectApi, make_topic: MakeTopic, make_dataset: Make
) -> None:
    topic = make_topic()
    apply.apply(settings, [make_dataset(topic)], lambda _: None, source=Source.API)
    connect.delete(f"tidegate-{topic}")

    declared, _ = everything(settings, [], [topic])
    (entry,) = plan.plan(settings, declared).datasets
    apply.apply(settings, declared, lambda _: None)

    assert (entry.source, entry.verdict) == (Source.API, "drifted")
    assert connect.config(f"tidegate-{topic}") is not None
    assert plan.plan(settings, declared).datasets[0].verdict == "unchanged"
