"""
What the lines of an object say, per layout.

Confluent: a line is a value, the n-th of the object has the offset of its name + n. Aiven: a line, or an
element of the array, is an envelope with the record's own offset. Both write a value's JSON on one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from metastore_sync.layout import Landing, Layout, Values
from metastore_sync.layout_listing import Listed
from schema_guard import layout_errors as errors
from schema_guard.relanding.records import ForeignRecord

_NULL = b"null"
_ABSENT = msgspec.Raw()
_ENVELOPED = "format.output.envelope=true and format.output.fields=key,value,offset,timestamp,headers"


class _Envelope(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Aiven's record: the fields of `format.output.fields`; values keep the bytes they are written in."""

    offset: int | None = None
    value: msgspec.Raw = _ABSENT
    key: msgspec.Raw = _ABSENT
    timestamp: datetime | None = None
    headers: list[_Header] | None = None


class _Header(msgspec.Struct, gc=False):
    key: str
    value: msgspec.Raw = _ABSENT


_envelope = msgspec.json.Decoder(_Envelope).decode
_string = msgspec.json.Decoder(str).decode


def records(landing: Landing, listed: Listed, text: Iterable[bytes]) -> Iterator[ForeignRecord]:
    """
    Yield an object's records in the order of their offsets.

    Raises:
        VerdictError: The sink is set to something that cannot be read; the message names the setting.
        BrokenError: A line is damaged.
    """
    if landing.layout is Layout.CONFLUENT:
        for number, line in enumerate(text):
            value, is_text = _value(landing, listed.key, number + 1, line)
            yield ForeignRecord(listed.start + number, value, is_text)
        return
    last = -1
    for number, line in enumerate(_elements(text), 1):
        record = _enveloped(landing, listed, number, line)
        if record.offset <= last or (last < 0 and record.offset != listed.start):
            after = f"after {last}" if last >= 0 else f"and the object's name says {listed.start}"
            raise errors.damaged(listed.key, f"line {number} has offset {record.offset}, {after}")
        last = record.offset
        yield record


def _elements(text: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the records' JSON: lines, or an array's elements, of which Aiven writes one a line."""
    for line in text:
        element = line.strip().removesuffix(b",")
        if element not in (b"", b"[", b"]"):
            yield element


def _enveloped(landing: Landing, listed: Listed, number: int, line: bytes) -> ForeignRecord:
    if number == 1 and not line.startswith((b"{", b'"')):
        raise errors.no_envelope(listed.key, "format.output.type=jsonl")
    try:
        found = _envelope(line)
    except msgspec.ValidationError as mistake:
        raise errors.no_envelope(listed.key, _ENVELOPED, str(mistake)) from mistake
    except msgspec.DecodeError as mistake:
        raise errors.damaged(listed.key, f"line {number}: {mistake}") from mistake
    if found.offset is None or not bytes(found.value):
        lacks = "offset" if found.offset is None else "value"
        raise errors.field_missing(listed.key, lacks)
    value, is_text = _value(landing, listed.key, number, bytes(found.value))
    return ForeignRecord(
        offset=found.offset,
        value=None if bytes(found.value) == _NULL else value,
        is_text=is_text,
        key=_text(bytes(found.key)),
        timestamp=None if found.timestamp is None else round(found.timestamp.timestamp() * 1000),
        headers=tuple((header.key, _header(bytes(header.value))) for header in found.headers or ()),
    )


def _value(landing: Landing, key: str, number: int, written: bytes) -> tuple[bytes, bool]:
    """Return the producer's text, and whether it is written as a JSON string."""
    is_text = written.startswith(b'"')
    if landing.values is Values.JSON:
        return written, is_text
    if not is_text:
        if written == _NULL:
            return written, False
        raise errors.no_text(key, number)
    try:
        return _unquoted(written), True
    except ValueError as mistake:
        raise errors.damaged(key, f"line {number}: {mistake}") from mistake


def _unquoted(written: bytes) -> bytes:
    try:
        return _string(written).encode()
    except msgspec.DecodeError:
        # Half of a surrogate pair, which is no Unicode: its bytes go on as they are.
        return str(json.loads(written)).encode("utf-8", "surrogatepass")


def _text(written: bytes) -> bytes | None:
    """Return a key: the text of a JSON string, any other JSON as it is written."""
    if written in (b"", _NULL):
        return None
    return _unquoted(written) if written.startswith(b'"') else written


def _header(written: bytes) -> str | None:
    text = _text(written)
    return None if text is None else text.decode("utf-8", "replace")
