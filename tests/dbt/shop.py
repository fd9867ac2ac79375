"""The shop of TPC-H as a source database in DuckDB: each wave updates its tables and tells the events."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

SCALE_FACTOR = "0.001"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
#: Table of the shop -> TPC-H's name of it and the key's columns.
TABLES = {
    "orders": ("orders", ("o_orderkey",)),
    "lineitem": ("lineitem", ("l_orderkey", "l_linenumber")),
    "customers": ("customer", ("c_custkey",)),
}
#: What each later wave does to which rows: (table, condition, assignments; none: delete them).
WAVES: tuple[tuple[tuple[str, str, str | None], ...], ...] = (
    (
        ("orders", "o_orderkey % 40 = 1", "o_orderdate = o_orderdate + 3, o_orderstatus = 'P'"),
        ("lineitem", "l_orderkey % 40 = 1", "l_shipdate = l_shipdate + 7, l_discount = 0.1"),
        ("lineitem", "l_orderkey % 37 = 0", None),
        ("orders", "o_orderkey % 37 = 0", None),
        ("customers", "c_custkey % 7 = 0", "c_mktsegment = 'BUILDING'"),
        ("customers", "c_custkey % 31 = 0", None),
    ),
    (
        ("lineitem", "l_shipdate = date '1996-06-01'", None),
        ("lineitem", "l_orderkey % 40 = 1", "l_shipdate = l_shipdate - 7"),
        ("orders", "o_orderkey % 80 = 1", "o_totalprice = o_totalprice + 0.01"),
        ("customers", "c_custkey % 14 = 0", "c_acctbal = c_acctbal - 100, c_mktsegment = 'MACHINERY'"),
    ),
)


@dataclass(frozen=True)
class Change:
    """One event: the row after it, before it for a deletion; `at` in seconds, growing by one per change."""

    table: str
    row: dict[str, Any]
    is_deletion: bool
    at: int
    is_first: bool

    @property
    def key(self) -> str:
        """The Kafka key: the only key field as text, several as JSON."""
        keys = {name: self.row[name] for name in TABLES[self.table][1]}
        return json.dumps(keys) if len(keys) > 1 else str(next(iter(keys.values())))

    @property
    def value(self) -> dict[str, Any] | None:
        """The payload, as the producer of orders and lines, or as Debezium sends it."""
        told = {name: _json(value) for name, value in self.row.items()}
        if self.table == "customers":
            op = "d" if self.is_deletion else "r" if self.is_first else "u"
            return {**told, "__deleted": str(self.is_deletion).lower(), "__op": op, "__lsn": self.at}
        return (
            None
            if self.is_deletion
            else {**told, "updated_at": (NOON + timedelta(seconds=self.at)).isoformat()}
        )


class Shop:
    """The source database, its tables as they are now."""

    def __init__(self, folder: Path) -> None:
        self.db = duckdb.connect()
        self._clock = 0
        command = [str(Path(sys.executable).with_name("tpchgen-cli")), "csv", "-s", SCALE_FACTOR]
        subprocess.run([*command, "--output-dir", str(folder)], check=True, capture_output=True)
        for table, (made, _) in TABLES.items():
            self.db.execute(f"create table {table} as from read_csv('{folder}/{made}.csv')")
        self.db.execute(
            "create table customer_changes"
            " (c_custkey bigint, c_mktsegment varchar, op varchar, happened bigint, lsn bigint)"
        )

    def first(self) -> list[Change]:
        """Return every row as it is at the start."""
        told = (self._tell(table, "true", is_deletion=False, is_first=True) for table in TABLES)
        return [change for changes in told for change in changes]

    def wave(self, number: int) -> list[Change]:
        """Change the tables and return what was changed."""
        told: list[Change] = []
        for table, condition, assignments in WAVES[number]:
            key = ", ".join(TABLES[table][1])
            if assignments is None:
                told += self._tell(table, condition, is_deletion=True)
                self.db.execute(f"delete from {table} where {condition}")  # noqa: S608
            else:
                hit = f"select {key} from {table} where {condition}"  # noqa: S608 - WAVES' own words
                self.db.execute(f"create or replace temp table hit as {hit}")
                self.db.execute(f"update {table} set {assignments} where {condition}")  # noqa: S608
                told += self._tell(table, f"({key}) in (from hit)", is_deletion=False)
        return told

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the answer to a question."""
        return self.db.execute(sql).fetchall()

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of the table's payload and the types that the guard infers of them."""
        kinds = {"BIGINT": "bigint", "DOUBLE": "double"}
        types = {name: kinds.get(kind, "string") for name, kind, *_ in self.rows(f"describe {table}")}
        cdc = {"__deleted": "string", "__op": "string", "__lsn": "bigint"}
        return {**types, **(cdc if table == "customers" else {"updated_at": "string"})}

    def _tell(
        self, table: str, condition: str, *, is_deletion: bool, is_first: bool = False
    ) -> Iterator[Change]:
        found = self.db.execute(f"from {table} where {condition} order by all")
        names = [column[0] for column in found.description]
        for values in found.fetchall():
            self._clock += 1
            change = Change(table, dict(zip(names, values, strict=True)), is_deletion, self._clock, is_first)
            if table == "customers":
                self._remember(change)
            yield change

    def _remember(self, change: Change) -> None:
        op = "d" if change.is_deletion else "u"
        facts = [change.row["c_custkey"], change.row["c_mktsegment"], op, change.at, change.at]
        self.db.execute("insert into customer_changes values (?, ?, ?, ?, ?)", facts)


def _json(value: Any) -> Any:
    return value if isinstance(value, (int, float, str)) or value is None else str(value)
