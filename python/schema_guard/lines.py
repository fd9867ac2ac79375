"""Lines of a landed object, out of its stored bytes, in bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schema_guard.core.poison import ErrorType, PoisonError

#: Longer lines are skipped in stream and rejected: Spark reads a line whole.
MAX_RECORD_BYTES = 16 << 20
#: Bytes of decompressed text held at once.
_WINDOW = 1 << 20
#: Bytes kept of a line that is skipped: enough to read whose line it was.
_HEAD = 4096
_GZIP_HEADER = 31


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """The start of a line that is longer than the limit; the rest was never held."""

    head: bytes


def too_large() -> PoisonError:
    """Return the error of a record that is longer than the limit."""
    return PoisonError(ErrorType.TOO_LARGE, f"the record is longer than {MAX_RECORD_BYTES} bytes")


def gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """
    Yield the text of a gzip stream of one or more members.

    Raises:
        zlib.error: The stream is damaged or ends too early.
    """
    member = zlib.decompressobj(_GZIP_HEADER)
    is_open = False
    for chunk in chunks:
        data = chunk
        while data:
            is_open = True
            yield member.decompress(data, _WINDOW)
            data = member.unconsumed_tail
            if member.eof:
                data = member.unused_data
                member, is_open = zlib.decompressobj(_GZIP_HEADER), False
    if is_open:
        yield member.flush()
        if not member.eof:
            message = "the stream ends too early"
            raise zlib.error(message)


def split(chunks: Iterable[bytes], limit: int) -> Iterator[bytes | SkippedLine]:
    r"""
    Yield the lines, without their ends; those over `limit` bytes only as their heads.

    >>> list(split([b'a\nbb', b'b\ncccccc', b'c\nd'], 4))
    [b'a', b'bbb', SkippedLine(head=b'cccccc'), b'd']
    """
    rest = b""
    skipping = False
    for chunk in chunks:
        text = chunk
        if skipping:
            _, end, text = chunk.partition(b"\n")
            if not end:
                continue
            skipping = False
        *whole, rest = (rest + text).split(b"\n")
        for line in whole:
            yield line if len(line) <= limit else SkippedLine(line[:_HEAD])
        if len(rest) > limit:
            yield SkippedLine(rest[:_HEAD])
            rest, skipping = b"", True
    if rest:
        yield rest
