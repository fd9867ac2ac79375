"""`apply` restarts nothing needlessly, survives late failures and interrupts, and waits for another apply."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import MappingProxyType

import pytest
from confluent_kafka import Consumer, TopicPartition

from metastore_sync import apply, plan, registry
from metastore_sync.changes import DriftKind
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError
from metastore_sync.model import Dataset, to_document
from metastore_sync.settings import Settings

pytestmark = pytest.mark.stack
Make = Callable[..., Dataset]
MakeTopic = Callable[[], str]
PROGRAM = """
import json, sys
from metastore_sync import apply, settings
from metastore_sync.errors import TidegateError
from metastore_sync.model import from_document
say = lambda text: print(text, flush=True)
try:
    apply.apply(settings.load(), [from_document(json.loads(sys.argv[1]))], say)
except TidegateError as error:
    sys.exit(str(error))
"""


def test_a_second_apply_restarts_no_task(
    settings: Settings, make_topic: MakeTopic, make_dataset: Make
) -> None:
    wanted = make_dataset(make_topic(), tasks_max="2")
    heard: list[str] = []
    apply.apply(settings, [wanted], heard.append)
    started = recorded_states(settings, f"tidegate-{wanted.name}")

    again = apply.apply(settings, [wanted], heard.append)

    assert heard[-1] == f"{wanted.name}: revision 1, nothing to change"
    assert not again.datasets[0].has_changes
    assert {part for part, _, _ in started} == {"connector", "task--0", "task--1"}
    assert recorded_states(settings, f"tidegate-{wanted.name}") == started


def test_a_task_that_fails_after_it_ran_brings_the_old_config_back(
    settings: Settings, make_topic: MakeTopic, make_dataset: Make, connect: ConnectApi
) -> None:
    topic = make_topic()
    apply.apply(settings, [make_dataset(topic)], quiet)
    before = connect.config(f"tidegate-{topic}")
    # The task is RUNNING until the broker answers its first request to join the group.
    short = {"consumer.override.session.timeout.ms": "5", "consumer.override.heartbeat.interval.ms": "1"}
    late = make_dataset(topic)
    late = dataclasses.replace(late, connector=MappingProxyType({**late.connector, **short}))

    with pytest.raises(BrokenError) as raised:
        apply.apply(settings, [late], quiet)

    status = connect.status(f"tidegate-{topic}")
    assert "InvalidSessionTimeoutException" in raised.value.where
    assert "\tat " not in str(raised.value)
    assert f"tidegate-{topic} has its old config back and runs." in raised.value.not_done
    assert connect.config(f"tidegate-{topic}") == before
    assert status is not None
    assert status.is_running
    assert revision(settings, topic) == 1


def test_an_interrupted_apply_leaves_the_old_config(
    settings: Settings, make_topic: MakeTopic, make_dataset: Make, connect: ConnectApi
) -> None:
    topic = make_topic()
    apply.apply(settings, [make_dataset(topic)], quiet)
    before = connect.config(f"tidegate-{topic}")
    running = started_apply(settings, make_dataset(topic, rotate_records="7"))
    wait_until(lambda: (connect.config(f"tidegate-{topic}") or {}).get("rotate.records") == "7")

    running.send_signal(signal.SIGINT)
    heard, _ = running.communicate(timeout=90)

    assert running.returncode != 0
    assert f"tidegate-{topic} has its old config back and runs. The registry was not changed." in heard
    assert connect.config(f"tidegate-{topic}") == before
    assert revision(settings, topic) == 1


def test_the_second_of_two_applies_waits_and_says_so(
    settings: Settings, make_topic: MakeTopic, make_dataset: Make, connect: ConnectApi
) -> None:
    topic = make_topic()
    first = started_apply(settings, make_dataset(topic, rotate_records="7"))
    wait_until(lambda: connect.config(f"tidegate-{topic}") is not None)
    heard: list[str] = []

    apply.apply(settings, [make_dataset(topic, rotate_records="9")], heard.append)

    assert first.wait(90) == 0
    assert heard[0] == f"{topic}: another apply works on it; waiting for it to end"
    config = connect.config(f"tidegate-{topic}")
    assert config is not None
    assert config["rotate.records"] == "9"
    assert revision(settings, topic) == 2


def test_what_was_changed_by_hand_is_drift_and_apply_restores_it(
    settings: Settings, make_topic: MakeTopic, make_dataset: Make, connect: ConnectApi
) -> None:
    changed, gone = make_topic(), make_topic()
    wanted = [make_dataset(changed, rotate_records="50000"), make_dataset(gone)]
    apply.apply(settings, wanted, quiet)
    config = connect.config(f"tidegate-{changed}") or {}
    by_hand = {"rotate.records": "10", "kafka.ssl.truststore.password": "hunter2"}
    connect.put(f"tidegate-{changed}", config | by_hand)
    connect.pause(f"tidegate-{changed}")
    connect.delete(f"tidegate-{gone}")
    wait_until(lambda: getattr(connect.status(f"tidegate-{changed}"), "state", "") == "PAUSED")

    first, second = plan.plan(settings, wanted).datasets
    apply.apply(settings, wanted, quiet)

    assert (first.verdict, second.verdict) == ("drifted", "drifted")
    assert {str(drift) for drift in first.drift} == {
        "rotate.records: 10 (Connect) → 50000 (declared); apply restores it",
        "kafka.ssl.truststore.password: (hidden) (Connect) → absent (declared); apply restores it",
        "state: PAUSED (Connect) → RUNNING (declared); apply resumes it",
    }
    assert [drift.kind for drift in second.drift] == [DriftKind.CONNECTOR]
    assert str(second.drift[0]) == "connector: MISSING (Connect) → RUNNING (declared); apply creates it again"
    assert {entry.verdict for entry in plan.plan(settings, wanted).datasets} == {"unchanged"}
    assert connect.config(f"tidegate-{changed}") == config
    states = [connect.status(f"tidegate-{topic}") for topic in (changed, gone)]
    assert all(status and status.is_running for status in states), states
    assert corrected(settings) == {changed: 3, gone: 1}
    assert revision(settings, changed) == 1


def test_a_new_declaration_is_told_apart_from_drift(
    settings: Settings, make_topic: MakeTopic, make_dataset: Make, connect: ConnectApi
) -> None:
    topic = make_topic()
    apply.apply(settings, [make_dataset(topic, rotate_records="10")], quiet)
    config = connect.config(f"tidegate-{topic}") or {}
    connect.put(f"tidegate-{topic}", config | {"rotate.bytes": "4096"})

    (entry,) = plan.plan(settings, [make_dataset(topic, rotate_records="20")]).datasets
    (same,) = plan.plan(settings, [make_dataset(topic, rotate_records="10", rotate_bytes="4096")]).datasets

    assert [str(change) for change in entry.connector] == ["~ rotate.records: 10 → 20"]
    told = "rotate.bytes: 4096 (Connect) → absent (declared); apply restores it"
    assert [str(drift) for drift in entry.drift] == [told]
    # What was done by hand and has been declared since is no drift any more.
    assert (same.connector, same.drift) == ((), ())


def quiet(_: str) -> None:
    """Hear progress and say nothing."""


def started_apply(settings: Settings, dataset: Dataset) -> subprocess.Popen[str]:
    names = [name for name in Settings.__dataclass_fields__ if name != "home"]
    variables = {f"TIDEGATE_{name.upper()}": str(getattr(settings, name)) for name in names}
    environment = {**os.environ, **variables, "TIDEGATE_HOME": str(settings.home)}
    words = [sys.executable, "-c", PROGRAM, json.dumps(to_document(dataset))]
    out = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(words, env=environment, text=True, **out)


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def revision(settings: Settings, name: str) -> int:
    with registry.connect(settings) as conn:
        return registry.dataset(conn, name).revision


def corrected(settings: Settings) -> dict[str, int]:
    """Return dataset → how many things its one correction put right, per the audit log."""
    with registry.connect(settings) as conn:
        lines = conn.execute(
            "select dataset, detail -> 'drift' as drift from registry.audit_log"
            " where action = 'correct_drift'"
        ).fetchall()
    return {line["dataset"]: len(line["drift"]) for line in lines}


def recorded_states(settings: Settings, connector: str) -> list[tuple[str, str, int]]:
    """Return every state that Connect ever recorded of a connector and its tasks: part, state, generation."""
    reads_only = {"group.id": "reads-states", "enable.auto.commit": False}
    consumer = Consumer({"bootstrap.servers": settings.kafka_bootstrap, **reads_only})
    found = []
    topic = next(name for name in consumer.list_topics(timeout=10).topics if name.endswith("status"))
    for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        consumer.assign([TopicPartition(topic, partition, low)])
        while low < high:
            message = consumer.poll(10)
            assert message is not None
            assert message.error() is None
            low = message.offset() + 1
            key = (message.key() or b"").decode()
            part = key.removeprefix("status-").replace(connector, "").strip("-")
            if connector in key and message.value():
                state = json.loads(message.value())
                found.append((part, state["state"], state["generation"]))
    consumer.close()
    return found
