"""Values that a captured change leaves out: large ones that an update did not touch."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from metastore_sync.render_cdc import UNAVAILABLE
from schema_guard.core.poison import ErrorType, PoisonError

#: The placeholder as text, as bytes, and as an array of numbers (Debezium, `unavailable.value.placeholder`).
_FORMS: tuple[object, ...] = (
    UNAVAILABLE,
    base64.b64encode(UNAVAILABLE.encode()).decode(),
    list(UNAVAILABLE.encode()),
    [UNAVAILABLE],
)

#: Without any of these in it, no text spells a placeholder: nothing is escaped, no array is there.
_SIGNS = (UNAVAILABLE, base64.b64encode(UNAVAILABLE.encode()).decode(), "[", "\\")


def may_be_in(text: str) -> bool:
    """
    Return whether a change's JSON may hold the placeholder; False is sure.

    >>> may_be_in('{"id":1,"note":"x"}'), may_be_in('{"id":1,"note":[1]}')
    (False, True)
    """
    return any(sign in text for sign in _SIGNS)


def check(value: Mapping[str, object]) -> None:
    """
    Raise when a field of a flattened change holds Debezium's placeholder instead of its value.

    As a row it would replace the true value by that text. The record before it stays the newest one known.

    Raises:
        PoisonError: UNAVAILABLE_VALUE.
    """
    missing = [name for name, held in value.items() if held in _FORMS]
    if missing:
        names = ", ".join(missing)
        told = f"the change leaves out {names}: its table needs replica identity full"
        raise PoisonError(ErrorType.UNAVAILABLE_VALUE, told)
