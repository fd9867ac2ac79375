"""Rules that reject, on a captured table: changes are judged, deletions are not, and receipts count both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lakehouse import ledger, receipt
from metastore_sync import registry
from metastore_sync.settings import Settings
from tests.dbt.captured import CAPTURED, COLUMNS, HISTORY, TEN
from tests.dbt.signed import sign

pytestmark = pytest.mark.stack
RULES = [{"name": "v_is_high", "check": "v >= 0", "on_failure": "reject"}]
MODEL = (
    "{{ config(materialized='incremental', incremental_strategy='MODE', meta={'rules': RULES}) }}"
    """ select * from {{ MODE('NAME', deleted_when="__deleted = 'true'") }}"""
)
#: Batches of changes (row, how, value, place in the log); a bare row is the tombstone behind its deletion. A
#: change is made in the minute of its place in the log, and its offset is its place in this list.
BATCHES: tuple[tuple[tuple[str, str, int, int] | str, ...], ...] = (
    (("a", "r", 1, 1), ("b", "r", -1, 1), ("c", "r", 5, 1)),
    # Row d is inserted and deleted; a deletion carries what the row was, which no rule judges.
    (("a", "u", -2, 2), ("b", "u", 2, 3), ("c", "d", -7, 4), "c", ("d", "c", -4, 5), ("d", "d", -4, 6)),
    # After a crash changes are sent again.
    (("a", "u", -2, 2), ("c", "c", 3, 7), ("c", "u", -3, 8)),
)
REJECTED = [(1, 1), (2, 3), (2, 7), (3, 9), (3, 11)]
STATE = "select id, v, is_deleted, kafka_offset from {slv} order by id"
STATES = [("a", 1, False, 0), ("b", 2, False, 4), ("c", 3, False, 10), ("d", None, True, 8)]
INTERVALS = [("a", 1, 1, None), ("b", 2, 3, None), ("c", 5, 1, 4), ("c", 3, 7, None)]
TERMS = (
    "select batch_id, (terms ->> 'bronze')::int, (terms ->> 'rule_rejected')::int, is_green"
    " from registry.receipt where dataset = %s and line = 'bronze_to_silver' order by 1"
)


@pytest.fixture
def captured(lake: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a captured dataset in the target `prod`, which receipts prove, with a history beside silver."""
    monkeypatch.setenv("TIDEGATE_DBT_TARGET", "prod")
    one = lake(**CAPTURED)
    one.silver = "silver"
    one.model("slv", MODEL.replace("MODE", "upsert").replace("RULES", str(RULES)))
    one.model("dim", MODEL.replace("MODE", "history").replace("RULES", "[]"))
    yield one
    one.rows("drop table if exists {slv}__rejected purge")
    one.rows(f"drop table if exists gold.dim_{one.name} purge")
    for table in ("rejected_record", "receipt", "lease"):
        one.registry.execute(f"delete from registry.{table} where dataset = %s", [one.name])  # noqa: S608
    one.registry.commit()


def test_what_a_rule_rejects_leaves_the_row_as_it_was_and_a_deletion_is_never_judged(
    captured: Any, record: Callable[..., Any], found: Settings
) -> None:
    """The first batch is built and proven alone: later ones meet a registry that knows rejected records."""
    lines = []
    for number, records in enumerate(_batches(record)):
        captured.admit(*records, columns=COLUMNS)
        sign(captured, records)
        if number != 1:
            captured.run()
            lines += receipt.receipt(found, captured.name)

    history = HISTORY.replace("{dim}", f"gold.dim_{captured.name}")
    assert captured.rows(STATE) == STATES
    assert captured.rows(history) == INTERVALS
    assert [line.is_green for line in lines] == [True] * 6
    with registry.connect(found) as conn:
        known = ledger.rejected(conn, captured.name, ledger.Filter())
    places = sorted((row["batch_id"], row["offset"]) for row in known)
    assert places == REJECTED
    assert {(row["stage"], row["error_message"]) for row in known} == {("rule", "breaks v_is_high")}
    terms = captured.registry.execute(TERMS, [captured.name]).fetchall()
    assert terms == [(1, 3, 1, True), (2, 6, 2, True), (3, 3, 2, True)]

    captured.run("--full-refresh", select="slv")
    assert captured.rows(STATE) == STATES


def _batches(record: Callable[..., Any]) -> Iterator[list[Any]]:
    offset = 0
    for changes in BATCHES:
        records = []
        for change in changes:
            key, value = (change, None) if isinstance(change, str) else (change[0], _value(*change))
            records.append(record(value, key=key, offset=offset, at=offset))
            offset += 1
        yield records


def _value(key: str, op: str, v: int, lsn: int) -> dict[str, Any]:
    deleted = str(op == "d").lower()
    at = TEN + 60_000 * lsn
    return {"id": key, "v": v, "__deleted": deleted, "__op": op, "__lsn": lsn, "__source_ts_ms": at}
