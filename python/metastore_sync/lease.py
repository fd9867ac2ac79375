"""
One writer per dataset: a row with a token and an expiry.

A lease saves work and fences writers of the registry. Its holder may sleep past the expiry and
wake up: every writing transaction therefore locks the row by its token first (`lock`), and finds
out that it was taken over.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
import structlog
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

from metastore_sync.errors import LeaseLostError
from metastore_sync.queries import QUERIES
from metastore_sync.registry import unknown_dataset

#: Seconds until a holder that stopped renewing is taken over.
TTL_SECONDS = 60.0
#: Seconds between two looks at a lease that somebody else holds.
LOOK_AGAIN_SECONDS = 0.25

_log = structlog.get_logger(__name__)


def this_holder(command: str) -> str:
    """Return `command@host:process`, the text by which people recognise a holder."""
    return f"{command}@{socket.gethostname()}:{os.getpid()}"


@contextmanager
def hold(
    conn: psycopg.Connection[DictRow],
    dataset: str,
    holder: str,
    *,
    wait_seconds: float = 30.0,
    ttl_seconds: float = TTL_SECONDS,
) -> Iterator[int]:
    """
    Hold a dataset's lease, renewed in the background, and yield its token.

    `conn` only tells where the registry is: the lease has connections of its own, so that others
    see it at once, whatever transaction the caller is in.

    Raises:
        LeaseLostError: Somebody else still held it after `wait_seconds`.
        UsageError: No dataset has this name.
    """
    lease = _Lease(_Address.of(conn), dataset, ttl_seconds)
    token = lease.take(holder, wait_seconds)
    stop = threading.Event()
    renewal = threading.Thread(
        target=lease.renew_until, args=(stop, token), name=f"lease {dataset}", daemon=True
    )
    renewal.start()
    try:
        yield token
    finally:
        stop.set()
        renewal.join()
        lease.release(token)


def take_within(conn: psycopg.Connection[DictRow], dataset: str, holder: str) -> int:
    """
    Take a lease inside the caller's transaction, which alone sees it, and return its token.

    Others wait for the transaction's end; who rolls back never had the lease.

    Raises:
        LeaseLostError: Somebody else holds it.
    """
    row = QUERIES.take_lease(conn, dataset=dataset, holder=holder, ttl_seconds=TTL_SECONDS)
    if row is None:
        held = QUERIES.lease_holder(conn, dataset=dataset)
        raise LeaseLostError(
            f"{dataset}: {held['holder']} works on it",
            not_done="This process changed nothing.",
            next_command="repeat the command when the other one has ended",
        )
    return int(row["token"])


def release_within(conn: psycopg.Connection[DictRow], dataset: str, token: int) -> None:
    """Give a lease back inside the caller's transaction."""
    QUERIES.release_lease(conn, dataset=dataset, token=token)


def lock(conn: psycopg.Connection[DictRow], dataset: str, token: int) -> None:
    """
    Lock the lease's row until the caller's transaction ends; the first act of every writing one.

    Raises:
        LeaseLostError: The lease has another token by now.
    """
    if conn.info.transaction_status != TransactionStatus.INTRANS:
        message = "lease.lock protects a transaction: open `with conn.transaction():` first"
        raise RuntimeError(message)
    row = QUERIES.lock_lease(conn, dataset=dataset)
    if row is None or row["token"] != token:
        holder = row["holder"] if row else "nobody"
        raise LeaseLostError(
            f"{dataset}: the lease was lost: token {token} → {row['token'] if row else 'none'}",
            where=f"held by {holder}",
            not_done="This process changed nothing.",
            next_command="repeat the command",
        )


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a connection leads to; psycopg keeps the password apart from the rest."""

    dsn: str
    password: str

    @classmethod
    def of(cls, conn: psycopg.Connection[DictRow]) -> _Address:
        return cls(conn.info.dsn, conn.info.password)

    def open(self) -> psycopg.Connection[DictRow]:
        # An empty password sends libpq to its password file, as for the first connection.
        return psycopg.connect(
            self.dsn,
            password=self.password,
            row_factory=dict_row,
            autocommit=True,
            connect_timeout=5,
        )


@dataclass(frozen=True, slots=True)
class _Lease:
    """The statements of one lease, each on a connection of its own."""

    address: _Address
    dataset: str
    ttl_seconds: float

    def take(self, holder: str, wait_seconds: float) -> int:
        deadline = time.monotonic() + wait_seconds
        look_again = threading.Event()
        with self.address.open() as conn:
            while (token := self._try(conn, holder)) is None:
                if time.monotonic() >= deadline:
                    raise self._held(QUERIES.lease_holder(conn, dataset=self.dataset))
                look_again.wait(LOOK_AGAIN_SECONDS)
        return token

    def _try(self, conn: psycopg.Connection[DictRow], holder: str) -> int | None:
        try:
            row = QUERIES.take_lease(
                conn, dataset=self.dataset, holder=holder, ttl_seconds=self.ttl_seconds
            )
        except psycopg.errors.ForeignKeyViolation as error:
            raise unknown_dataset(self.dataset) from error
        return None if row is None else int(row["token"])

    def renew_until(self, stop: threading.Event, token: int) -> None:
        """Renew three times per life, until told to stop or until another holder is there."""
        while not stop.wait(self.ttl_seconds / 3):
            try:
                with self.address.open() as conn:
                    renewed = QUERIES.renew_lease(
                        conn, dataset=self.dataset, token=token, ttl_seconds=self.ttl_seconds
                    )
            except psycopg.OperationalError as error:
                # The next turn may reach the server; if not, the lease expires and `lock` notices.
                _log.warning("lease_not_renewed", dataset=self.dataset, cause=str(error))
                continue
            if not renewed:
                _log.warning("lease_taken_over", dataset=self.dataset, token=token)
                return

    def release(self, token: int) -> None:
        """Free the lease; when the server is away it expires by itself."""
        try:
            with self.address.open() as conn:
                QUERIES.release_lease(conn, dataset=self.dataset, token=token)
        except psycopg.OperationalError as error:
            _log.warning("lease_not_released", dataset=self.dataset, cause=str(error))

    def _held(self, row: DictRow) -> LeaseLostError:
        until: datetime = row["expires_at"]
        return LeaseLostError(
            f"{self.dataset}: {row['holder']} works on it",
            where=f"its lease runs until {until:%Y-%m-%d %H:%M:%S}Z unless renewed",
            not_done="This process changed nothing.",
            next_command="repeat the command when the other one has ended",
        )
