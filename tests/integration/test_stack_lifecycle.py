"""A private stack of the two quickest parts: started, started again, killed, changed, stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from metastore_sync.errors import BrokenError
from tidegate.stack import installation, lifecycle, ports
from tidegate.stack.lifecycle import PartState

PARTS = ["postgres", "s3"]


def silent(part: str, event: str) -> None:
    """Progress nobody reads."""


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment of a private stack, in a folder that PostgreSQL's user cannot enter."""
    home = tmp_path_factory.mktemp("home")
    chosen = {"TIDEGATE_HOME": str(home), "TIDEGATE_PORT_BASE": str(ports.free_base())}
    yield chosen
    lifecycle.down(chosen, on_progress=silent)
    shutil.rmtree(installation.describe(chosen).layout.postgres)


@pytest.fixture
def running(variables: Mapping[str, str]) -> Mapping[str, str]:
    lifecycle.up(variables, parts=PARTS, on_progress=silent)
    return variables


def states(variables: Mapping[str, str]) -> dict[str, PartState]:
    return {part.name: part for part in lifecycle.state(variables) if part.name in PARTS}


def until(holds: Callable[[], bool], what: str, seconds: int = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.2)


def test_a_taken_port_stops_up_before_anything_starts(variables: Mapping[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        with pytest.raises(BrokenError, match=rf"port {taken} of s3 .*") as caught:
            lifecycle.up({**variables, "TIDEGATE_PORT_S3": taken}, parts=PARTS, on_progress=silent)

    assert "TIDEGATE_PORT_S3" in str(caught.value)
    assert {part.pid for part in states(variables).values()} == {0}


def test_up_starts_the_parts_and_they_answer(running: Mapping[str, str]) -> None:
    found = states(running).values()

    assert [(part.name, part.state, part.healthy) for part in found] == [
        ("postgres", "RUNNING", True),
        ("s3", "RUNNING", True),
    ]


def test_up_twice_changes_nothing(running: Mapping[str, str]) -> None:
    before = {name: part.pids for name, part in states(running).items()}
    lifecycle.up(running, parts=PARTS, on_progress=silent)

    assert {name: part.pids for name, part in states(running).items()} == before


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_part_comes_back_healthy(running: Mapping[str, str], name: str) -> None:
    killed = states(running)[name].pid
    os.kill(killed, signal.SIGKILL)

    until(lambda: states(running)[name].pid not in (0, killed), f"a new {name}")
    until(lambda: states(running)[name].healthy, f"a healthy {name}")


def test_restart_gives_one_part_a_new_process(running: Mapping[str, str]) -> None:
    before = states(running)
    lifecycle.restart("s3", running, on_progress=silent)
    after = states(running)

    assert after["s3"].healthy
    assert after["s3"].pid != before["s3"].pid
    assert after["postgres"].pid == before["postgres"].pid


def test_a_changed_setting_restarts_the_part_that_reads_it(running: Mapping[str, str]) -> None:
    before = states(running)
    moved = {**running, "TIDEGATE_PORT_S3": str(installation.describe(running).ports.s3 + 7)}
    lifecycle.up(moved, parts=PARTS, on_progress=silent)
    after = states(moved)

    assert after["s3"].healthy
    assert after["s3"].address != before["s3"].address
    assert after["postgres"].pid == before["postgres"].pid


def test_a_running_part_is_not_moved_to_a_taken_port(running: Mapping[str, str]) -> None:
    before = states(running)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = {"TIDEGATE_PORT_S3": str(other.getsockname()[1])}
        with pytest.raises(BrokenError, match="of s3 is taken"):
            lifecycle.up({**running, **taken}, parts=PARTS, on_progress=silent)

    assert {name: part.pids for name, part in states(running).items()} == {
        name: part.pids for name, part in before.items()
    }


def test_a_removed_home_starts_afresh(running: Mapping[str, str]) -> None:
    layout = installation.describe(running).layout
    lifecycle.down(running, on_progress=silent)
    for folder in (layout.stack, layout.data, layout.logs):
        shutil.rmtree(folder)

    lifecycle.up(running, parts=PARTS, on_progress=silent)

    assert {part.healthy for part in states(running).values()} == {True}


def test_sparks_role_reads_the_admitted_views_and_nothing_else(running: Mapping[str, str]) -> None:
    spark = installation.describe(running).spark
    with psycopg.connect(spark.dsn, autocommit=True) as connection:
        assert connection.execute("select count(*) from admitted.batch").fetchone() == (0,)
        for statement in (
            "select * from registry.batch",
            "create table admitted.mine (a int)",
            "insert into registry.audit_log (actor, action) values ('spark', 'tampered')",
        ):
            with pytest.raises(psycopg.Error, match=r"permission denied|read-only"):
                connection.execute(statement)  # type: ignore[call-overload]


def test_down_frees_the_ports_and_keeps_the_data(running: Mapping[str, str]) -> None:
    stack = installation.describe(running)
    with psycopg.connect(stack.settings.postgres_dsn) as connection:
        connection.execute("create table kept as select 42 as answer")
    lifecycle.down(running, on_progress=silent)

    assert ports.is_free(stack.ports.postgres)
    assert ports.is_free(stack.ports.s3)
    lifecycle.up(running, parts=PARTS, on_progress=silent)
    with psycopg.connect(stack.settings.postgres_dsn) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_what_a_killed_supervisor_left_behind_is_ended_by_the_next_up(
    running: Mapping[str, str],
) -> None:
    layout = installation.describe(running).layout
    orphans = {part.pid for part in states(running).values()}
    supervisor = int((layout.stack / "supervisord.pid").read_text())
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: {part.pid for part in states(running).values()} == {0}, "silence", 20)

    lifecycle.up(running, parts=PARTS, on_progress=silent)

    assert {part.healthy for part in states(running).values()} == {True}
    assert orphans.isdisjoint(part.pid for part in states(running).values())
    assert not any(Path(f"/proc/{pid}").exists() for pid in orphans)
