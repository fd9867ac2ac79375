"""Every record is a row; repeats of an event are flagged, whenever they are learned of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "at": "string"}
APPEND = {"mode": "append", "event_id": ["id"], "event_time": "at"}
FLAGS = "select kafka_offset, is_duplicate from {slv} order by kafka_offset"


def test_repeats_are_flagged_within_a_day(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    flights = lake(**APPEND)
    events = [
        ("a", "20T10"),
        ("a", "20T10"),
        ("a", "21T09"),
        ("b", "20T10"),
        ("a", "22T10"),
        (None, "20T10"),
        (None, "20T10"),
    ]
    rows = [
        record({"id": name, "at": f"2026-11-{hour}:00:00Z"}, offset=offset)
        for offset, (name, hour) in enumerate(events)
    ]
    flights.admit(*rows[:1], columns=COLUMNS)
    flights.admit(*rows[1:], columns=COLUMNS)
    flights.run()

    assert flights.rows(FLAGS) == [
        (0, False),
        (1, True),
        (2, True),
        (3, False),
        (4, False),
        (5, False),
        (6, False),
    ]


def test_a_late_record_flags_the_ones_it_precedes(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    flights = lake(**APPEND)
    flights.admit(record({"id": "a", "at": "2026-11-20T10:00:00Z"}, offset=0), columns=COLUMNS)
    flights.admit(record({"id": "a", "at": "2026-11-22T10:00:00Z"}, offset=1), columns=COLUMNS)
    flights.run()
    assert flights.rows(FLAGS) == [(0, False), (1, False)]

    flights.admit(
        record({"id": "a", "at": "2026-11-20T09:00:00Z"}, offset=2),
        record({"id": "a", "at": "2026-11-21T11:00:00Z"}, offset=3),
        columns=COLUMNS,
    )
    flights.run()

    assert flights.rows(FLAGS) == [(0, True), (1, True), (2, False), (3, False)]


def test_a_reload_changes_nothing(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    flights = lake(**APPEND)
    for offset in range(3):
        flights.admit(record({"id": "a", "at": "2026-11-20T10:00:00Z"}, offset=offset), columns=COLUMNS)
    flights.run()
    before = sorted(flights.rows("select * from {slv}"))

    flights.forget_position("slv", 1)
    flights.run()

    assert sorted(flights.rows("select * from {slv}")) == before
    assert flights.rows(FLAGS) == [(0, False), (1, True), (2, True)]


def test_rows_without_event_time_repeat_each_other(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    flights = lake(**APPEND)
    flights.admit(record({"id": "a", "at": None}, offset=0), columns=COLUMNS)
    flights.run()
    flights.admit(
        record({"id": "a", "at": "soon"}, offset=1),
        record({"id": "a", "at": "2026-11-20T10:00:00Z"}, offset=2),
        columns=COLUMNS,
    )
    flights.run()

    assert flights.rows(FLAGS) == [(0, False), (1, True), (2, False)]
