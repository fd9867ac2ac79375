"""A range of records read from Kafka again: its lines in a file on disk, and what they add up to."""

from __future__ import annotations

import hashlib
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from schema_guard.record_line import KafkaRecord, encode

#: The sink's default level first: its bytes are the likeliest to come out again.
LEVELS = (3, 1, 2, 4, 5, 6, 7, 8, 9)
#: As Java's GZIPOutputStream writes it: no name, no time, operating system unknown.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_CHUNK, _SIZE_MODULUS = 1 << 20, 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a manifest says about the lines of its object; timestamps in milliseconds since 1970."""

    record_count: int
    first_offset: int
    last_offset: int
    line_bytes: int
    value_bytes: int
    min_timestamp: int | None
    max_timestamp: int | None

    @classmethod
    def of_manifest(cls, document: Mapping[str, Any]) -> Totals:
        """Return what a manifest promised."""
        return cls(**{name: document[name] for name in cls.__slots__})

    def differences(self, found: Totals) -> list[str]:
        """Return `name promised → found` for everything that is not the same."""
        pairs = ((name, getattr(self, name), getattr(found, name)) for name in self.__slots__)
        return [f"{name} {promised} → {got}" for name, promised, got in pairs if promised != got]


@dataclass(frozen=True, slots=True)
class Spool:
    """Lines on disk and their totals; None when there was no record at all."""

    file: IO[bytes]
    totals: Totals | None

    def lines(self) -> Iterator[bytes]:
        """Yield the lines, from the first one on."""
        self.file.seek(0)
        yield from self.file


@dataclass(frozen=True, slots=True)
class Packed:
    """The bytes to store, on disk: their size and SHA-256 in hex."""

    file: IO[bytes]
    size: int
    sha256: str


@contextmanager
def spooled(records: Iterable[KafkaRecord]) -> Iterator[Spool]:
    """Write the records' lines into a file that vanishes with the block; memory holds one record."""
    with tempfile.TemporaryFile(prefix="tidegate-replay-") as file:
        counts = {"record_count": 0, "line_bytes": 0, "value_bytes": 0}
        offsets: list[int] = []
        times: tuple[int, int] | None = None
        for record in records:
            line = encode(record)
            file.write(line)
            counts["record_count"] += 1
            counts["line_bytes"] += len(line)
            counts["value_bytes"] += len(record.value or b"")
            offsets = [*offsets[:1], record.offset]
            if record.timestamp is not None:
                low, high = times or (record.timestamp, record.timestamp)
                times = (min(low, record.timestamp), max(high, record.timestamp))
        yield Spool(file, _totals(counts, offsets, times))


def _totals(counts: Mapping[str, int], offsets: list[int], times: tuple[int, int] | None) -> Totals | None:
    if not offsets:
        return None
    low, high = times or (None, None)
    return Totals(
        first_offset=offsets[0],
        last_offset=offsets[-1],
        min_timestamp=low,
        max_timestamp=high,
        **counts,
    )


@contextmanager
def packed(spool: Spool, *, is_gzip: bool, promised: str = "") -> Iterator[Packed]:
    """
    Give the bytes to store: those whose SHA-256 was promised, if any way of compressing makes them.

    The same zlib at the same level makes the same bytes; another one makes others of the same lines.
    """
    if not is_gzip:
        size, digest = _measured(spool.lines())
        spool.file.seek(0)
        yield Packed(spool.file, size, digest)
        return
    level = next((n for n in LEVELS if promised and _measured(gzip(spool, n))[1] == promised), LEVELS[0])
    with tempfile.TemporaryFile(prefix="tidegate-replay-") as file:
        file.writelines(gzip(spool, level))
        size, digest = _measured(gzip(spool, level))
        file.seek(0)
        yield Packed(file, size, digest)


def gzip(spool: Spool, level: int) -> Iterator[bytes]:
    """Yield the lines as a gzip stream (RFC 1952) with the header that the sink writes."""
    spool.file.seek(0)
    deflate, check, size = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS), 0, 0
    yield _GZIP_HEADER
    while chunk := spool.file.read(_CHUNK):
        check, size = zlib.crc32(chunk, check), (size + len(chunk)) % _SIZE_MODULUS
        yield deflate.compress(chunk)
    yield deflate.flush() + struct.pack("<LL", check, size)


def _measured(chunks: Iterable[bytes]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()
