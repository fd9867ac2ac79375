"""A captured change that leaves a value out is no row; text that only speaks of the placeholder is one."""

from __future__ import annotations

import json

import pytest

from schema_guard import unavailable
from schema_guard.core.poison import ErrorType, PoisonError

PLACEHOLDER = "__debezium_unavailable_value"


@pytest.mark.parametrize(
    "held",
    [
        PLACEHOLDER,
        "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==",
        [ord(letter) for letter in PLACEHOLDER],
        [PLACEHOLDER],
    ],
    ids=["text", "bytes", "array of numbers", "array of texts"],
)
def test_a_change_that_leaves_a_value_out_names_the_field(held: object) -> None:
    with pytest.raises(PoisonError) as raised:
        unavailable.check({"id": 1, "note": held, "name": "x"})
    assert raised.value.error_type is ErrorType.UNAVAILABLE_VALUE
    assert "leaves out note:" in raised.value.message
    # Such a record is never read in a block, however its text is spelled.
    assert unavailable.may_be_in(json.dumps({"id": 1, "note": held}))
    escaped = json.dumps({"note": held}).replace("_", "\\u005f")
    assert unavailable.may_be_in(escaped)


@pytest.mark.parametrize("held", [None, "", 1, f"see {PLACEHOLDER}", [], {"a": PLACEHOLDER}])
def test_every_other_value_passes(held: object) -> None:
    unavailable.check({"id": 1, "note": held})


def test_plain_rows_are_read_in_blocks() -> None:
    assert not unavailable.may_be_in('{"id":1,"note":"x","at":"2026-11-20T10:00:00Z","lsn":9}')
