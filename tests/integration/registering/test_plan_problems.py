"""What `plan` catches before anything changes, case by case, on real parts."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from psycopg.rows import DictRow
from ruamel.yaml import YAML

from metastore_sync import adopt, plan, registry, render
from metastore_sync.connect_api import ConnectApi
from metastore_sync.declared import everything
from metastore_sync.model import Source, from_document
from metastore_sync.problem_codes import SEVERITY, ProblemCode
from metastore_sync.settings import Settings

pytestmark = pytest.mark.stack
CASES: dict[str, Any] = YAML(typ="safe").load(Path(__file__).parents[2] / "cases" / "plan" / "problems.yml")
PLAIN = {"name": "plan_cases", "mode": "append", "owner": "tests", "kafka_topic": "plan_cases"}


@pytest.fixture(scope="module")
def topics(light_stack: Settings) -> Iterator[None]:
    """Make the topics of all cases: nothing is ever produced to them."""
    admin = AdminClient({"bootstrap.servers": light_stack.kafka_bootstrap})
    names = ["plan_cases", "plan_letters"]
    for made in admin.create_topics([NewTopic(name, 2, 1) for name in names]).values():
        made.result(10)
    yield
    for deleted in admin.delete_topics(names).values():
        deleted.result(10)


@pytest.fixture
def strangers(connect: ConnectApi, topics: None) -> Iterator[Callable[[str, Mapping[str, str | None]], None]]:
    """Make connectors of `plan_cases` by Connect REST, and delete them when the case is over."""
    made: list[str] = []

    def make(name: str, config: Mapping[str, str | None]) -> None:
        made.append(name)
        connect.put(name, {key: value for key, value in config.items() if value is not None})
        deadline = time.monotonic() + 30
        while not ((status := connect.status(name)) and status.is_running):
            assert time.monotonic() < deadline, status
            time.sleep(0.1)

    yield make
    for name in made:
        connect.delete(name)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_problems_are_named_before_anything_changes(
    *,
    case: dict[str, Any],
    settings: Settings,
    connect: ConnectApi,
    strangers: Callable[[str, Mapping[str, str | None]], None],
    admit: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = case.get("given", {})
    settings = dataclasses.replace(settings, **given.get("settings", {}))
    plain = render.sink_config(from_document(PLAIN), settings)
    sink_only = {key: value for key, value in plain.items() if not key.startswith("dataset.")}
    for name, config in given.get("connectors", {}).items():
        strangers(name, {**sink_only, "name": name, **config})
    with registry.connect(settings) as conn:
        for document in given.get("registered", []):
            register(conn, admit, **document)
    if given.get("sync"):
        assert "plan_stranger" in adopt.look(settings).adopted
    monkeypatch.setattr(render, "SINK", given.get("sink", render.SINK))
    before = connect.configs(), rows(settings)

    if case.get("declared") == "registered":
        declared, _ = everything(settings, [])
        made = plan.plan(settings, declared)
    else:
        made = plan.plan(settings, [from_document({**PLAIN, **case.get("dataset", {})})])

    assert (connect.configs(), rows(settings)) == before
    (entry,) = made.datasets
    told = [(p.code.value, p.fact, p.next_command) for p in (*entry.problems, *entry.warnings)]
    expected = [tuple(filled(text, settings) for text in line) for line in case["says"]]
    assert [line[0] for line in told] == [line[0] for line in expected], told
    for line, wanted in zip(told, expected, strict=True):
        for text, pattern in zip(line, wanted, strict=True):
            assert re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text, re.DOTALL), text
    assert made.has_problems is any(SEVERITY[ProblemCode(line[0])] == "refuses" for line in expected)


def test_every_problem_has_a_case() -> None:
    told = {line[0] for case in CASES.values() for line in case["says"]}

    # Captured tables need a database of their own: theirs are in tests/integration/cdc.
    assert told == set(ProblemCode) - {ProblemCode.TABLE_NOT_CAPTURED}


def filled(text: str, settings: Settings) -> str:
    return text.replace("{kafka}", settings.kafka_bootstrap).replace("{connect}", settings.connect_url)


def rows(settings: Settings) -> list[registry.DatasetRow]:
    with registry.connect(settings) as conn:
        return registry.datasets(conn)


def register(
    conn: psycopg.Connection[DictRow],
    admit: Callable[..., None],
    *,
    source: str = "file",
    schema: Mapping[str, Any] | None = None,
    batches: int = 0,
    **document: Any,
) -> None:
    """Declare a dataset and let the guard have admitted batches of records like `schema`."""
    dataset = from_document({**PLAIN, "kafka_topic": None, **document})
    registry.put_dataset(conn, dataset, source=Source(source), actor="test")
    if schema is not None:
        admit(conn, dataset.name, schema, batches)
