"""A table of the stack's shop under load: random changes by two writers, each transaction counted."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import psycopg
import pytest
from confluent_kafka.admin import AdminClient
from psycopg import sql

from metastore_sync import captured, registry
from metastore_sync.connect_api import ConnectApi
from metastore_sync.model import CDC_ORDER, CDC_TIME, Cdc, Dataset, DatasetState, Mode
from metastore_sync.render import connectors
from metastore_sync.render_cdc import slot_name
from metastore_sync.settings import Settings
from tidegate.stack import installation

#: Rows that are there before anything is captured.
SEED_ROWS = 20_000
#: A value this long is kept beside its row, and an update of other columns does not log it.
LARGE = 9_000

CREATE = """
create table {table} (
    id bigint primary key,
    name varchar(40) not null,
    balance numeric(30, 10) not null,
    ratio double precision,
    born date,
    changed_at timestamptz not null,
    note text
);
alter table {table} alter note set storage external;
alter table {table} replica identity full;
"""
# Keys beyond 2^53, where doubles no longer tell integers apart.
INSERT = """
insert into {table} (id, name, balance, ratio, born, changed_at, note)
select
    9007199254740993 + i, 'customer ' || i, i * 1.0000000001, i / 7.0, date '1970-01-01' + i %% 20000,
    clock_timestamp(), case when i %% 500 = 0 then repeat(chr(97 + i %% 26), %(large)s) end
from generate_series(%(first)s::int, %(last)s::int) as i
"""
UPDATE = """
update {table}
set balance = balance + 0.0000000001, name = 'changed ' || %(turn)s, changed_at = clock_timestamp()
where id in (select id from {table} where id = any(%(ids)s) order by id for update)
"""
DELETE = """
delete from {table}
where id in (select id from {table} where id = any(%(ids)s) order by id for update)
"""
RETURN = """
insert into {table}
select (%(ids)s::bigint[])[i], 'back', i, null, null, clock_timestamp(), null
from generate_series(1, 20) as i
on conflict do nothing
"""
#: A changed key is a deletion and an insertion; the new keys lie far from all others.
REKEY = "update {table} set id = id + 1000000000 where id = any(%(ids)s)"


@dataclass
class Shop:
    """One table of the shop's database."""

    dsn: str
    table: str
    changes: int = 0
    _next: int = SEED_ROWS
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.dsn)

    def say(self, conn: psycopg.Connection[Any], text: str, **words: Any) -> int:
        """Run one statement about the table; return how many rows it changed."""
        query = sql.SQL(text).format(table=sql.Identifier(self.table))
        return conn.execute(query, {"large": LARGE, **words} if words else None).rowcount

    def alter(self, text: str) -> None:
        """Run statements about the table, its primary key and the slot's name."""
        names = {"table": self.table, "key": f"{self.table}_pkey", "slot": slot_name(self.table)}
        with self.connect() as conn:
            conn.execute(sql.SQL(text).format(**{word: sql.Identifier(n) for word, n in names.items()}))

    def fill(self) -> None:
        with self.connect() as conn:
            self.say(conn, INSERT, first=0, last=SEED_ROWS - 1)

    def wait_until_idle(self) -> None:
        """Wait until nobody reads the slot: a deleted connector stops a moment later."""
        query = "select from pg_replication_slots where slot_name = %s and active"
        deadline = time.monotonic() + 30
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            while conn.execute(query, [slot_name(self.table)]).fetchone() is not None:
                assert time.monotonic() < deadline
                time.sleep(0.2)

    def rows(self) -> dict[int, tuple[Any, ...]]:
        """Return the table as it is: id → its other columns, in the texts that a capture sends."""
        utc = "to_char(changed_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        query = f"select id, name, balance::text, ratio, born || 'Z', {utc}, note from {{table}}"  # noqa: S608
        with self.connect() as conn:
            found = conn.execute(sql.SQL(query).format(table=sql.Identifier(self.table)))
            return {row[0]: row[1:] for row in found}

    def load(self, changes: int, seed: int) -> list[threading.Thread]:
        """Start two writers that together make at least so many changes; return them."""
        goal = self.changes + changes
        writers = [threading.Thread(target=self._write, args=(goal, seed + n)) for n in range(2)]
        for writer in writers:
            writer.start()
        return writers

    def _write(self, goal: int, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - a load, not a secret
        with self.connect() as conn:
            while self.changes < goal:
                try:
                    made = self._transaction(conn, chance)
                    conn.commit()
                except psycopg.errors.DeadlockDetected:
                    conn.rollback()
                    continue
                with self._guard:
                    self.changes += made

    def _transaction(self, conn: psycopg.Connection[Any], chance: random.Random) -> int:
        """Insert new rows, change and delete old ones, bring deleted ones back, change a few keys."""
        with self._guard:
            first, self._next = self._next, self._next + 300
        made = self.say(conn, INSERT, first=first, last=first + 299)
        ids = [9007199254740993 + chance.randrange(self._next) for _ in range(350)]
        made += self.say(conn, UPDATE, ids=ids[:200], turn=chance.randrange(1000))
        made += self.say(conn, DELETE, ids=ids[200:320])
        made += self.say(conn, RETURN, ids=ids[200:220])
        made += self.say(conn, REKEY, ids=ids[320:323])
        if chance.random() < 0.1:
            conn.rollback()  # what is not committed must not arrive
            return 0
        return made


@pytest.fixture
def dataset() -> Dataset:
    """Declare a table of this test's own."""
    name = f"captured_{uuid.uuid4().hex[:6]}"
    cdc = Cdc(
        connection="shop",
        table=f"public.{name}",
        connector=MappingProxyType({"heartbeat.interval.ms": "1000", "snapshot.fetch.size": "500"}),
    )
    return Dataset(
        name=name,
        kafka_topic=name,
        mode=Mode.UPSERT,
        owner="tests",
        pk_fields=("id",),
        order_by=CDC_ORDER,
        event_time=CDC_TIME,
        cdc=cdc,
        connector=MappingProxyType({"rotate.interval.ms": "1000"}),
    )


@pytest.fixture
def table(stack: Settings, dataset: Dataset) -> Iterator[Shop]:
    """Make the table; when the test is over, take away all that it led to."""
    made = Shop(installation.describe().shop.dsn, dataset.name)
    made.alter(CREATE)
    yield made
    connect = ConnectApi(stack)
    for config in connectors(dataset, stack):
        connect.delete(config["name"])
    made.wait_until_idle()
    captured.drop(stack, dataset)
    with registry.connect(stack) as conn:
        if dataset.name in {row.dataset.name for row in registry.datasets(conn)}:
            registry.set_state(conn, dataset.name, DatasetState.RETIRED)
    made.alter("drop table if exists {table}")
    admin = AdminClient({"bootstrap.servers": stack.kafka_bootstrap})
    topics = {dataset.kafka_topic, f"__debezium-heartbeat.{slot_name(dataset.name)}"}
    if here := list(topics & set(admin.list_topics(timeout=10).topics)):
        for deleted in admin.delete_topics(here).values():
            deleted.result(10)


@pytest.fixture
def shop(table: Shop) -> Shop:
    """Fill the table."""
    table.fill()
    return table
