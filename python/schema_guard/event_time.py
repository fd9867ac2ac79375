"""The time at which an event happened, out of a dataset's event time field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from schema_guard.core.json_text import Number

#: How far ahead of its landing an event's clock is believed.
AHEAD_OF_LANDING = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE_LENGTH = len("2026-11-20")


def event_time(value: object) -> datetime | None:  # noqa: PLR0911 - one return per case
    """
    Return the time in UTC, or None when the field holds none.

    Args:
        value: Text per ISO 8601 (offset optional, UTC assumed), or milliseconds since 1970.

    >>> event_time("2026-11-20T10:00:00+02:00")
    datetime.datetime(2026, 11, 20, 8, 0, tzinfo=datetime.timezone.utc)
    >>> event_time(0)
    datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    >>> event_time("yesterday") is event_time(True) is event_time(None) is None
    True
    """
    try:
        match value:
            case bool() | None:
                return None
            case bytes():  # a number, kept as its text (core.spelled)
                return _EPOCH + timedelta(milliseconds=float(value))
            case str():
                return _from_text(value)
            case int():
                return _EPOCH + timedelta(milliseconds=value)
            case Number():
                return _EPOCH + timedelta(milliseconds=float(Decimal(str(value))))
            case _:
                return None
    except (ValueError, OverflowError):
        return None


def clipped(latest: datetime | None, landed_at: datetime) -> datetime | None:
    """Return an object's newest event time, at most an hour after the object landed."""
    return None if latest is None else min(latest, landed_at + AHEAD_OF_LANDING)


def _from_text(text: str) -> datetime | None:
    # Only calendar dates with hyphens: what Spark's cast to timestamp reads as well.
    if len(text) < _DATE_LENGTH or text[4] != "-" or text[7] != "-":
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
