"""The registry on a real PostgreSQL: declarations, revisions, versions, and what happens without it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from psycopg.rows import DictRow

from metastore_sync import migrate, registry
from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.model import Dataset, DatasetState, Mode, Source
from metastore_sync.settings import Settings

ORDERS = Dataset(name="orders", kafka_topic="orders", mode=Mode.UPSERT, owner="commerce", pk_fields=("id",))


@pytest.fixture
def conn(registry_settings: Settings) -> Iterator[psycopg.Connection[DictRow]]:
    with registry.connect(registry_settings) as conn:
        yield conn


def put(conn: psycopg.Connection[DictRow], dataset: Dataset) -> int:
    return registry.put_dataset(conn, dataset, source=Source.FILE, actor="test")


def test_a_dataset_comes_back_as_it_was_declared(conn: psycopg.Connection[DictRow]) -> None:
    put(conn, ORDERS)
    row = registry.dataset(conn, "orders")
    assert row == registry.DatasetRow(dataset=ORDERS, state=DatasetState.OK, revision=1, source=Source.FILE)
    assert registry.datasets(conn) == [row]


def test_only_a_changed_document_makes_a_revision(conn: psycopg.Connection[DictRow]) -> None:
    changed = dataclasses.replace(ORDERS, max_lag=60)
    assert [put(conn, ORDERS), put(conn, ORDERS), put(conn, changed)] == [1, 1, 2]
    history = conn.execute(
        "select revision, document ->> 'max_lag' as max_lag from registry.dataset_revision order by revision"
    ).fetchall()
    assert history == [{"revision": 1, "max_lag": "3600"}, {"revision": 2, "max_lag": "60"}]


def test_two_first_declarations_at_once_make_one_revision(registry_settings: Settings) -> None:
    together = Barrier(4)

    def declare(_: int) -> int:
        with registry.connect(registry_settings) as conn:
            together.wait()
            return put(conn, ORDERS)

    with ThreadPoolExecutor(together.parties) as pool:
        assert set(pool.map(declare, range(2 * together.parties))) == {1}


def test_two_first_owners_of_a_topic_at_once_make_one_dataset(registry_settings: Settings) -> None:
    names = [f"orders_{number}" for number in range(4)]
    together = Barrier(len(names))

    def declare(name: str) -> str:
        with registry.connect(registry_settings) as conn:
            together.wait()
            try:
                return str(put(conn, dataclasses.replace(ORDERS, name=name)))
            except UsageError as error:
                return error.fact

    with ThreadPoolExecutor(len(names)) as pool:
        told = dict(zip(names, pool.map(declare, names), strict=True))
    with registry.connect(registry_settings) as conn:
        (winner,) = [row.dataset.name for row in registry.datasets(conn)]
    assert told.pop(winner) == "1"
    assert told == {name: f"{name}: topic orders belongs to dataset {winner} already" for name in told}


def test_a_topic_has_one_dataset(conn: psycopg.Connection[DictRow]) -> None:
    put(conn, ORDERS)
    other = dataclasses.replace(ORDERS, name="orders_again")
    with pytest.raises(UsageError, match="topic orders belongs to dataset orders already"):
        put(conn, other)
    assert [row.dataset.name for row in registry.datasets(conn)] == ["orders"]


def test_a_state_change_is_in_the_audit_log_once(conn: psycopg.Connection[DictRow]) -> None:
    put(conn, ORDERS)
    for _ in range(2):
        registry.set_state(conn, "orders", DatasetState.PAUSED, actor="ann", why="a long weekend")
    assert registry.dataset(conn, "orders").state is DatasetState.PAUSED
    lines = conn.execute("select actor, action, why, detail from registry.audit_log").fetchall()
    assert lines == [
        {
            "actor": "ann",
            "action": "set_state",
            "why": "a long weekend",
            "detail": {"state": "PAUSED"},
        }
    ]


def test_an_unknown_name_is_a_usage_error(conn: psycopg.Connection[DictRow]) -> None:
    with pytest.raises(UsageError, match="ordres: no dataset has this name"):
        registry.dataset(conn, "ordres")
    with pytest.raises(UsageError, match="ordres: no dataset has this name"):
        registry.set_state(conn, "ordres", DatasetState.PAUSED)


def test_migrating_again_changes_nothing(registry_settings: Settings) -> None:
    with registry.connect(registry_settings) as conn:
        put(conn, ORDERS)
        migrate.migrate(registry_settings.postgres_dsn)
        assert registry.dataset(conn, "orders").revision == 1


def test_two_migrations_at_once_end_as_one(postgres_server: Callable[[str], str]) -> None:
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as conn:
        conn.execute("create database migrated_twice")
    dsn = postgres_server("migrated_twice")
    program = [
        sys.executable,
        "-c",
        "import sys; from metastore_sync import migrate; migrate.migrate(sys.argv[1])",
        dsn,
    ]
    both = [subprocess.Popen(program) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    with psycopg.connect(dsn) as conn:
        versions = conn.execute("select version_num from alembic_version").fetchall()
    assert versions == [(migrate.newest_version(),)]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("drop table public.alembic_version", "none"),
        ("update public.alembic_version set version_num = '9999'", "9999"),
    ],
)
def test_a_registry_of_another_version_is_not_touched(
    registry_settings: Settings, statement: str, found: str
) -> None:
    with psycopg.connect(registry_settings.postgres_dsn) as conn:
        conn.execute(statement)
    with pytest.raises(BrokenError, match=f"version {found}, this program needs"):
        registry.connect(registry_settings)


def test_a_registry_of_a_newer_program_is_not_migrated(registry_settings: Settings) -> None:
    with psycopg.connect(registry_settings.postgres_dsn) as conn:
        conn.execute("update public.alembic_version set version_num = '9999'")
    with pytest.raises(UsageError, match="9999"):
        migrate.migrate(registry_settings.postgres_dsn)


def test_postgres_away_is_said_so(registry_settings: Settings) -> None:
    away = dataclasses.replace(registry_settings, postgres_dsn="postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(BrokenError, match="PostgreSQL does not answer"):
        registry.connect(away)
    with pytest.raises(BrokenError, match="refused the migration"):
        migrate.migrate(away.postgres_dsn)


def read_after_the_server_went_away(settings: Settings) -> None:
    with registry.connect(settings) as conn:
        with psycopg.connect(settings.postgres_dsn, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", [conn.info.backend_pid])
        registry.datasets(conn)


def test_a_server_that_goes_away_in_between_is_said_so(registry_settings: Settings) -> None:
    with pytest.raises(BrokenError, match="PostgreSQL does not answer"):
        read_after_the_server_went_away(registry_settings)


def test_spark_sees_admitted_views_only(registry_settings: Settings) -> None:
    with psycopg.connect(registry_settings.postgres_dsn) as conn:
        views = conn.execute(
            "select table_name from information_schema.tables where table_schema = 'admitted' order by 1"
        ).fetchall()
    assert views == [("backfill",), ("batch",), ("dataset",), ("object",), ("rejected",), ("removed",),
        ("rule_rejected",), ("silver_object",)]
