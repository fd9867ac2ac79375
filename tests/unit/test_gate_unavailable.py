"""A captured change that leaves a value out is no row; text that only speaks of the placeholder is one."""

from __future__ import annotations

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


@pytest.mark.parametrize("held", [None, "", 1, f"see {PLACEHOLDER}", [], {"a": PLACEHOLDER}])
def test_every_other_value_passes(held: object) -> None:
    unavailable.check({"id": 1, "note": held})
