"""One record of another sink's object, and the record line that Tidegate keeps of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import msgspec

#: Line breaks of Unicode that a record line holds only escaped (docs/contracts/record-line.schema.json).
_BREAKS = {char.encode(): f"\\u{ord(char):04x}".encode() for char in "\u0085\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """
    What an object holds of one Kafka record.

    Attributes:
        value: The value's text in UTF-8, or whatever bytes stand there; None is a tombstone.
        is_text: Whether the object holds the value as a JSON string.
        timestamp: Milliseconds since 1970; None where the object does not hold it.
        headers: Names and texts, in order.
    """

    offset: int
    value: bytes | None
    is_text: bool = False
    key: bytes | None = None
    timestamp: int | None = None
    headers: tuple[tuple[str, str | None], ...] = ()


class _Line(msgspec.Struct, omit_defaults=False):
    """A record line, its fields in the order of the contract."""

    topic: str
    partition: int
    offset: int
    timestamp: int | None
    timestamp_type: str
    headers: list[tuple[str, str | None]]
    key: str | msgspec.UnsetType | None = msgspec.UNSET
    key_base64: str | msgspec.UnsetType = msgspec.UNSET
    value: str | msgspec.UnsetType | None = msgspec.UNSET
    value_base64: str | msgspec.UnsetType = msgspec.UNSET


_encode = msgspec.json.Encoder().encode


def line_of(topic: str, partition: int, record: ForeignRecord) -> bytes:
    r"""
    Return the record line, its line feed included.

    >>> line_of("t", 0, ForeignRecord(7, b'{"a":1}'))[38:].decode()
    '"timestamp":null,"timestamp_type":"NoTimestampType","headers":[],"key":null,"value":"{\\"a\\":1}"}\n'
    """
    line = _Line(
        topic=topic,
        partition=partition,
        offset=record.offset,
        timestamp=record.timestamp,
        timestamp_type="NoTimestampType" if record.timestamp is None else "CreateTime",
        headers=list(record.headers),
    )
    line.key, line.key_base64 = _spelled(record.key)
    line.value, line.value_base64 = _spelled(record.value)
    text = _encode(line)
    if not text.isascii():
        for char, escape in _BREAKS.items():
            text = text.replace(char, escape)
    return text + b"\n"


def _spelled(
    data: bytes | None,
) -> tuple[str | msgspec.UnsetType | None, str | msgspec.UnsetType]:
    """Return bytes as text, or in base64 where they are none."""
    if data is None:
        return None, msgspec.UNSET
    try:
        return data.decode(), msgspec.UNSET
    except UnicodeDecodeError:
        return msgspec.UNSET, base64.b64encode(data).decode()
