"""Is a part ready? One real request per part, asked over the network like any client's."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import requests
import thrift_sasl  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from pyhive import hive
from thrift.Thrift import TException  # type: ignore[import-untyped]
from thrift.transport.TSocket import TSocket  # type: ignore[import-untyped]

from metastore_sync import object_store
from metastore_sync.settings import Settings

#: How long one request may take, in seconds.
SECONDS = 5
#: Spark's first statement compiles; a warm server answers within a second.
SPARK_SECONDS = 60

#: Clients' own lines about a server that is not up yet go nowhere: `check` returns what is wrong.
_SILENT = logging.getLogger("tidegate.stack.kafka")
for _logger in (_SILENT, logging.getLogger("thrift.transport.TSocket")):
    _logger.addHandler(logging.NullHandler())
    _logger.propagate = False


def check(part: str, settings: Settings) -> str | None:
    """
    Ask one part for a real answer.

    Returns:
        None when it is healthy, else what is wrong in one line.
    """
    try:
        return CHECKS[part](settings)
    except FAILURES as error:
        first = str(error).strip().partition("\n")[0]
        return f"{type(error).__name__}: {first[:200]}"


def s3_client(settings: Settings) -> Any:
    """Return a client of the object store that gives up at once instead of retrying."""
    return object_store.client(settings, read_seconds=SECONDS, attempts=1)


def _postgres(settings: Settings) -> str | None:
    with psycopg.connect(settings.postgres_dsn, connect_timeout=SECONDS) as connection:
        connection.execute("select 1")
    return None


def _s3(settings: Settings) -> str | None:
    s3_client(settings).list_buckets()
    return None


def _kafka(settings: Settings) -> str | None:
    # librdkafka keeps trying until its time is up; a port where nobody listens refuses at once.
    host, _, port = settings.kafka_bootstrap.partition(",")[0].rpartition(":")
    socket.create_connection((host, int(port)), timeout=SECONDS).close()
    client = AdminClient({"bootstrap.servers": settings.kafka_bootstrap}, logger=_SILENT)
    known = client.list_topics(timeout=SECONDS)
    return None if known.brokers else "the cluster has no broker"


def _connect(settings: Settings) -> str | None:
    # `/connectors` answers only once the worker has joined its group and read its configs.
    answer = requests.get(f"{settings.connect_url}/connectors", timeout=SECONDS)
    return None if answer.ok else f"HTTP {answer.status_code}: {answer.text[:200]}"


def _spark(settings: Settings) -> str | None:
    host, _, port = settings.thrift.partition(":")
    line = TSocket(host, int(port))
    line.setTimeout(SPARK_SECONDS * 1000)
    transport = thrift_sasl.TSaslClientTransport(
        lambda: hive.get_installed_sasl(
            # SASL wants a password although the server asks for none.
            host=host,
            sasl_auth="PLAIN",
            service=None,
            username="health",
            password="-",  # noqa: S106
        ),
        "PLAIN",
        line,
    )
    connection = hive.Connection(thrift_transport=transport, username="health")
    try:
        cursor = connection.cursor()
        cursor.execute("select 1")
        rows = cursor.fetchall()
    finally:
        connection.close()
    return None if rows == [(1,)] else f"`select 1` gave {rows}"


def _service(settings: Settings) -> str | None:
    answer = requests.get(f"{settings.service_url}/health", timeout=SECONDS)
    return None if answer.ok else f"HTTP {answer.status_code}: {answer.text[:200]}"


def _airflow(settings: Settings) -> str | None:
    answer = requests.get(f"{settings.airflow_url}/api/v2/monitor/health", timeout=SECONDS)
    if not answer.ok:
        return f"HTTP {answer.status_code}: {answer.text[:200]}"
    sick = {
        name: (state or {}).get("status")
        for name, state in answer.json().items()
        if (state or {}).get("status") != "healthy"
    }
    return None if not sick else ", ".join(f"{name} is {state}" for name, state in sick.items())


CHECKS: Mapping[str, Callable[[Settings], str | None]] = {
    "postgres": _postgres,
    "s3": _s3,
    "kafka": _kafka,
    "connect": _connect,
    "spark": _spark,
    "service": _service,
    "airflow": _airflow,
}

#: Every way in which a part that is away, or not ready, makes its client fail.
FAILURES: tuple[type[Exception], ...] = (
    OSError,
    requests.RequestException,
    BotoCoreError,
    ClientError,
    psycopg.Error,
    KafkaException,
    TException,
    hive.Error,
)
