"""The text lines of an object that another sink wrote, by what its first bytes say it is."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator

from schema_guard import layout_errors as errors
from schema_guard import lines

#: Longer lines end the reading: Kafka's own limit is 1 MiB unless somebody raised it.
MAX_LINE_BYTES = 64 << 20
_GZIP = b"\x1f\x8b"
#: First bytes of formats that are not read, and the setting of that sink to change.
_FORMATS = {
    b"\x28\xb5\x2f\xfd": ("zstd", "file.compression.type=gzip"),
    b"\xff\x06\x00\x00sNaPpY": ("snappy", "file.compression.type=gzip"),
    b"\x82SNAPPY\x00": ("snappy", "file.compression.type=gzip"),
    b"PAR1": ("Parquet", "format.class=…JsonFormat (Confluent) or format.output.type=jsonl (Aiven)"),
    b"Obj\x01": ("Avro", "format.class=…JsonFormat (Confluent) or format.output.type=jsonl (Aiven)"),
}


def text_lines(key: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """
    Yield an object's lines without their ends; the bytes may be compressed with gzip or not at all.

    Raises:
        VerdictError: The bytes are of a format that is not read.
        BrokenError: They are damaged or end too early: the sink may write the object again.
    """
    first = next(chunks, b"")
    for magic, (name, setting) in _FORMATS.items():
        if first.startswith(magic):
            raise errors.format_not_read(key, name, setting)
    stored = itertools.chain([first], chunks)
    text = lines.gunzip(stored) if first.startswith(_GZIP) else stored
    try:
        for number, line in enumerate(lines.split(text, MAX_LINE_BYTES), 1):
            if isinstance(line, lines.SkippedLine):
                raise errors.damaged(key, f"line {number} is longer than {MAX_LINE_BYTES} bytes")
            yield line
    except zlib.error as mistake:
        raise errors.damaged(key, str(mistake)) from mistake
