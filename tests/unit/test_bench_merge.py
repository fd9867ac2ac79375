"""The merge bench's own arithmetic: what arrives, and that contenders that differ are not reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from bench.merge import content, report
from bench.merge.content import KEY, Content
from bench.merge.lines import Lines
from bench.merge.operations import OPERATIONS, Base, Form, Operation
from bench.merge.ours import OurRun
from bench.merge.report import Round
from bench.merge.rivals import Rival, RivalRun
from bench.merge.usage import Usage
from metastore_sync.errors import VerdictError

MIXED = OPERATIONS[0]
HELD = Content(10, 7)
USAGE = Usage(1.0, {"spark": 2.0, "s3": 0.1, "other": 0.0}, {"spark": 10**9, "s3": 10**8})
OURS = OurRun(3.0, 5.0, USAGE, HELD, {"added-records": "4"})
RIVAL = RivalRun(seconds=1.5, cpu_seconds=1.0, peak_rss_bytes=10**8, content=HELD, details={})
#: Share of the base that arrives, in percent; as the scorecard has them.
SHARES = {
    "mixed": 1,
    "insert": 5,
    "update": 5,
    "idempotent": 5,
    "cdc": 6,
    "sync": 50,
    "expression": 5,
    "append": 5,
    "safeappend": 5,
    "overwrite": 5,
}
CONTRADICTIONS = {
    "a row more": Content(11, 7),
    "another value": Content(10, 8),
}


def round_of(*, tidegate: Content = HELD, delta: Content = HELD) -> Round:
    ours = {form: replace(OURS, content=tidegate) for form in MIXED.forms}
    return Round(ours, {Rival.DELTA: replace(RIVAL, content=delta), Rival.DUCKDB: RIVAL})


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    made = Lines(tmp_path_factory.mktemp("lines"))
    made.make(0.01, OPERATIONS)
    return made


@pytest.mark.parametrize("what", list(CONTRADICTIONS))
def test_contenders_that_differ_are_refused(what: str) -> None:
    with pytest.raises(VerdictError, match="did not end with the same rows"):
        report.verified(MIXED, 10, 1, [round_of(), round_of(delta=CONTRADICTIONS[what])])
    with pytest.raises(VerdictError, match="did not end with the same rows"):
        report.verified(MIXED, 10, 1, [round_of(tidegate=CONTRADICTIONS[what])])


def test_a_table_tells_medians_and_their_spread() -> None:
    slow = Round({form: replace(OURS, seconds=9.0) for form in MIXED.forms}, round_of().rivals)
    result = report.verified(MIXED, 10, 1, [round_of(), slow, round_of()])

    upsert = report.table([result]).splitlines()[2]
    assert "| upsert | 3.0 (3.0-9.0) | 1.5 (1.5-1.5) |" in upsert
    assert "| 2.0 |" in upsert  # three seconds beside one and a half


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_what_arrives_is_the_scorecards_share(lines: Lines, operation: Operation) -> None:
    arrived, before = lines.rows(lines.increment(operation)), lines.rows(lines.base(operation.base))

    assert arrived / before == pytest.approx(SHARES[operation.name] / 100, rel=0.15)
    assert operation.forms != ()


def test_a_key_arrives_once_and_only_deletions_are_marked(lines: Lines) -> None:
    counted = "select count(*), count(distinct ({})), sum(is_deleted::int) from read_parquet(?)"
    for operation in OPERATIONS:
        arrived = [str(lines.increment(operation))]
        rows, keys, deleted = duckdb.execute(counted.format(", ".join(KEY)), arrived).fetchone() or ()

        assert rows == keys
        assert (deleted > 0) == (operation.name == "cdc")
    assert Form.UPSERT in OPERATIONS[4].forms  # the one whose records are deletions


def test_content_knows_no_order_but_every_value(lines: Lines) -> None:
    def of(table: str, change: str = "*") -> Content:
        source = f"(from ({table}) select {change})"
        words = {"text": content.row_text("varchar"), "table": source}
        return content.of(duckdb.execute(content.statement("duckdb/content", **words)).fetchone())

    file = f"from read_parquet('{lines.base(Base.HALF)}')"
    moved = "* replace (l_returnflag || l_linestatus as l_returnflag, '' as l_linestatus)"

    assert of(f"{file} order by l_comment") == of(file)
    assert of(file, moved) != of(file)
    assert of(file, "* replace (l_tax + 0.01 as l_tax)") != of(file)
    assert of(f"{file} limit 0") == Content(0, 0)


def test_increments_are_the_same_every_time(lines: Lines, tmp_path: Path) -> None:
    Lines(tmp_path).make(0.01, [MIXED])

    again = duckdb.execute(
        "select count(*) from (from read_parquet(?) except from read_parquet(?))",
        [str(lines.increment(MIXED)), str(Lines(tmp_path).increment(MIXED))],
    ).fetchone()
    assert again == (0,)
