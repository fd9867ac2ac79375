"""One writer per dataset, and what a writer that slept past its lease finds."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import DictRow

from metastore_sync import lease, registry
from metastore_sync.errors import LeaseLostError, UsageError
from metastore_sync.model import Dataset, Mode, Source
from metastore_sync.settings import Settings

CLICKS = Dataset(name="clicks", kafka_topic="clicks", mode=Mode.APPEND, owner="web")


@pytest.fixture
def conn(registry_settings: Settings) -> Iterator[psycopg.Connection[DictRow]]:
    with registry.connect(registry_settings) as conn:
        registry.put_dataset(conn, CLICKS, source=Source.FILE, actor="test")
        yield conn


def expire(conn: psycopg.Connection[DictRow]) -> None:
    conn.execute("update registry.lease set expires_at = clock_timestamp()")


def test_every_holder_gets_a_greater_token(conn: psycopg.Connection[DictRow]) -> None:
    tokens = []
    for _ in range(3):
        with lease.hold(conn, "clicks", "guard") as token:
            tokens.append(token)
    assert tokens == [1, 2, 3]


def test_a_second_holder_is_told_who_the_first_is(conn: psycopg.Connection[DictRow]) -> None:
    with (
        lease.hold(conn, "clicks", "guard@here:1"),
        pytest.raises(LeaseLostError, match="clicks: guard@here:1 works on it"),
        lease.hold(conn, "clicks", "guard@there:2", wait_seconds=0),
    ):
        pytest.fail("two holders at once")


def test_a_second_holder_waits_for_the_first(conn: psycopg.Connection[DictRow]) -> None:
    taken = threading.Event()

    def wait_for_it() -> None:
        with lease.hold(conn, "clicks", "second", wait_seconds=20):
            taken.set()

    with lease.hold(conn, "clicks", "first"):
        second = threading.Thread(target=wait_for_it)
        second.start()
        assert not taken.wait(2 * lease.LOOK_AGAIN_SECONDS)
    assert taken.wait(20)
    second.join()


def test_the_holder_renews_beyond_its_time_to_live(conn: psycopg.Connection[DictRow]) -> None:
    query = "select expires_at from registry.lease"
    with lease.hold(conn, "clicks", "guard", ttl_seconds=0.6):
        first = conn.execute(query).fetchone()
        renewed = threading.Event()
        while not renewed.wait(0.05):
            if conn.execute(query).fetchone() != first:
                renewed.set()


def test_a_sleeper_cannot_write_after_it_was_taken_over(
    conn: psycopg.Connection[DictRow],
) -> None:
    with lease.hold(conn, "clicks", "sleeper") as old:
        expire(conn)
        with lease.hold(conn, "clicks", "other", wait_seconds=0) as new:
            with (
                pytest.raises(LeaseLostError, match=f"token {old} → {new}"),
                conn.transaction(),
            ):
                lease.lock(conn, "clicks", old)
            with conn.transaction():
                lease.lock(conn, "clicks", new)


def test_nobody_takes_over_while_a_writer_writes(
    conn: psycopg.Connection[DictRow], registry_settings: Settings
) -> None:
    with lease.hold(conn, "clicks", "writer") as token:
        expire(conn)
        with conn.transaction():
            lease.lock(conn, "clicks", token)
            with registry.connect(registry_settings) as other:
                other.execute("set lock_timeout = '200ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute("update registry.lease set token = token + 1")


def test_an_old_holder_does_not_free_the_lease_of_a_new_one(
    conn: psycopg.Connection[DictRow],
) -> None:
    with lease.hold(conn, "clicks", "sleeper"):
        expire(conn)
        new = lease.hold(conn, "clicks", "other", wait_seconds=0)
        new.__enter__()
    with (
        pytest.raises(LeaseLostError, match="other works on it"),
        lease.hold(conn, "clicks", "third", wait_seconds=0),
    ):
        pytest.fail("two holders at once")
    new.__exit__(None, None, None)


def test_an_unknown_dataset_has_no_lease(conn: psycopg.Connection[DictRow]) -> None:
    with (
        pytest.raises(UsageError, match="clikcs: no dataset has this name"),
        lease.hold(conn, "clikcs", "guard"),
    ):
        pytest.fail("a lease of nothing")


def test_locking_outside_a_transaction_is_a_mistake(conn: psycopg.Connection[DictRow]) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        lease.lock(conn, "clicks", 1)
