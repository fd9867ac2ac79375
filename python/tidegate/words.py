"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import datetime

_UNITS = (("d", 86400), ("h", 3600), ("min", 60))


def age(seconds: float) -> str:
    """
    Return a duration in its largest unit, rounded down.

    >>> age(0.4), age(59), age(3599), age(7200), age(200_000)
    ('0 s', '59 s', '59 min', '2 h', '2 d')
    """
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} s"


def ago(at: datetime | None, now: datetime) -> str:
    """Return how long ago something was; a dash when it never was."""
    return f"{age((now - at).total_seconds())} ago" if at else "—"


def count(number: int, noun: str, plural: str = "") -> str:
    """
    Return a number with its noun.

    >>> count(1, "record"), count(12_000, "record")
    ('1 record', '12,000 records')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(count_of_bytes: float) -> str:
    """
    Return a number of bytes in its largest unit of 1,024.

    >>> size(512), size(300 << 20), size(1.5 * (1 << 30))
    ('512 B', '300 MiB', '1.5 GiB')
    """
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count_of_bytes >= 1 << power:
            return f"{count_of_bytes / (1 << power):.3g} {unit}"
    return f"{int(count_of_bytes)} B"
