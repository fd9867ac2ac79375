"""A receipt is green when every record is accounted for, and red when one row is taken away or added."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg.types.json import Jsonb

from lakehouse import receipt, spark
from lakehouse.proof import ProofLine, Receipt
from metastore_sync import registry
from metastore_sync.errors import BrokenError, VerdictError
from metastore_sync.model import Source, from_document
from metastore_sync.settings import Settings
from schema_guard.content_hash import content_hash

pytestmark = pytest.mark.stack

TOPIC_ID = "00c0ffee"
COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "updated_at", "type": "string"}]


@dataclass(frozen=True)
class Record:
    """One landed record; its offset is its time."""

    batch: int
    partition: int
    offset: int
    key: str
    value: str | None
    rejected: bool = False


def order(key: int, day: int) -> str:
    return json.dumps({"id": key, "updated_at": f"2026-01-{day:02d}T00:00:00Z"})


RECORDS = (
    Record(1, 0, 0, "1", order(1, 1)),  # replaced by offset 2
    Record(1, 0, 1, "2", order(2, 5)),
    Record(1, 0, 2, "1", order(1, 2)),
    Record(1, 0, 3, "3", order(3, 9)),  # cut by the tombstone behind it
    Record(1, 0, 4, "3", None),  # replaced by the tombstone of batch 2
    Record(1, 0, 5, "4", "not json", rejected=True),
    Record(1, 1, 0, "2", order(2, 4)),  # older than partition 0's state
    Record(2, 0, 6, "3", None),
    Record(2, 0, 7, "5", order(5, 1)),
)
#: (id, day, batch, partition, offset, is deleted, tombstone offset): silver as those records make it.
STATES = (
    (2, 5, 1, 0, 1, False, None),
    (1, 2, 1, 0, 2, False, None),
    (3, None, 2, 0, 6, True, 6),
    (5, 1, 2, 0, 7, False, None),
)


class Lake:
    """A dataset whose registry rows and tables are written by hand, as a guard and a build would."""

    def __init__(self, settings: Settings, name: str, mode: str) -> None:
        self.settings, self.name, self.mode = settings, name, mode
        self.bronze, self.silver = f"bronze.brz_{name}", f"silver.slv_{name}"
        self.is_rewritten = False

    def sql(self, *statements: str) -> None:
        with spark.session(self.settings) as opened:
            for statement in statements:
                opened.rows(statement)

    def prove(self) -> list[Receipt]:
        return receipt.receipt(self.settings, self.name)

    def stored(self) -> list[dict[str, Any]]:
        with registry.connect(self.settings) as conn:
            query = "select * from registry.receipt where dataset = %s order by batch_id, line desc"
            return conn.execute(query, [self.name]).fetchall()

    def snapshots(self) -> dict[str, int]:
        """The newest snapshot of each table."""
        query = "select max_by(snapshot_id, made_current_at) as id from {}.history"
        return {
            table: spark.rows(self.settings, query.format(table))[0]["id"]
            for table in (self.bronze, self.silver)
        }

    def return_to(self, snapshots: dict[str, int]) -> None:
        """Undo what a test did to the tables."""
        self.sql(
            *(
                f"call lake.system.set_current_snapshot('{table}', {snapshot})"
                for table, snapshot in snapshots.items()
            )
        )

    def rewrite_silver(self, *statements: str) -> None:
        """Replace the silver table; the next test makes its tables anew."""
        self.is_rewritten = True
        self.sql(f"drop table {self.silver}", *statements)

    def drop(self) -> None:
        self.sql(f"drop table if exists {self.bronze}", f"drop table if exists {self.silver}")


def register(lake: Lake) -> None:
    document = {"name": lake.name, "mode": lake.mode, "owner": "tests"}
    if lake.mode == "upsert":
        document |= {"pk_fields": ["id"], "order_by": ["updated_at"]}
    if lake.mode == "history":
        document |= {"pk_fields": ["id"], "event_time": "updated_at"}
    with registry.connect(lake.settings) as conn, conn.transaction():
        registry.put_dataset(conn, from_document(document), source=Source.FILE, actor="tests")
        conn.execute(
            "insert into registry.schema_version (dataset, version, status, fingerprint, schema,"
            " ddl, columns, verdict, findings) values (%s, 1, 'ACTIVE', %s, '{}', '', %s, 'INITIAL', '[]')",
            [lake.name, lake.name, Jsonb(COLUMNS)],
        )
        for batch in (1, 2):
            admit(conn, lake.name, batch, [r for r in RECORDS if r.batch == batch])


def admit(conn: Any, name: str, batch: int, records: list[Record]) -> None:
    rows = [record for record in records if not record.rejected]
    total = sum(content_hash(TOPIC_ID, r.partition, r.offset, r.key, r.value) for r in rows)
    conn.execute(
        "insert into registry.batch (dataset, batch_id, status, schema_version, verdict, findings,"
        " record_count, rejected_count, value_bytes, content_hash, checked_at, admitted_at)"
        " values (%s, %s, 'ADMITTED', 1, 'NONE', '[]', %s, %s, 1, %s, now(), now())",
        [name, batch, len(records), len(records) - len(rows), total],
    )
    for partition in {record.partition for record in records}:
        offsets = [record.offset for record in records if record.partition == partition]
        conn.execute(
            "insert into registry.batch_object values"
            " (%s, %s, %s, %s, 1, %s, %s, %s, %s, now())",
            [name, batch, f"{name}/{batch}/{partition}", TOPIC_ID, partition,
             min(offsets), max(offsets), len(offsets)],
        )  # fmt: skip
    for record in records:
        if record.rejected:
            conn.execute(
                'insert into registry.rejected_record (dataset, batch_id, topic_id, partition, "offset",'
                " stage, error_type, error_message) values (%s, %s, %s, %s, %s, 'parse', 'NOT_JSON', '')",
                [name, batch, TOPIC_ID, record.partition, record.offset],
            )


def text(value: str | None) -> str:
    return "cast(null as string)" if value is None else "'" + value.replace("'", "\\'") + "'"


def identity(batch: int, partition: int, offset: int) -> str:
    return (
        f"'{TOPIC_ID}' as topic_id, 1 as generation, {partition} as kafka_partition,"
        f" bigint({offset}) as kafka_offset, timestamp_seconds({offset}) as kafka_timestamp,"
        f" bigint({batch}) as batch_id"
    )


def bronze_rows() -> str:
    return " union all ".join(
        f"select {identity(r.batch, r.partition, r.offset)}, '{r.key}' as kafka_key, {text(r.value)} as value"
        for r in RECORDS
        if not r.rejected
    )


def state_rows() -> str:
    return " union all ".join(
        f"select bigint({key}) as id,"
        f" {text(f'2026-01-{day:02d}T00:00:00Z' if day else None)} as updated_at,"
        f" {identity(batch, partition, offset)}, {str(deleted).lower()} as is_deleted,"
        f" {tombstones(partition, cut)} as tombstones"
        for key, day, batch, partition, offset, deleted, cut in STATES
    )


def tombstones(partition: int, cut: int | None) -> str:
    kind = "map<string, struct<kafka_offset: bigint, kafka_timestamp: timestamp>>"
    if cut is None:
        return f"cast(null as {kind})"
    return f"cast(map('{TOPIC_ID}/{partition}', struct({cut}, timestamp_seconds({cut}))) as {kind})"


def write(lake: Lake, table: str, select: str) -> None:
    carries = "`spark.sql.iceberg.snapshot-property.tidegate_batch`"
    lake.sql(
        f"drop table if exists {table}",
        f"set {carries}=2",
        f"create table {table} using iceberg partitioned by (batch_id) as {select}",
    )


Make = Callable[[str], Lake]
Snapshots = dict[str, int]


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[Lake, Snapshots]]:
    """The tables of each mode as they were made, and the snapshots that tests return to."""
    return {}


@pytest.fixture
def make(
    stack: Settings, registry_settings: Settings, made: dict[str, tuple[Lake, Snapshots]]
) -> Iterator[Make]:
    settings = replace(registry_settings, thrift=stack.thrift)
    used: list[Lake] = []

    def build(mode: str) -> Lake:
        lake = Lake(settings, f"receipt_{mode}", mode)
        register(lake)
        if mode not in made:
            fill(lake)
            made[mode] = (lake, lake.snapshots())
        used.append(lake)
        return lake

    yield build
    for lake in used:
        if lake.is_rewritten:
            del made[lake.mode]
        else:
            lake.return_to(made[lake.mode][1])


@pytest.fixture(scope="module", autouse=True)
def _drop_tables(stack: Settings, made: dict[str, tuple[Lake, Snapshots]]) -> Iterator[None]:
    yield
    for lake, _ in made.values():
        Lake(stack, lake.name, lake.mode).drop()


def fill(lake: Lake) -> None:
    lake.sql("create namespace if not exists bronze", "create namespace if not exists silver")
    write(lake, lake.bronze, bronze_rows())
    match lake.mode:
        case "upsert":
            write(lake, lake.silver, state_rows())
        case "append":
            flagged = f"select *, kafka_partition = 1 as is_duplicate from {lake.bronze}"  # noqa: S608
            write(lake, lake.silver, flagged)
        case _:
            write(lake, lake.silver, history_rows(lake.bronze))


def history_rows(bronze: str) -> str:
    """Each record closed a second later, offset 7 current, what came through partition 1 superseded."""
    return (
        "select *, value is null as is_deleted, kafka_timestamp as valid_from,"  # noqa: S608
        " case when kafka_offset = 7 then null when value is null or kafka_partition = 1 then kafka_timestamp"
        " else kafka_timestamp + interval 1 second end as valid_to,"
        f" kafka_offset = 7 as is_current from {bronze}"
    )


def terms(made: list[Receipt], line: ProofLine) -> list[tuple[int, ...]]:
    names = {
        ProofLine.LANDED_TO_BRONZE: ("landed", "rejected", "bronze", "doubled"),
        ProofLine.BRONZE_TO_SILVER: ("bronze", "applied", "superseded", "rule_rejected", "silver"),
    }[line]
    return [tuple(r.terms[name] for name in names) for r in made if r.line is line]


def test_every_record_of_a_keyed_dataset_is_accounted_for(make: Make) -> None:
    lake = make("upsert")

    made = lake.prove()

    assert terms(made, ProofLine.LANDED_TO_BRONZE) == [(7, 1, 6, 0), (2, 0, 2, 0)]
    assert terms(made, ProofLine.BRONZE_TO_SILVER) == [(6, 2, 4, 0, 2), (2, 2, 0, 0, 2)]
    assert [row["is_green"] for row in lake.stored()] == [True] * 4
    assert lake.prove() == []


def test_repeats_are_kept_and_counted_as_duplicates(make: Make) -> None:
    made = make("append").prove()
    kept = [(r.terms["kept"], r.terms["duplicate"]) for r in made if "kept" in r.terms]

    assert kept == [(5, 1), (2, 0)]


def test_every_record_of_a_history_is_a_state_superseded_or_a_deletion(make: Make) -> None:
    made = make("history").prove()
    names = ("bronze", "state", "superseded", "deletion", "silver")
    counted = [tuple(r.terms[n] for n in names) for r in made if "state" in r.terms]

    assert counted == [(6, 4, 1, 1, 6), (2, 1, 0, 1, 2)]


RED = yaml.safe_load((Path(__file__).parents[1] / "cases/receipts/red.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", RED.values(), ids=RED.keys())
def test_a_receipt_turns_red_when(make: Make, case: dict[str, Any]) -> None:
    line, fact = case["line"], case["fact"]
    lake = make(case["mode"])
    harm = [case["harm"]] if isinstance(case["harm"], str) else case["harm"]
    lake.sql(*(statement.format(bronze=lake.bronze, silver=lake.silver) for statement in harm))

    with pytest.raises(VerdictError) as red:
        lake.prove()

    stored = [row for row in lake.stored() if row["line"] == line and not row["is_green"]]
    assert fact in str(red.value)
    assert f"Next: tidegate status {lake.name}" in str(red.value)
    assert any(fact.rsplit(": ", maxsplit=1)[-1] in str(row["mismatches"]) for row in stored)


def test_a_red_batch_is_proven_again_until_it_is_green(make: Make) -> None:
    lake = make("append")
    lake.sql(f"delete from {lake.silver} where kafka_offset = 7")  # noqa: S608
    with pytest.raises(VerdictError):
        lake.prove()
    lake.rewrite_silver()
    write(lake, lake.silver, f"select *, false as is_duplicate from {lake.bronze}")  # noqa: S608

    lake.prove()

    assert [row["is_green"] for row in lake.stored()] == [True] * 4


def test_a_batch_that_silver_has_not_applied_is_not_proven_yet(make: Make) -> None:
    lake = make("append")
    lake.rewrite_silver(
        "set `spark.sql.iceberg.snapshot-property.tidegate_batch`=1",
        f"create table {lake.silver} using iceberg as"  # noqa: S608
        f" select *, false as is_duplicate from {lake.bronze} where batch_id = 1",
    )

    assert {made.batch_id for made in lake.prove()} == {1}


def test_a_silver_table_that_names_no_batch_proves_nothing(make: Make) -> None:
    lake = make("append")
    lake.rewrite_silver()

    with pytest.raises(BrokenError, match="carries no batch, though batches are admitted"):
        lake.prove()
