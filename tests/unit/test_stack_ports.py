"""Which port a part gets, and what is said when it is taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.settings import Settings
from tidegate.stack import parts, ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_defaults_are_those_of_the_settings_object() -> None:
    chosen = ports.choose({}, {})
    told = Settings.__dataclass_fields__

    assert str(chosen.kafka) in told["kafka_bootstrap"].default
    assert str(chosen.connect) in told["connect_url"].default
    assert str(chosen.s3) in told["s3_endpoint"].default
    assert str(chosen.postgres) in told["postgres_dsn"].default
    assert str(chosen.thrift) in told["thrift"].default
    assert str(chosen.service) in told["service_url"].default
    assert str(chosen.airflow) in told["airflow_url"].default


def test_a_base_moves_all_ports_and_a_variable_moves_one() -> None:
    chosen = ports.choose({"TIDEGATE_PORT_BASE": "25000", "TIDEGATE_PORT_KAFKA": "9092"}, {})

    assert (chosen.s3, chosen.postgres, chosen.kafka) == (25000, 25432, 9092)


def test_a_home_keeps_the_ports_it_was_started_with() -> None:
    first = ports.choose({"TIDEGATE_PORT_BASE": "25000"}, {})

    assert ports.choose({}, first.lines()) == first
    assert ports.choose({"TIDEGATE_PORT_BASE": "26000"}, first.lines()).s3 == 26000


@pytest.mark.parametrize("text", ["many", "-1", "0", "65300", "19000.5"])
def test_a_base_that_is_no_port_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="TIDEGATE_PORT_BASE"):
        ports.choose({"TIDEGATE_PORT_BASE": text}, {})


def test_two_parts_on_one_port_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"TIDEGATE_PORT_CONNECT=19000, TIDEGATE_PORT_S3=19000"):
        ports.choose({"TIDEGATE_PORT_CONNECT": "19000"}, {})


def test_a_taken_port_names_part_port_and_variable(taken: int) -> None:
    chosen = ports.choose({"TIDEGATE_PORT_CONTROLLER": str(taken)}, {})

    with pytest.raises(BrokenError) as caught:
        ports.check_free(chosen, [("kafka", "controller")])

    said = str(caught.value)
    assert f"port {taken} of kafka is taken" in said
    assert "TIDEGATE_PORT_CONTROLLER=" in said
    assert "Nothing was started." in said


def test_every_listener_of_a_part_has_a_port() -> None:
    listeners = [name for part in parts.PARTS for name in part.listeners]

    assert sorted(listeners) == sorted(ports.OFFSETS)
