"""The event time that bronze reads out of a record, and what lateness follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from schema_guard import event_time
from schema_guard.core import json_text

pytestmark = pytest.mark.stack
COLUMNS = {"id": "bigint", "at": "string"}
PLAIN = {"mode": "append", "event_time": "at"}


def utc(day: int, *clock: int) -> datetime:
    """A moment of November 2026 as Spark's driver returns it: UTC, without saying so."""
    return datetime(2026, 11, day, *clock, tzinfo=UTC).replace(tzinfo=None)


#: (text of the field, event time); whether it is late, and beyond lateness, at watermark 12:00.
TIMES = {
    "utc": ('"2026-11-20T11:30:00Z"', utc(20, 11, 30), True, False),
    "offset": ('"2026-11-20T12:30:00+02:00"', utc(20, 10, 30), True, True),
    "no_offset": ('"2026-11-20T12:00:00.25"', utc(20, 12, 0, 0, 250000), False, False),
    "date": ('"2026-11-21"', utc(21), False, False),
    "millis": ("1795176000000", utc(20, 12), False, False),
    "millis_with_a_fraction": ("1795176000000.0", utc(20, 12), False, False),
    "millis_with_an_exponent": ("1.795176e12", utc(20, 12), False, False),
    "digits_in_text": ('"1795176000000"', None, False, False),
    "year_only": ('"2026"', None, False, False),
    "time_only": ('"10:00:00"', None, False, False),
    "no_such_day": ('"2026-02-30T00:00:00Z"', None, False, False),
    "too_far": ("1e300", None, False, False),
    "null": ("null", None, False, False),
    "nested": ('{"a":1}', None, False, False),
    "the_last_of_two": ('"2026-11-19", "at": "2026-11-21"', utc(21), False, False),
}

#: Records whose text holds the field's name, or what may be taken for it, elsewhere too.
RECORDS = {
    "compact": ('{"id":1,"at":"2026-11-21","b":2}', utc(21)),
    "spread": ('{\n  "id" : 1,\n  "at" :\t"2026-11-21"\n}', utc(21)),
    "padded": (' {"at": "2026-11-21"}', utc(21)),
    "after_an_object": ('{"a": {"b": {}}, "at": "2026-11-21"}', utc(21)),
    "before_an_object": ('{"at": "2026-11-21", "a": {"b": {}}}', utc(21)),
    "also_in_an_object_before": ('{"a": {"at": "2026-11-19"}, "at": "2026-11-21"}', utc(21)),
    "also_in_an_object_after": ('{"at": "2026-11-21", "a": {"at": "2026-11-19"}}', utc(21)),
    "only_in_an_object": ('{"a": {"at": "2026-11-19"}}', None),
    "only_in_an_array": ('{"a": [{"at": "2026-11-19"}]}', None),
    "as_text": ('{"a": "at", "b": ["at", "2026-11-19"], "at": "2026-11-21"}', utc(21)),
    "as_text_behind": ('{"at": "2026-11-21", "a": "at"}', utc(21)),
    "as_quoted_text": (r'{"a": "\"at\": \"2026-11-19\"", "at": "2026-11-21"}', utc(21)),
    "as_quoted_text_only": (r'{"a": "\"at\": \"2026-11-19\""}', None),
    "ending_another_key": (r'{"x\"at": "2026-11-19"}', None),
    "ending_another_key_first": (r'{"x\"at": "2026-11-19", "at": "2026-11-21"}', utc(21)),
    "behind_an_escaped_backslash": (r'{"a\\": 1, "at": "2026-11-21"}', utc(21)),
    "spelled_with_an_escape": (r'{"\u0061t": "2026-11-21"}', utc(21)),
    "its_text_spelled_with_an_escape": (r'{"at": "2026\u002d11-21"}', utc(21)),
    "in_longer_names": ('{"at2": "2026-11-19", "chat": "2026-11-19", "at": "2026-11-21"}', utc(21)),
    "in_upper_case": ('{"AT": "2026-11-21"}', None),
    "a_brace_in_text": ('{"a": "{", "at": "2026-11-21"}', utc(21)),
    "a_brace_in_text_behind": ('{"at": 1795176000000, "a": "}{"}', utc(20, 12)),
    "before_1970": ('{"at": -1}', datetime(1969, 12, 31, 23, 59, 59, 999000)),  # noqa: DTZ001  as utc()
    "fourteen_digits": ('{"at": 17951760000000}', datetime(2538, 11, 14)),  # noqa: DTZ001
    "a_number_that_goes_on": ('{"at": 1795176000000.5e0}', utc(20, 12, 0, 0, 0)),
}
#: Records put together at random, and the seed.
MANY, SEED = 2_000, 20_261_121


def test_event_times_and_lateness(lake: Callable[..., Any], record: Callable[..., Any]) -> None:
    orders = lake(**PLAIN)
    rows = [record(f'{{"at": {text}}}', offset=n) for n, (text, *_) in enumerate(TIMES.values())]
    orders.admit(*rows, columns=COLUMNS, watermark=0)
    orders.run(select="brz")

    found = orders.rows(
        "select event_time, is_late_arrival, is_beyond_lateness from {brz} order by kafka_offset"
    )
    assert dict(zip(TIMES, found, strict=True)) == {name: case[1:] for name, case in TIMES.items()}
    stamps = orders.rows("select distinct ingested_at, kafka_timestamp, schema_version from {brz}")
    assert stamps == [(utc(20, 12, 1), utc(20, 12), 1)]


def test_only_the_record_s_own_field_is_its_event_time(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**PLAIN)
    orders.admit(
        *(record(text, offset=n) for n, (text, _) in enumerate(RECORDS.values())), columns=COLUMNS
    )
    orders.run(select="brz")

    found = orders.rows("select event_time from {brz} order by kafka_offset")
    assert dict(zip(RECORDS, (moment for (moment,) in found), strict=True)) == {
        name: moment for name, (_, moment) in RECORDS.items()
    }


def test_bronze_and_the_guard_read_the_same_event_time(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    orders = lake(**PLAIN)
    texts = list(_records(Random(SEED)))  # noqa: S311  data, not secrets
    orders.admit(*(record(text, offset=n) for n, text in enumerate(texts)), columns=COLUMNS)
    orders.run(select="brz")

    found = [moment for (moment,) in orders.rows("select event_time from {brz} order by kafka_offset")]
    guarded = [_as_guarded(text) for text in texts]
    differing = [one for one in zip(texts, found, guarded, strict=True) if one[1] != one[2]]
    assert not differing, f"seed {SEED}: {differing[:3]}"
    assert 500 < sum(moment is not None for moment in found) < MANY


def _as_guarded(text: str) -> datetime | None:
    moment = event_time.event_time(json_text.parse_record(text).get("at"))
    return moment and moment.replace(tzinfo=None)


def _records(random: Random) -> Iterator[str]:
    """Yield objects that differ in what is near the field: order, spacing, nesting, escapes, look-alikes."""
    times = ['"2026-11-21T10:00:00Z"', '"2026-11-21T10:00:00.123+01:00"', '"2026-11-21"', "1795176000000"]
    others = ['"at"', '"x\\"at"', '"{"', '"\\\\"', "null", "[1, 2]", '["at", "2026-11-19"]', "7", '""']
    for _ in range(MANY):
        fields = [f'"at"{_gap(random)}:{_gap(random)}{random.choice([*times, *times, *others])}']
        fields = fields if random.random() < 0.9 else []
        for name in random.sample(["a", "at2", 'x\\"at', "b\\\\", "c"], k=random.randrange(4)):
            inner = f'{{"at": {random.choice(times)}}}' if random.random() < 0.2 else random.choice(others)
            fields.append(f'"{name}"{_gap(random)}:{_gap(random)}{inner}')
        random.shuffle(fields)
        text = "{" + ("," + _gap(random)).join(fields) + "}"
        yield text


def _gap(random: Random) -> str:
    return random.choice(["", "", " ", " ", "  ", "\n"])
