"""What counts as an event's time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schema_guard.core.json_text import Number
from schema_guard.event_time import clipped, event_time

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-20T12:00:00Z",
        "2026-11-20 12:00:00",
        "2026-11-20T13:00:00+01:00",
        "2026-11-20T12:00:00.000000",
        1_795_176_000_000,
        Number("1795176000000.0"),
    ],
)
def test_these_mean_noon(value):
    assert event_time(value) == NOON


@pytest.mark.parametrize(
    "value",
    [None, True, "", "noon", "20261120", "2026-W47-5", "1795176000000", [], {}, 10**30, Number("1e300")],
)
def test_these_mean_nothing(value):
    assert event_time(value) is None


def test_a_clock_that_runs_ahead_is_believed_for_an_hour():
    ahead = NOON + timedelta(days=900)

    assert clipped(ahead, NOON) == NOON + timedelta(hours=1)
    assert clipped(NOON, NOON) == NOON
    assert clipped(None, NOON) is None


def test_a_number_kept_as_its_text_is_a_number():
    assert event_time(b"1795176000000.0") == event_time(b"1.795176e12") == NOON
    assert event_time(b"1e300") is None
