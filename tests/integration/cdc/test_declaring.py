"""From a table to its connectors: what plan refuses, what apply makes, what is left when it is over."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from metastore_sync import apply, captured, lifecycle, plan, registry, topics
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import VerdictError
from metastore_sync.model import Dataset
from metastore_sync.render import connectors
from metastore_sync.render_cdc import slot_name, source_name
from metastore_sync.settings import Settings
from tidegate.facts import slots

pytestmark = pytest.mark.stack

#: What is done to a fine table or declaration → the problem, and what to type about it.
REFUSALS = {
    "no table": (["drop table {table}"], {}, "does not exist in shop", "create it, or correct cdc.table"),
    "large values": (
        ["alter table {table} replica identity default"],
        {},
        "may hold values too large for its log entries",
        "alter table public.NAME replica identity full",
    ),
    "no key logged": (
        ["alter table {table} replica identity nothing"],
        {},
        "may hold values too large for its log entries",
        "alter table public.NAME replica identity full",
    ),
    "another key": (
        [],
        {"pk_fields": ("name",)},
        "has the primary key id, pk_fields are name",
        "correct pk_fields",
    ),
    "no key": (
        ["alter table {table} drop constraint {key}"],
        {},
        "has the primary key none",
        "correct pk_fields",
    ),
    "left out of its publication": (
        ["create publication {slot}"],
        {},
        "leaves public.NAME out",
        "alter publication tidegate_NAME add table public.NAME",
    ),
}


@pytest.mark.parametrize("name", list(REFUSALS))
def test_plan_refuses_what_would_lose_changes(
    name: str, stack: Settings, dataset: Dataset, table: Any
) -> None:
    statements, fields, fact, command = REFUSALS[name]
    for statement in statements:
        table.alter(statement)

    (planned,) = plan.plan(stack, [dataclasses.replace(dataset, **fields)]).datasets

    (problem,) = planned.problems
    assert fact.replace("NAME", dataset.name) in problem.fact
    assert problem.next_command.startswith(command.replace("NAME", dataset.name))


def test_a_table_whose_rows_are_always_short_needs_only_its_key_logged(
    stack: Settings, dataset: Dataset, table: Any
) -> None:
    table.alter("drop table {table}")
    table.alter("create table {table} (id bigint primary key, name varchar(40), money numeric(15, 2))")

    (planned,) = plan.plan(stack, [dataset]).datasets

    assert planned.problems == ()


def test_a_database_nobody_told_of_stops_its_dataset_alone(
    stack: Settings, dataset: Dataset, table: Any
) -> None:
    assert dataset.cdc is not None
    other = dataclasses.replace(dataset, cdc=dataclasses.replace(dataset.cdc, connection="nowhere"))

    refused, fine = plan.plan(stack, [other, dataset]).datasets

    assert "not set: TIDEGATE_CDC_NOWHERE_HOST" in refused.problems[0].fact
    assert fine.problems == ()


def test_apply_makes_topic_and_both_connectors_and_a_second_one_changes_nothing(
    stack: Settings, dataset: Dataset, table: Any, registered: Callable[[], int]
) -> None:
    apply.apply(stack, [dataset], nothing)
    (again,) = plan.plan(stack, [dataset]).datasets

    assert (again.has_changes, again.problems) == (False, ())
    config = ConnectApi(stack).config(source_name(dataset.name)) or {}
    assert config["database.password"] == "${env:TIDEGATE_CDC_SHOP_PASSWORD}"
    fact = slots.read(stack, [dataset])[dataset.name]
    assert fact.slot is not None
    assert (fact.slot.is_active, fact.slot.wal_status) == (True, "reserved")

    apply.apply(stack, [dataset], nothing)
    assert registered() == 1


def test_an_idle_slot_is_seen_and_goes_with_its_dataset(
    stack: Settings, dataset: Dataset, table: Any
) -> None:
    apply.apply(stack, [dataset], nothing)
    ConnectApi(stack).delete(source_name(dataset.name))
    table.wait_until_idle()
    table.alter("insert into {table} (id, name, balance, changed_at) values (-1, 'x', 0, now())")

    fact = slots.read(stack, [dataset])[dataset.name]
    assert fact.slot is not None
    assert (fact.slot.is_active, fact.slot.behind_bytes > 0) == (False, True)

    name = slot_name(dataset.name)
    assert captured.drop(stack, dataset) == [f"replication slot {name}", f"publication {name}"]
    assert slots.read(stack, [dataset])[dataset.name].slot is None
    assert captured.drop(stack, dataset) == []


def test_a_captured_table_rests_and_ends_with_its_dataset(
    stack: Settings, dataset: Dataset, table: Any
) -> None:
    apply.apply(stack, [dataset], nothing)
    api, source = ConnectApi(stack), source_name(dataset.name)

    paused = lifecycle.pause(stack, dataset.name, "ann", "the shop moves")
    assert "slot retains" in paused.effects["capture"]
    status = api.status(source)
    assert status is not None
    assert status.state == "PAUSED"
    assert slots.read(stack, [dataset])[dataset.name].slot is not None

    lifecycle.resume(stack, dataset.name, "ann", "the shop moved")
    status = api.status(source)
    assert status is not None
    assert status.is_running

    name = slot_name(dataset.name)
    retired = lifecycle.retire(stack, dataset.name, "ann", "the shop closed")
    assert f"replication slot {name}, publication {name}" in retired.effects["capture"]
    assert api.config(source) is None
    assert slots.read(stack, [dataset])[dataset.name].slot is None
    lifecycle.retire(stack, dataset.name, "ann", "twice changes nothing")

    lifecycle.resume(stack, dataset.name, "ann", "the shop opened again")
    until(lambda: (fact := slots.read(stack, [dataset])[dataset.name].slot) is not None and fact.is_active)


def test_what_a_new_slot_waits_for_is_told(stack: Settings, dataset: Dataset, table: Any) -> None:
    """A slot begins only where no older transaction goes on; Connect would say that there is no task yet."""
    source, _ = connectors(dataset, stack)
    topics.ensure(stack, dataset.kafka_topic)
    with table.connect() as open_one:
        open_one.execute("select pg_current_xact_id()")
        ConnectApi(stack).put(source["name"], source)
        told: list[str] = []
        until(lambda: told.extend(captured.waits_for(stack, dataset)) or bool(told))
        assert f"open transaction of process {open_one.info.backend_pid} " in told[0]
        open_one.rollback()

    until(lambda: slots.read(stack, [dataset])[dataset.name].slot is not None)
    assert captured.waits_for(stack, dataset) == []


def test_a_connector_that_does_not_start_leaves_nothing_declared(
    stack: Settings, dataset: Dataset, table: Any, registered: Callable[[], int]
) -> None:
    """Connect's own validation is asked with the settings as they will run."""
    assert dataset.cdc is not None
    settings = MappingProxyType({"snapshot.mode": "sometimes"})
    wrong = dataclasses.replace(dataset, cdc=dataclasses.replace(dataset.cdc, connector=settings))

    with pytest.raises(VerdictError, match=r"snapshot\.mode"):
        apply.apply(stack, [wrong], nothing)

    assert registered() == 0
    assert ConnectApi(stack).config(source_name(dataset.name)) is None


@pytest.fixture
def registered(stack: Settings, dataset: Dataset) -> Callable[[], int]:
    """Tell the dataset's revision in the registry, 0 when it has none."""

    def revision() -> int:
        with registry.connect(stack) as conn:
            rows = {row.dataset.name: row.revision for row in registry.datasets(conn)}
        return rows.get(dataset.name, 0)

    return revision


def until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def nothing(_: str) -> None:
    """Hear progress and say nothing."""
