"""Whether a tombstone says which row it deletes."""

from __future__ import annotations

import msgspec

_decode = msgspec.json.Decoder().decode


def names_a_row(key: str | None, pk_fields: tuple[str, ...]) -> bool:
    """
    Return whether the primary key can be read from the Kafka key.

    With one key field the Kafka key is the field's value as text, or JSON holding it; with several it
    is a JSON object holding them all.

    >>> names_a_row("17", ("id",)), names_a_row('{"id": 17}', ("id",)), names_a_row("null", ("id",))
    (True, True, False)
    >>> names_a_row("17", ("id", "line")), names_a_row('{"id": 1, "line": 2}', ("id", "line"))
    (False, True)
    """
    if not key:
        return False
    try:
        document = _decode(key)
    except (msgspec.MsgspecError, RecursionError):
        return len(pk_fields) == 1
    match document:
        case dict():
            return all(_is_scalar(document.get(name)) for name in pk_fields)
        case _:
            return len(pk_fields) == 1 and _is_scalar(document)


def _is_scalar(value: object) -> bool:
    return value is not None and not isinstance(value, dict | list)
