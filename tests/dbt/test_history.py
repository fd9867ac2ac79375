"""Every state of every key with the time it held, whatever order records arrive in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.stack
COLUMNS = {"id": "string", "v": "int", "at": "string"}
HISTORY = {"mode": "history", "pk_fields": ["id"], "event_time": "at"}
#: Minutes after ten of every state's first and last moment.
STATES = (
    "select id, v, minute(valid_from), minute(valid_to), is_current from {slv}"
    " where is_current or valid_from < valid_to order by id, valid_from"
)


def moment(minute: int) -> str:
    return f"2026-11-20T10:{minute:02d}:00Z"


def test_a_late_row_splits_the_interval_it_falls_into(
    lake: Callable[..., Any], record: Callable[..., Any]
) -> None:
    customers = lake(**HISTORY)
    customers.admit(
        record({"id": "a", "v": 1, "at": moment(1)}, offset=0),
        record({"id": "a", "v": 5, "at": moment(5)}, offset=1),
        record({"id": "b", "v": 1, "at": moment(1)}, offset=2),
        columns=COLUMNS,
    )
    customers.run()
    assert customers.rows(STATES) == [
        ("a", 1, 1, 5, False),
        ("a", 5, 5, None, True),
        ("b", 1, 1, None, True),
    ]

    customers.admit(record({"id": "a", "v": 3, "at": moment(3)}, offset=3), columns=COLUMNS)
    customers.run()
    assert customers.rows(STATES) == [
        ("a", 1, 1, 3, False),
        ("a", 3, 3, 5, False),
        ("a", 5, 5, None, True),
        ("b", 1, 1, None, True),
    ]
