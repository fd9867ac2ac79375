"""A dataset of a test's own: admitted by rows, landed by objects, built by dbt on the stack's Spark."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiosql
import boto3
import psycopg
import pytest
from pyhive import hive

from metastore_sync import settings
from tests.dbt.backfilled import Dataset
from tests.dbt.invocation import invoke, lend_parse
from tests.dbt.proven import Shop

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUERIES = aiosql.from_path(Path(__file__).parent / "sql", "psycopg", mandatory_parameters=False)
MODELS = {
    "brz": "{{ config(materialized='incremental', incremental_strategy='replace_batches',"
    " full_refresh=false) }}\n"
    "select * from {{ landed('NAME') }}\n",
    "slv": "{{ config(materialized='incremental', incremental_strategy='MODE') }}\n"
    "select * from {{ MODE('NAME') }}\n",
}
#: What silver of a captured table says beside the name.
DELETED_WHEN = """, deleted_when="__deleted = 'true'" """

REWIND = (
    "set `spark.sql.iceberg.snapshot-property.tidegate_batch`=BATCH;"
    "insert into TABLE select * from TABLE where false;"
    "reset `spark.sql.iceberg.snapshot-property.tidegate_batch`"
)
POSITION = "select max_by(summary['tidegate_batch'], committed_at) from TABLE.snapshots"


@dataclass(frozen=True)
class Record:
    """One record of a topic; `at` is its Kafka timestamp in seconds after `NOW`."""

    value: dict[str, Any] | str | None
    key: str | None = None
    offset: int = 0
    partition: int = 0
    at: int = 0
    topic_id: str = "0000000a"
    generation: int = 1

    def line(self, topic: str) -> str:
        """Return the landed object's line."""
        text = json.dumps(self.value) if isinstance(self.value, dict) else self.value
        millis = int((NOW + timedelta(seconds=self.at)).timestamp() * 1000)
        place = {"topic": topic, "partition": self.partition, "offset": self.offset}
        stamp = {"timestamp": millis, "timestamp_type": "CreateTime"}
        return json.dumps({**place, **stamp, "key": self.key, "headers": [["h", "1"]], "value": text})


@dataclass
class Lake:
    """The stack's registry, raw bucket and Spark, as one test dataset sees them."""

    name: str
    registry: psycopg.Connection[Any]
    s3: Any
    bucket: str
    spark: Any
    target: Path
    versions: dict[str, int] = field(default_factory=dict)
    batches: int = 0
    #: Schema of silver: what target `dev` writes, unless a test builds by another.
    silver: str = "dev_tidegate_test_silver"
    layers: list[str] = field(default_factory=lambda: list(MODELS))

    def admit(
        self,
        *records: Record,
        columns: dict[str, str],
        watermark: int | None = None,
        rejected: Sequence[int] = (),
        status: str = "ADMITTED",
        offsets: tuple[int, int] | None = None,
    ) -> int:
        """Land the records as one object per partition, admit them as the next batch."""
        self.batches += 1
        version = self._version(columns)
        QUERIES.put_batch(
            self.registry,
            dataset=self.name,
            batch_id=self.batches,
            status=status,
            version=version,
            record_count=len(records),
            rejected_count=len(rejected),
            watermark=None if watermark is None else NOW + timedelta(seconds=watermark),
            at=NOW,
            admitted_at=NOW + timedelta(minutes=self.batches) if status == "ADMITTED" else None,
        )
        for lane in sorted({(r.topic_id, r.generation, r.partition) for r in records}):
            held = [r for r in records if (r.topic_id, r.generation, r.partition) == lane]
            self._land(held, offsets)
        for record in records:
            if record.offset in rejected:
                place = {"topic_id": record.topic_id, "partition": record.partition, "offset": record.offset}
                QUERIES.put_rejected(self.registry, dataset=self.name, batch_id=self.batches, **place)
        self.registry.commit()
        return self.batches

    def _version(self, columns: dict[str, str]) -> int:
        ddl = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
        version = self.versions.setdefault(ddl, len(self.versions) + 1)
        listed = json.dumps([{"name": name, "type": kind} for name, kind in columns.items()])
        QUERIES.put_version(
            self.registry, dataset=self.name, version=version, fingerprint=ddl, ddl=ddl, columns=listed
        )
        return version

    def _land(self, records: list[Record], offsets: tuple[int, int] | None) -> None:
        first = records[0]
        lane = f"{first.topic_id}+{first.partition:05d}+{first.offset:020d}"
        key = f"{self.name}/date=2026-11-20/{self.name}+{lane}+{self.batches:08x}.jsonl.gz"
        body = "".join(record.line(self.name) + "\n" for record in records)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=gzip.compress(body.encode()))
        low, high = offsets or (min(r.offset for r in records), max(r.offset for r in records))
        QUERIES.put_object(
            self.registry,
            dataset=self.name,
            batch_id=self.batches,
            data_key=key,
            topic_id=first.topic_id,
            generation=first.generation,
            partition=first.partition,
            first_offset=low,
            last_offset=high,
            record_count=high - low + 1,
            at=NOW,
        )

    def model(self, layer: str, text: str) -> None:
        """Add a model `<layer>_<name>` to the dataset's; NAME in its text is the dataset's name."""
        folder = self.target.parent / "models" / self.name
        folder.mkdir(exist_ok=True)
        (folder / f"{layer}_{self.name}.sql").write_text(text.replace("NAME", self.name), encoding="utf-8")
        if layer not in self.layers:
            self.layers.append(layer)

    def build(self, *arguments: str, select: str = "") -> Any:
        """Run dbt over the dataset's models (or `select`); return dbt's result."""
        return invoke([*self.words(self.target, select or " ".join(self.layers)), *arguments])

    def words(self, target: Path, select: str) -> list[str]:
        """Return dbt's command line for the layers in `select`, such as "brz slv"."""
        lend_parse(self.target, target)
        project = str(settings.PROJECT / "dbt_project")
        folders = ["--project-dir", project, "--profiles-dir", project]
        # Nobody reads the manifest that dbt would write twice in each of hundreds of runs.
        folders += ["--target-path", str(target), "--log-path", str(target), "--no-write-json"]
        return ["--quiet", "run", *folders, "--select", *(f"{layer}_{self.name}" for layer in select.split())]

    def race(self, select: str) -> list[subprocess.CompletedProcess[str]]:
        """Start dbt twice at once; return both runs when they have ended."""
        commands = [
            [str(Path(sys.executable).parent / "dbt"), *self.words(self.target.parent / f"racer{n}", select)]
            for n in range(2)
        ]
        racers = [
            subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for one in commands
        ]
        said = [one.communicate()[0] for one in racers]
        return [
            subprocess.CompletedProcess(one.args, one.returncode, text)
            for one, text in zip(racers, said, strict=True)
        ]

    def run(self, *arguments: str, select: str = "") -> None:
        """Build, and fail the test when dbt fails."""
        result = self.build(*arguments, select=select)
        assert result.success, self.messages(result)

    def statements(self) -> list[tuple[str, str]]:
        """Build, and return what dbt sent to Spark: the model it was for (empty: for none), the statement."""
        sent: list[tuple[str, str]] = []

        def hear(event: Any) -> None:
            if event.info.name == "SQLQuery":
                sent.append((event.data.node_info.node_name, event.data.sql))

        assert invoke(self.words(self.target, " ".join(self.layers)), hear).success
        return sent

    def messages(self, result: Any) -> str:
        """Return what dbt said of the models that failed, without Spark's stack traces."""
        failed = [one.message for one in result.result or [] if one.status != "success"]
        return "\n".join(str(message).split("\tat ")[0] for message in [str(result.exception or ""), *failed])

    def forget_position(self, prefix: str, batch: int) -> None:
        """Make the table say that it holds `batch`, so that the next run loads the later ones again."""
        for statement in REWIND.split(";"):
            self.rows(statement.replace("TABLE", "{" + prefix + "}").replace("BATCH", str(batch)))
        assert self.rows(POSITION.replace("TABLE", "{" + prefix + "}")) == [(str(batch),)]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement; {brz}, {slv} and so on are the dataset's tables."""
        schemas = {"brz": "bronze", "slv": self.silver}
        tables = {
            layer: f"{schemas.get(layer, 'dev_tidegate_test_gold')}.{layer}_{self.name}"
            for layer in self.layers
        }
        with closing(self.spark.cursor()) as cursor:
            cursor.execute(sql.format(**tables))
            return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture(scope="session")
def dbt_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of these tests' own; dbt finds the test datasets' models in it."""
    home = tmp_path_factory.mktemp("home")
    (home / "models").mkdir()
    return home


@pytest.fixture(scope="session")
def found(request: pytest.FixtureRequest) -> settings.Settings:
    """Return where the parts are: those the environment names, else the run's own stack."""
    if os.environ.get("TIDEGATE_THRIFT"):
        return settings.load()
    return cast("settings.Settings", request.getfixturevalue("stack"))


@pytest.fixture(scope="session")
def spark(found: settings.Settings) -> Iterator[Any]:
    """Hold a session that sees every commit; by default a session keeps the tables it has read."""
    host, port = found.thrift.split(":")
    fresh = {"set:hiveconf:spark.sql.catalog.lake.cache-enabled": "false"}
    with closing(hive.connect(host, int(port), configuration=fresh)) as session:
        yield session


@pytest.fixture
def lake(
    request: pytest.FixtureRequest,
    found: settings.Settings,
    spark: Any,
    dbt_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Lake]]:
    """Make datasets: `lake(mode="upsert", pk_fields=["id"])` returns one, which the test's end forgets."""
    models = os.path.relpath(dbt_home / "models", settings.PROJECT / "dbt_project")
    monkeypatch.setenv("TIDEGATE_MODELS", models)
    monkeypatch.setenv("TIDEGATE_USER", "tidegate_test")
    monkeypatch.setenv("TIDEGATE_DBT_TARGET", "dev")
    monkeypatch.setenv("TIDEGATE_THRIFT", found.thrift)
    s3 = boto3.client(
        "s3",
        endpoint_url=found.s3_endpoint or None,
        aws_access_key_id=found.s3_access_key,
        aws_secret_access_key=found.s3_secret_key,
        region_name=found.s3_region,
    )
    made: list[Lake] = []

    def make(**fields: Any) -> Lake:
        name = f"t{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**8}_{len(made)}"
        registry = psycopg.connect(found.postgres_dsn)
        document = {"name": name, "kafka_topic": name, "owner": "tests", **fields}
        QUERIES.put_dataset(registry, name=name, document=json.dumps(document))
        registry.commit()
        made.append(Lake(name, registry, s3, found.raw_bucket, spark, dbt_home / "target"))
        for layer, text in MODELS.items():
            more = DELETED_WHEN if layer == "slv" and "cdc" in fields else ""
            made[-1].model(layer, text.replace("'NAME'", f"'NAME'{more}").replace("MODE", fields["mode"]))
        return made[-1]

    yield make
    for one in made:
        _forget(one, dbt_home)


def _forget(one: Lake, home: Path) -> None:
    for layer in reversed(one.layers):
        one.rows(f"drop table if exists {{{layer}}} purge")
    for query in ("rejected", "objects", "batches", "versions", "dataset"):
        getattr(QUERIES, f"forget_{query}")(one.registry, dataset=one.name)
    one.registry.commit()
    one.registry.close()
    for path in (home / "models" / one.name).iterdir():
        path.unlink()
    (home / "models" / one.name).rmdir()


@pytest.fixture(scope="session")
def record() -> type[Record]:
    """The record class, for tests to build their input with."""
    return Record


@pytest.fixture
def shop(
    lake: Callable[..., Any],
    record: Callable[..., Any],
    found: settings.Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shop]:
    """Give a shop with five batches, built and proven, of a key that each of them renews."""
    one = lake(mode="upsert", pk_fields=["id"])
    monkeypatch.setenv("TIDEGATE_DBT_TARGET", "prod")
    made = Shop(one, record, found)
    for batch in range(5):
        made.admit("a", f"b{batch}")
    one.run()
    assert made.prove() == 10
    yield made
    for table in ("receipt", "audit_log", "lease"):
        one.registry.execute(f"delete from registry.{table} where dataset = %s", [one.name])  # noqa: S608
    one.registry.commit()
    one.rows(f"drop table if exists silver.slv_{one.name} purge")


@pytest.fixture
def make(
    lake: Callable[..., Any], found: settings.Settings, dbt_home: Path
) -> Iterator[Callable[..., Dataset]]:
    """Make datasets that the target `prod` builds; their models lie where a scaffold puts them."""
    made: list[Dataset] = []

    def one(**fields: Any) -> Dataset:
        held = lake(**fields)
        held.silver = "silver"
        made.append(Dataset(held, replace(found, home=dbt_home), dbt_home / "models" / held.name))
        return made[-1]

    yield one
    for dataset in made:
        dataset.forget()
