"""Repeats of an event, to the microsecond: in each order of arrival, and however the table is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakehouse import backfill_state as states
from tests.dbt.backfilled import Make

pytestmark = pytest.mark.stack

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases/repeats/day.yml").read_text(encoding="utf-8"))
BEGIN = datetime(2026, 11, 20, 10, tzinfo=UTC)
BATCHES = 3
#: The second day: events a day after the first lie on its start, those two days after it on its end.
WINDOW = states.window("2026-11-21T10:00", "2026-11-22T10:00")
ROWS = "select * from {slv} order by kafka_offset"
LATE = (
    "select batch_id, count_if(is_late_arrival), count_if(event_time is not null)"
    " from {slv} group by 1 order by 1"
)
FLAGS = "select kafka_offset, is_duplicate from {slv}"

Placed = tuple[int, int, dict[str, Any], bool]


def every_order() -> Iterator[Placed]:
    """Tell each story in each way to spread it over the batches: (offset, batch, value, is a repeat)."""
    offset = 0
    for name, story in CASES.items():
        for batches in product(range(BATCHES), repeat=len(story["at"])):
            for place, (batch, second) in enumerate(zip(batches, story["at"], strict=True)):
                at = None if second is None else (BEGIN + timedelta(seconds=second)).isoformat()
                value = {"id": f"{name} {batches}", "at": at}
                yield offset, batch, value, place in story["repeats"]
                offset += 1


def test_repeats_are_the_same_in_every_order_and_in_every_way_to_make_the_table(
    make: Make, record: Callable[..., Any]
) -> None:
    events = make(mode="append", event_id=["id"], event_time="at")
    told = list(every_order())
    for number in range(BATCHES):
        arriving = [record(value, offset=offset) for offset, batch, value, _ in told if batch == number]
        # Of the second batch on all events are late, of the third on by more than an hour.
        watermark = None if number == 0 else (49 + number) * 3600
        events.admit(*arriving, columns={"id": "string", "at": "string"}, watermark=watermark)
        events.live()
    live = events.rows(ROWS)
    assert dict(events.rows(FLAGS)) == {
        offset: repeats for offset, _, _, repeats in told
    }
    late = events.rows(LATE)
    assert [n for _, n, _ in late] == [0, late[1][2], late[2][2]]

    made = {}
    for prefix in ("brz", "slv"):
        events.lake.forget_position(prefix, 0)
        events.live()
        made[f"{prefix} loaded again"] = events.rows(ROWS)
    events.rows("update {slv} set is_duplicate = not is_duplicate where event_time >= '2026-11-21 10:00:00'")
    events.backfill(WINDOW)
    made["a day made anew"] = events.rows(ROWS)
    events.backfill(states.EVERYTHING)
    made["all made anew"] = events.rows(ROWS)

    assert {how: rows for how, rows in made.items() if rows != live} == {}
