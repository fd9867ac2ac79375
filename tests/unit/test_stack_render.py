"""What a stack writes about itself: settings files, the env file, secrets."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from metastore_sync import settings
from tidegate.stack import installation, parts, render
from tidegate.stack.installation import Installation


def described(home: Path, variables: Mapping[str, str] = {}) -> Installation:
    return installation.describe({"TIDEGATE_HOME": str(home), **variables})


@pytest.fixture
def stack(tmp_path: Path) -> Installation:
    return described(tmp_path / "home")


def test_two_homes_share_no_path_no_port_and_no_secret(tmp_path: Path) -> None:
    one = described(tmp_path / "one", {"TIDEGATE_PORT_BASE": "25000"})
    two = described(tmp_path / "two", {"TIDEGATE_PORT_BASE": "26000"})
    written = "\n".join(render.render(two).values()) + "\n".join(two.lines().values())

    private = [str(one.layout.home), str(one.layout.socket), str(one.layout.postgres)]
    private += [value for name, value in one.ports.lines().items() if name != "TIDEGATE_HOME"]
    private += [getattr(one.secrets, name) for name in one.secrets.__dataclass_fields__]
    assert [word for word in private if word in written] == []


def test_the_env_file_tells_every_process_the_settings_in_force(stack: Installation) -> None:
    installation.write_env(stack)

    assert settings.load({"TIDEGATE_HOME": str(stack.layout.home)}) == stack.settings


def test_secrets_are_made_once_and_only_their_owner_reads_them(stack: Installation) -> None:
    installation.write_env(stack)
    render.write(stack, render.render(stack))

    assert described(stack.layout.home).secrets == stack.secrets
    files = [stack.layout.env, *(f for f in stack.layout.stack.iterdir() if f.is_file())]
    assert {f.name: oct(stat.S_IMODE(f.stat().st_mode)) for f in files} == {f.name: "0o600" for f in files}


def test_the_command_lines_that_everyone_can_see_hold_no_secret(stack: Installation) -> None:
    conf = render.render(stack)["supervisord.conf"]
    commands = [line for line in conf.splitlines() if line.startswith("command=")]
    secrets = [getattr(stack.secrets, name) for name in stack.secrets.__dataclass_fields__]

    assert commands
    assert [s for s in secrets if any(s in command for command in commands)] == []


def test_only_parts_whose_files_changed_are_stale(stack: Installation) -> None:
    texts = render.render(stack)
    render.write(stack, texts)
    moved = described(stack.layout.home, {"TIDEGATE_PORT_CONNECT": "19999"})

    assert render.changed_parts(stack, texts) == set()
    assert render.changed_parts(moved, render.render(moved)) == {"connect"}


def test_an_address_in_the_environment_replaces_the_part(tmp_path: Path) -> None:
    variables = {"TIDEGATE_KAFKA_BOOTSTRAP": "broker.example:9092"}
    stack = described(tmp_path, variables)

    assert stack.external == {"kafka"}
    assert [p.name for p in parts.choose(["connect"], stack.external)] == ["s3", "connect"]
    texts = render.render(stack)
    assert "server.properties" not in texts
    assert "[program:kafka]" not in texts["supervisord.conf"]
    assert "bootstrap.servers=broker.example:9092" in texts["worker.properties"]


def test_a_shell_that_sourced_the_env_file_still_runs_its_own_stack(stack: Installation) -> None:
    sourced = described(stack.layout.home, stack.lines())

    assert (sourced.external, sourced.settings) == (frozenset(), stack.settings)


def test_a_long_home_gets_a_socket_path_that_a_kernel_takes(tmp_path: Path) -> None:
    deep = tmp_path / ("a-long-name" * 9)
    stack = described(deep)

    assert len(str(stack.layout.socket)) < 100
    assert stat.S_IMODE(stack.layout.socket.parent.stat().st_mode) == 0o700
    stack.layout.socket.parent.rmdir()
