"""
Our own statements to Spark: the one module that opens a connection to the Thrift server.

It speaks through PyHive, the client of dbt's `thrift` method, so both meet the same behaviour.
"""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from pyhive import hive
from pyhive.exc import Error as HiveError
from thrift.Thrift import TException  # type: ignore[import-untyped]

from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings

#: Seconds to wait for the server's port before calling it away.
_REACH_SECONDS = 3.0
#: Lines of a refused statement or of Spark's message that an error quotes.
_QUOTED_LINES = 12


def _timestamp(value: dt.datetime) -> dt.datetime:
    # The server's session time zone is UTC; PyHive drops the zone.
    return value.replace(tzinfo=dt.UTC)


#: Thrift type → Python value. Types not named arrive ready (integers, floats, booleans, strings);
#: arrays, maps and structs stay Spark's JSON-like text.
_MAPPED: dict[str, Callable[[Any], Any]] = {
    "DECIMAL_TYPE": Decimal,
    "DATE_TYPE": dt.date.fromisoformat,
    "TIMESTAMP_TYPE": _timestamp,
}


class Session:
    """One Thrift session; statements run one after the other."""

    def __init__(self, connection: hive.Connection, address: str) -> None:
        self._connection = connection
        self._address = address

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """
        Run one statement and return its rows, column name → value; empty for DDL.

        Raises:
            BrokenError: Spark refused the statement or the connection broke.
        """
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql)
            described = cursor.description or []
            fetched = cursor.fetchall() if described else []
        except (HiveError, TException, OSError) as error:
            raise _refused(error, sql, self._address) from error
        finally:
            _close_quietly(cursor)
        names = [column[0] for column in described]
        maps = [_MAPPED.get(column[1]) for column in described]
        return [_row(names, maps, values) for values in fetched]

    def has_table(self, schema: str, table: str) -> bool:
        """Return whether `schema.table` exists; a schema that does not exist holds nothing."""
        return table in self.tables(schema)

    def tables(self, schema: str) -> set[str]:
        """Return the names of a schema's tables; a schema that does not exist holds nothing."""
        if not any(row["namespace"] == schema for row in self.rows("show namespaces")):
            return set()
        return {str(row["tableName"]) for row in self.rows(f"show tables in {schema}")}


@contextmanager
def session(settings: Settings) -> Iterator[Session]:
    """
    Open a session on the Thrift server of the settings.

    Raises:
        BrokenError: Nothing answers at `settings.thrift`.
    """
    reach(settings)
    host, port = _address(settings)
    try:
        connection = hive.connect(host=host, port=port, username="tidegate")
    except (HiveError, TException, OSError) as error:
        raise _away(settings.thrift, _said(error)) from error
    try:
        yield Session(connection, settings.thrift)
    finally:
        _close_quietly(connection)


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    """Run one statement in a session of its own and return its rows, column name → value."""
    with session(settings) as opened:
        return opened.rows(sql)


def reach(settings: Settings) -> None:
    """
    Return when the Thrift server's port accepts a connection.

    Raises:
        BrokenError: It does not; the message names the address.
    """
    try:
        socket.create_connection(_address(settings), timeout=_REACH_SECONDS).close()
    except OSError as error:
        raise _away(settings.thrift, str(error)) from error


def _address(settings: Settings) -> tuple[str, int]:
    host, _, port = settings.thrift.rpartition(":")
    return host, int(port)


def _row(
    names: list[str], maps: list[Callable[[Any], Any] | None], values: tuple[Any, ...]
) -> dict[str, Any]:
    mapped = (
        value if value is None or convert is None else convert(value)
        for convert, value in zip(maps, values, strict=True)
    )
    return dict(zip(names, mapped, strict=True))


def _close_quietly(handle: Any) -> None:
    # Closing talks to the server; when that just died, the statement's error is the one to tell.
    try:
        handle.close()
    except (HiveError, TException, OSError):
        return


def _said(error: Exception) -> str:
    # The server's status carries its message and a trace of a hundred lines.
    status = getattr(error.args[0], "status", None) if error.args else None
    return str(getattr(status, "errorMessage", None) or error)


def _away(address: str, reason: str) -> BrokenError:
    return BrokenError(
        f"Spark is away: {address} does not answer ({reason})",
        where="TIDEGATE_THRIFT names the Thrift server's host:port",
        not_done="No statement was run.",
        next_command="tidegate up",
    )


def _refused(error: Exception, sql: str, address: str) -> BrokenError:
    lines = _said(error).strip().splitlines()[:_QUOTED_LINES]
    quoted = sql.strip().splitlines()[:_QUOTED_LINES]
    return BrokenError(
        f"Spark at {address} did not run a statement: {lines[0] if lines else 'no reason given'}",
        where="\n".join([*lines[1:], "statement:", *quoted]),
        not_done="Its result was not used.",
        next_command="tidegate status",
    )
