"""A raw zone and a registry of this test's own, and a landing that writes what the sink would."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from metastore_sync import registry
from metastore_sync.model import Source, from_document
from metastore_sync.settings import PROJECT, Settings

TOPIC_ID = "0a1b2c3d"
LANDED_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
_CREDENTIALS = ("gate", "gate-secret")


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Give the address of an S3 server that this run started."""
    jars = sorted((PROJECT / ".jars" / "s3proxy").glob("s3proxy-*.jar"))
    if not jars:
        pytest.fail("no S3Proxy jar; make it with: make setup")
    folder = Path(tempfile.mkdtemp(prefix="tidegate-s3-"))
    (folder / "data").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "s3proxy.endpoint": endpoint,
        "s3proxy.authorization": "aws-v2-or-v4",
        "s3proxy.identity": _CREDENTIALS[0],
        "s3proxy.credential": _CREDENTIALS[1],
        "jclouds.provider": "filesystem-nio2",
        "jclouds.identity": "x",
        "jclouds.credential": "x",
        "jclouds.filesystem.basedir": str(folder / "data"),
    }
    conf = folder / "s3proxy.conf"
    conf.write_text("\n".join(f"{name}={value}" for name, value in settings.items()))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                "java",
                "-Xmx160m",
                "-XX:+UseSerialGC",
                "-jar",
                str(jars[-1]),
                "--properties",
                str(conf),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _until_it_answers(endpoint)
        yield endpoint
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def _client(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=_CREDENTIALS[0],
        aws_secret_access_key=_CREDENTIALS[1],
        region_name="us-east-1",
        config=Config(
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def _until_it_answers(endpoint: str) -> None:
    host, port = endpoint.removeprefix("http://").split(":")
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@dataclass
class World:
    """One dataset, its raw zone, and where each partition's chain of manifests ends."""

    settings: Settings
    client: Any
    name: str = "orders"
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    clock: datetime = LANDED_AT

    def declare(self, **fields: object) -> None:
        """Register the dataset, in mode append unless told otherwise."""
        document = {"name": self.name, "mode": "append", "owner": "shop@example.com", **fields}
        with registry.connect(self.settings) as conn:
            registry.put_dataset(conn, from_document(document), source=Source.API, actor="test")

    def land(self, *values: object, **where: Any) -> str:
        """Land values (dicts as JSON; text and bytes as they are; None is a tombstone) as one object."""
        return self.land_records([{"value": value} for value in values], **where)

    def land_records(
        self,
        given: Sequence[Mapping[str, Any]],
        *,
        partition: int = 0,
        topic_id: str = TOPIC_ID,
        skip: int = 0,
        contiguous: bool = True,
        compression: str = "gzip",
        manifest_changes: Mapping[str, Any] | None = None,
    ) -> str:
        """
        Land records at the end of a partition's chain and return the object's key.

        `skip` offsets are left out before the first record, `contiguous` says whether Kafka withheld
        them, and `manifest_changes` are fields of the manifest that lie.
        """
        expected = self.ends.get((topic_id, partition), 0)
        first = expected + skip
        text = b"".join(self._line(record, partition, offset) for offset, record in enumerate(given, first))
        stored = gzip.compress(text) if compression == "gzip" else text
        last = first + len(given) - 1
        key = self._data_key(topic_id, partition, first)
        self.put(key, stored)
        self.clock += timedelta(minutes=1)
        manifest = {
            "manifest_version": 1,
            "topic": self.name,
            "topic_id": topic_id,
            "topic_uuid": f"{topic_id}-0000-4000-8000-000000000000",
            "partition": partition,
            "expected_offset": expected,
            "chain_start_offset": 0,
            "log_start_offset": 0,
            "cleanup_policy": "delete",
            "contiguous_read": contiguous,
            "delivery": "exactly-once",
            "data_key": key,
            "attempt": "00000000",
            "etag": "x",
            "sha256": hashlib.sha256(stored).hexdigest(),
            "compression": compression,
            "bytes": len(stored),
            "line_bytes": len(text),
            "value_bytes": 0,
            "record_count": len(given),
            "first_offset": first,
            "last_offset": last,
            "min_timestamp": None,
            "max_timestamp": None,
            "landed_at": self.clock.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            **(manifest_changes or {}),
        }
        self.put(self.manifest_key(topic_id, partition, expected), json.dumps(manifest).encode())
        self.ends[topic_id, partition] = last + 1
        return key

    def manifest_key(self, topic_id: str, partition: int, expected: int) -> str:
        """Return where the manifest at a place of the chain is kept."""
        return f"{self.name}/_manifest/{topic_id}/{partition}/{expected:020d}.json"

    def put(self, key: str, body: bytes) -> None:
        """Store an object."""
        self.client.put_object(Bucket=self.settings.raw_bucket, Key=key, Body=body)

    def remove(self, key: str) -> bytes:
        """Take an object away and return what it was."""
        body = self.client.get_object(Bucket=self.settings.raw_bucket, Key=key)["Body"].read()
        self.client.delete_object(Bucket=self.settings.raw_bucket, Key=key)
        return bytes(body)

    def environment(self) -> dict[str, str]:
        """Return the variables by which another process finds this world."""
        settings = self.settings
        return {
            **os.environ,
            "TIDEGATE_HOME": str(settings.home),
            "TIDEGATE_POSTGRES_DSN": settings.postgres_dsn,
            "TIDEGATE_S3_ENDPOINT": settings.s3_endpoint,
            "TIDEGATE_S3_ACCESS_KEY": settings.s3_access_key,
            "TIDEGATE_S3_SECRET_KEY": settings.s3_secret_key,
            "TIDEGATE_RAW_BUCKET": settings.raw_bucket,
            "TIDEGATE_SNAPSHOT_KEY": settings.snapshot_key,
        }

    def rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        """Ask the registry."""
        with registry.connect(self.settings) as conn:
            return list(conn.execute(query, values).fetchall())

    def value(self, query: str, **values: object) -> Any:
        """Ask the registry for one value."""
        return next(iter(self.rows(query, **values)[0].values()))

    def _data_key(self, topic_id: str, partition: int, first: int) -> str:
        attempt = secrets.token_hex(4)
        day = f"{self.clock:%Y-%m-%d}"
        name = f"{self.name}+{topic_id}+{partition:05d}+{first:020d}+{attempt}.jsonl.gz"
        return f"{self.name}/date={day}/{name}"

    def _line(self, record: Mapping[str, Any], partition: int, offset: int) -> bytes:
        line = {
            "topic": self.name,
            "partition": partition,
            "offset": offset,
            "timestamp": 1_763_640_000_000,
            "timestamp_type": "CreateTime",
            "key": None,
            "headers": [],
            **record,
        }
        if isinstance(line.get("value"), dict | list):
            line["value"] = json.dumps(line["value"])
        return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@pytest.fixture
def raw_zone(s3_endpoint: str, tmp_path: Path) -> World:
    """Give an empty raw zone without a registry."""
    return _raw_zone(s3_endpoint, tmp_path)


def _raw_zone(s3_endpoint: str, home: Path) -> World:
    client = _client(s3_endpoint)
    bucket = f"raw-{secrets.token_hex(4)}"
    client.create_bucket(Bucket=bucket)
    settings = Settings(
        home=home,
        s3_endpoint=s3_endpoint,
        s3_access_key=_CREDENTIALS[0],
        s3_secret_key=_CREDENTIALS[1],
        raw_bucket=bucket,
    )
    return World(settings, client)


@pytest.fixture
def world(registry_settings: Settings, raw_zone: World) -> World:
    """Give an empty raw zone and an empty registry."""
    return _with_registry(registry_settings, raw_zone)


@pytest.fixture(scope="module")
def module_world(
    new_registry: Callable[[Path], Settings], s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """Give the same to all tests of a module together."""
    home = tmp_path_factory.mktemp("home")
    return _with_registry(new_registry(home), _raw_zone(s3_endpoint, home))


def _with_registry(registry_settings: Settings, raw_zone: World) -> World:
    dsn, key = registry_settings.postgres_dsn, registry_settings.snapshot_key
    settings = replace(raw_zone.settings, postgres_dsn=dsn, snapshot_key=key)
    return World(settings, raw_zone.client)


@pytest.fixture
def orders(world: World) -> World:
    """Give a world in which the dataset orders is registered, in mode append."""
    world.declare()
    return world
