"""TPC-H orders as a stream of inserts, status updates and deletes, from the generator tpchgen-cli."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from metastore_sync.errors import BrokenError
from tidegate.demo.events import Event

TOPIC = "orders"
#: TPC-H scale factor: 1,500,000 orders at 1, so 30,000 here.
SCALE_FACTOR = "0.02"
#: The nullable field that the second wave brings.
NEW_FIELD = "o_channel"
_INTEGERS = {"o_orderkey", "o_custkey", "o_shippriority"}


def first_wave() -> Iterator[Event]:
    """Yield every order as placed, the status changes of the closed ones, and some deletions."""
    changes: list[tuple[str, Event]] = []
    deleted: list[Event] = []
    for index, order in enumerate(_orders()):
        placed_at, closed_at = _at(order, days=0, hour=8), _at(order, days=1 + index % 90, hour=12)
        changes.append((placed_at, _event(order, "O", placed_at)))
        if order["o_orderstatus"] != "O":
            changes.append((closed_at, _event(order, order["o_orderstatus"], closed_at)))
        if index % 97 == 0:
            deleted.append(_tombstone(order))
    changes.sort(key=lambda change: change[0])
    yield from (event for _, event in changes)
    yield from deleted


def second_wave() -> Iterator[Event]:
    """Yield closings with a new field, updates that arrive too late to count, deletions, one return."""
    for index, order in enumerate(_orders()):
        if order["o_orderstatus"] == "O" and index % 5 == 0:
            channel = "web" if index % 2 else None
            yield _event(order | {NEW_FIELD: channel}, "F", _at(order, days=120, hour=9))
        if index % 53 == 0:
            yield _event(order, "P", _at(order, days=-1, hour=9))
        if index % 89 == 0:
            yield _tombstone(order)
        if index % (97 * 20) == 0:
            yield _event(order | {NEW_FIELD: "store"}, "O", _at(order, days=200, hour=9))


def _orders() -> Iterator[dict[str, Any]]:
    command = [str(Path(sys.executable).with_name("tpchgen-cli")), "csv", "-s", SCALE_FACTOR]
    made = subprocess.run(
        [*command, "-T", "orders", "--stdout"], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise BrokenError(
            "demo: tpchgen-cli made no orders",
            where=made.stderr.strip(),
            not_done="Nothing was produced.",
            next_command="make setup",
        )
    for row in csv.DictReader(made.stdout.splitlines()):
        yield {n: int(t) if n in _INTEGERS else t for n, t in row.items()} | {
            "o_totalprice": float(row["o_totalprice"])
        }


def _at(order: dict[str, Any], *, days: int, hour: int) -> str:
    day = date.fromisoformat(order["o_orderdate"]) + timedelta(days=days)
    return f"{day.isoformat()}T{hour:02d}:00:00Z"


def _event(order: dict[str, Any], status: str, updated_at: str) -> Event:
    payload = order | {"o_orderstatus": status, "updated_at": updated_at}
    return Event(
        key=str(order["o_orderkey"]),
        value=json.dumps(payload, separators=(",", ":")),
        fact=f"{updated_at}|{status}",
    )


def _tombstone(order: dict[str, Any]) -> Event:
    return Event(key=str(order["o_orderkey"]), value=None, fact="deleted")
