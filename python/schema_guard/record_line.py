"""
Writes the record line of docs/contracts/record-line.schema.json, byte for byte as the sink does.

A range that is landed again must hold the lines that were lost, so the two writers are compared by tests:
over all examples of the contract, and over what a real sink landed.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

#: What a JSON string may not hold as it is, and the line ends that some readers split at.
_ESCAPES = str.maketrans(
    {
        **{chr(code): f"\\u{code:04x}" for code in (*range(0x20), 0x85, 0x2028, 0x2029)},
        '"': '\\"',
        "\\": "\\\\",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaRecord:
    """
    One record as Kafka holds it.

    Attributes:
        timestamp: Milliseconds since 1970; None when the record has none.
        timestamp_type: CreateTime, LogAppendTime or NoTimestampType.
        headers: Names and values in order; names may repeat.
        value: None is a tombstone.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int | None
    timestamp_type: str
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None


def encode(record: KafkaRecord) -> bytes:
    r"""
    Return the record's line, its line feed included.

    >>> encode(KafkaRecord(topic="t", partition=0, offset=7, timestamp=None,
    ...     timestamp_type="NoTimestampType", key=b"\xff", headers=(("h", None),), value=b'"\n'))[-63:]
    b'"key_base64":"/w==","headers":[["h",null]],"value":"\\"\\u000a"}\n'
    """
    timestamp = "null" if record.timestamp is None else str(record.timestamp)
    headers = ",".join(_header(name, value) for name, value in record.headers)
    line = (
        f'{{"topic":{_string(record.topic)},"partition":{record.partition},"offset":{record.offset},'
        f'"timestamp":{timestamp},"timestamp_type":{_string(record.timestamp_type)},'
        f'{_field("key", record.key)},"headers":[{headers}],{_field("value", record.value)}}}\n'
    )
    return line.encode()


def _field(name: str, content: bytes | None) -> str:
    """Return text under its own name, other bytes under `<name>_base64`."""
    if content is None:
        return f'"{name}":null'
    text = _text(content)
    return f'"{name}":{text}' if text is not None else f'"{name}_base64":{_base64(content)}'


def _header(name: str, value: bytes | None) -> str:
    if value is None:
        return f"[{_string(name)},null]"
    text = _text(value)
    return f"[{_string(name)},{text}]" if text is not None else f"[{_string(name)},null,{_base64(value)}]"


def _text(content: bytes) -> str | None:
    try:
        return _string(content.decode())
    except UnicodeDecodeError:
        return None


def _string(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _base64(content: bytes) -> str:
    return f'"{base64.b64encode(content).decode()}"'
