"""Gold by touched days: after every run it equals a full recompute, and other days are not rewritten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "day": "string", "v": "int", "at": "string"}
UPSERT = {"mode": "upsert", "pk_fields": ["id"], "order_by": ["at"], "event_time": "at"}
APPEND = {"mode": "append", "event_id": ["id"], "event_time": "at"}
MODEL = """
{{ config(materialized='incremental', incremental_strategy='touched_days') }}
select sale_day, count(*) as sales, sum(v) as total, sum(kafka_offset) as trace
from {{ touched_days(ref('slv_NAME'), 'sale_day', 'cast(day as date)') }}
group by sale_day
"""
PROPERTIES = """
models:
  - name: agg_NAME
    config: {contract: {enforced: true}}
    columns:
      - {name: sale_day, data_type: date}
      - {name: sales, data_type: bigint, constraints: [{type: not_null}]}
      - {name: total, data_type: bigint}
      - {name: trace, data_type: bigint}
"""
WHOLE = """
select cast(cast(day as date) as string), count(*), sum(v), sum(kafka_offset) from {slv}
where not HIDDEN group by 1 order by 1
"""

#: How a run says that another was faster.
LOST = (
    "ValidationException",
    "CommitFailedException",
    "already exists",
    "AlreadyExists",
    "TIDEGATE_OVERTAKEN",
)


class Gold:
    """A dataset with a daily aggregate above its silver."""

    def __init__(self, one: Any, folder: Path, hidden: str) -> None:
        self.one = one
        self.table = f"dev_tidegate_test_gold.agg_{one.name}"
        self.model = folder / one.name / f"agg_{one.name}.sql"
        self.whole = WHOLE.replace("HIDDEN", hidden)
        self.model.write_text(MODEL.replace("NAME", one.name), encoding="utf-8")
        self.model.with_suffix(".yml").write_text(PROPERTIES.replace("NAME", one.name), encoding="utf-8")

    def run(self, *arguments: str, select: str = "brz slv agg") -> None:
        """Build the layers and require gold to be what a full recompute makes."""
        self.one.run(*arguments, select=select)
        columns = "cast(sale_day as string), sales, total, trace"
        held = self.one.rows(f"select {columns} from {self.table} order by 1")  # noqa: S608
        assert held == self.one.rows(self.whole)

    def said(self) -> str:
        """Return the last line of dbt's log on why or how much of the table was computed."""
        lines = (self.one.target / "dbt.log").read_text(encoding="utf-8").splitlines()
        mine = [line for line in lines if f"{self.model.stem}: " in line]
        return [line for line in mine if " touched" in line or " anew" in line][-1]

    def places(self) -> dict[Any, tuple[Any, ...]]:
        """Return day -> the file and position its row stands at."""
        rows = self.one.rows(f"select cast(sale_day as string), _file, _pos from {self.table}")  # noqa: S608
        return {row[0]: row[1:] for row in rows}

    def commits(self) -> int:
        """Return how many commits the table has had."""
        return int(self.one.rows(f"select count(*) from {self.table}.snapshots")[0][0])  # noqa: S608


@pytest.fixture
def gold(lake: Callable[..., Any], dbt_home: Path) -> Iterator[Callable[..., Gold]]:
    made: list[Gold] = []

    def make(**fields: Any) -> Gold:
        hidden = "is_deleted" if fields["mode"] == "upsert" else "is_duplicate"
        made.append(Gold(lake(**fields), dbt_home / "models", hidden))
        return made[-1]

    yield make
    for one in made:
        one.one.rows(f"drop table if exists {one.table} purge")


def day(number: int) -> str:
    return f"2026-11-{number:02d}"


def moment(minute: int) -> str:
    return f"2026-11-20T10:{minute:02d}:00Z"


#: What each batch brings, as (key, day, minute), no day: a tombstone; and the days rewritten for it.
BATCHES = {
    "ten keys over five days": ([(f"k{n}", 1 + n % 5, 1) for n in range(10)], {1, 2, 3, 4, 5}),
    "a key moves from day 1 to day 2": ([("k0", 2, 2)], {1, 2}),
    "a late older record loses": ([("k0", 4, 0)], set()),
    "the last two keys of day 5 go": ([("k4", None, 3), ("k9", None, 3)], {5}),
    "a deleted key comes back on another day": ([("k9", 7, 4)], {7}),
    "a record without a day, one long ago": ([("k20", None, 5), ("k21", 9, 5)], {9}),
    "many at once": ([(f"k{n}", 1 + n % 3, 6) for n in range(4)], {1, 2, 3, 4}),
}


def arrivals(record: Callable[..., Any]) -> Iterator[tuple[str, list[Any], set[str]]]:
    offset = 0
    for name, (changes, days) in BATCHES.items():
        records = []
        for key, number, minute in changes:
            value = (
                None if number is None else {"id": key, "day": day(number), "v": offset, "at": moment(minute)}
            )
            records.append(record(value, key=key, offset=offset, at=offset))
            offset += 1
        yield name, records, {day(number) for number in days}


def test_gold_equals_a_full_recompute_and_leaves_other_days_alone(
    gold: Callable[..., Gold], record: Callable[..., Any]
) -> None:
    sales = gold(**UPSERT)
    before: dict[Any, tuple[Any, ...]] = {}
    for name, records, days in arrivals(record):
        sales.one.admit(*records, columns=COLUMNS)
        sales.run()
        after = sales.places()
        moved = {d for d in before.keys() | after.keys() if before.get(d) != after.get(d)}
        assert moved == days, name
        before = after

    commits = sales.commits()
    sales.run()
    assert sales.commits() == commits  # nothing new is no commit
    schema = sales.one.rows(f"show create table {sales.table}")[0][0]
    assert "sales BIGINT NOT NULL" in schema


def test_compaction_touches_no_day_and_a_lost_past_is_computed_anew(
    gold: Callable[..., Gold], record: Callable[..., Any]
) -> None:
    sales = gold(**UPSERT)
    for number in range(3):
        sales.one.admit(
            record({"id": f"k{number}", "day": day(number + 1), "v": 1, "at": moment(1)}, offset=number),
            columns=COLUMNS,
        )
        sales.run()
    silver = sales.one.rows("select '{slv}'")[0][0]
    before = sales.places()
    sales.one.rows(
        f"call lake.system.rewrite_data_files(table => '{silver}', options => map('rewrite-all', 'true'))"
    )
    sales.run()
    assert sales.places() == before

    sales.one.admit(record({"id": "k0", "day": day(3), "v": 5, "at": moment(2)}, offset=5), columns=COLUMNS)
    sales.one.run()
    sales.one.rows(
        f"call lake.system.expire_snapshots(table => '{silver}',"
        " older_than => timestamp'2100-01-01', retain_last => 1)"
    )
    sales.run()
    assert "expired, or the table was replaced" in sales.said()

    sales.model.write_text(sales.model.read_text().replace("sum(v)", "sum(v + 0)"), encoding="utf-8")
    sales.run()
    assert "the model changed" in sales.said()
    sales.run("--full-refresh", select="agg")
    assert "as asked" in sales.said()


def test_a_repeat_that_an_earlier_late_record_makes_leaves_its_day(
    gold: Callable[..., Gold], record: Callable[..., Any]
) -> None:
    """The held row keeps its batch and turns into a repeat: only its image tells that its day changed."""
    events = gold(**APPEND)
    events.one.admit(
        record({"id": "a", "day": day(2), "v": 1, "at": moment(9)}, offset=5, at=9), columns=COLUMNS
    )
    events.run()
    events.one.admit(
        record({"id": "a", "day": day(1), "v": 1, "at": moment(1)}, offset=6, at=1), columns=COLUMNS
    )
    events.run()
    assert set(events.places()) == {day(1)}


def test_two_runs_at_once_end_as_one(gold: Callable[..., Gold], record: Callable[..., Any]) -> None:
    sales = gold(**UPSERT)
    for number in range(2):
        sales.one.admit(
            *(
                record(
                    {"id": f"k{n}", "day": day(1 + (n + number) % 4), "v": n, "at": moment(number)},
                    offset=20 * number + n,
                )
                for n in range(20)
            ),
            columns=COLUMNS,
        )
        sales.one.run()
        for racer in sales.one.race("agg"):
            assert racer.returncode == 0 or any(word in racer.stdout for word in LOST), racer.stdout
        sales.run()
