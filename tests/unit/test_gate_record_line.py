"""The guard's record line is the sink's, byte for byte: over every example of the contract."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from schema_guard.record_line import KafkaRecord, encode

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "contracts" / "examples"
PASSING = sorted((EXAMPLES / "record-line").glob("*.pass.json"))
#: One line per passing example, in the order of their names; the Java test reads the same file.
LINES = (EXAMPLES / "record-line.lines").read_bytes().splitlines(keepends=True)


def content(text: str | None, binary: str | None) -> bytes | None:
    if binary is not None:
        return base64.b64decode(binary)
    return None if text is None else text.encode()


def record(path: Path) -> KafkaRecord:
    line = json.loads(path.read_text(encoding="utf-8"))
    return KafkaRecord(
        topic=line["topic"],
        partition=line["partition"],
        offset=line["offset"],
        timestamp=line["timestamp"],
        timestamp_type=line["timestamp_type"],
        key=content(line.get("key"), line.get("key_base64")),
        headers=tuple((name, content(text, *(rest or [None]))) for name, text, *rest in line["headers"]),
        value=content(line.get("value"), line.get("value_base64")),
    )


def plain(**fields: bytes | None) -> bytes:
    shown = {"key": None, "value": None, **fields}
    return encode(
        KafkaRecord(
            topic="orders",
            partition=7,
            offset=1,
            timestamp=1,
            timestamp_type="CreateTime",
            headers=(),
            **shown,
        )
    )


def test_every_passing_example_has_its_line() -> None:
    assert len(LINES) == len(PASSING)


@pytest.mark.parametrize("number", range(len(PASSING)), ids=lambda number: PASSING[number].name)
def test_an_example_becomes_the_sinks_line(number: int) -> None:
    assert encode(record(PASSING[number])) == LINES[number]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"\x00\x1f\x7f", b'"\\u0000\\u001f\x7f"'),
        (b'"\\/', b'"\\"\\\\/"'),
        ("\u0085\u2028\u2029\u2027".encode(), b'"\\u0085\\u2028\\u2029' + "\u2027".encode() + b'"'),
        ("é 漢字 😀".encode(), '"é 漢字 😀"'.encode()),
        (b"\t\n\r\b\f", b'"\\u0009\\u000a\\u000d\\u0008\\u000c"'),
    ],
)
def test_text_is_escaped_as_the_sink_does(value: bytes, shown: bytes) -> None:
    assert plain(value=value).endswith(b'"value":' + shown + b"}\n")


@pytest.mark.parametrize(
    "binary", ["80", "ff", "c0af", "c3", "eda080", "f4908080", "e0809f", "41c3", "f09f98"]
)
def test_bytes_that_are_not_text_are_base64(binary: str) -> None:
    line = plain(value=bytes.fromhex(binary), key=bytes.fromhex(binary))
    encoded = base64.b64encode(bytes.fromhex(binary))
    assert b'"value_base64":"' + encoded + b'"' in line
    assert b'"key_base64":"' + encoded + b'"' in line
