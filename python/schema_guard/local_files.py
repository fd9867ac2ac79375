"""Infers the schema of newline-delimited JSON in local files, on every core, in bounded memory."""

from __future__ import annotations

import multiprocessing
import os
import sys
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from metastore_sync.errors import UsageError
from schema_guard import lines, value_blocks
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import Position
from schema_guard.core.poison import ErrorType, PoisonError
from schema_guard.scan import MAX_RECORD_BYTES

#: Text handed to one process at once.
BLOCK_BYTES = 4 << 20
#: Smaller input is read in this process: starting others costs more.
SMALL_BYTES = 16 << 20
#: Lines that cannot become rows are counted, and so many of them remembered.
MOST_REMEMBERED = 100
_CHUNK = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Rejected:
    """One line that could not become a row; lines are counted from 1."""

    path: str
    line: int
    error_type: ErrorType
    message: str


@dataclass(slots=True)
class LocalScan:
    """
    What was found in some files.

    Attributes:
        inference: Positions are (path, 0, line).
        rejected: The first lines that cannot become rows.
        rejected_counts: How many there are by error type.
    """

    inference: Inference = field(default_factory=Inference)
    rejected: list[Rejected] = field(default_factory=list)
    rejected_counts: Counter[ErrorType] = field(default_factory=Counter)

    @property
    def record_count(self) -> int:
        """Lines that hold anything."""
        return self.inference.records + self.rejected_counts.total()

    def merge(self, other: LocalScan) -> None:
        """Add what was found elsewhere."""
        self.inference.merge(other.inference)
        self.rejected = sorted([*self.rejected, *other.rejected], key=_place)[:MOST_REMEMBERED]
        self.rejected_counts += other.rejected_counts


def _place(rejected: Rejected) -> tuple[str, int]:
    return (rejected.path, rejected.line)


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole lines of one file; `first` is the number of the first, `skipped` are too long to read."""

    path: str
    first: int
    text: bytes
    skipped: tuple[int, ...] = ()


def scan_files(
    paths: Sequence[str], on_read: Callable[[int], None] = lambda _: None, *, processes: int | None = None
) -> LocalScan:
    """
    Infer the schema of files, `.gz` or plain; `-` is standard input.

    Args:
        paths: Files of one JSON object per line.
        on_read: Told how many stored bytes were read, each time some were.
        processes: By default one per core, and none but this for small input.

    Raises:
        UsageError: A file cannot be read, or is damaged.
    """
    wanted = processes or (1 if _is_small(paths) else os.cpu_count() or 1)
    blocks = (block for path in paths for block in _blocks(path, on_read))
    total = LocalScan()
    if wanted == 1:
        for block in blocks:
            total.merge(_scan(block))
        return total
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(wanted, mp_context=spawn) as pool:
        waiting: deque[Future[LocalScan]] = deque()
        for block in blocks:
            waiting.append(pool.submit(_scan, block))
            if len(waiting) > 2 * wanted:
                total.merge(waiting.popleft().result())
        for job in waiting:
            total.merge(job.result())
    return total


def _is_small(paths: Sequence[str]) -> bool:
    files = [Path(path) for path in paths if path != "-"]
    return len(files) == len(paths) and sum(f.stat().st_size for f in files if f.exists()) < SMALL_BYTES


def _blocks(path: str, on_read: Callable[[int], None]) -> Iterator[_Block]:
    with ExitStack() as opened:
        try:
            file = sys.stdin.buffer if path == "-" else opened.enter_context(Path(path).open("rb"))
            yield from _whole_lines(path, _text(_chunks(file, on_read)))
        except (OSError, zlib.error) as error:
            raise UsageError(
                f"{path}: cannot be read: {error}",
                not_done="Nothing was inferred.",
                next_command="tidegate infer FILE.ndjson",
            ) from error


def _chunks(file: BinaryIO, on_read: Callable[[int], None]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        on_read(len(chunk))
        yield chunk


def _text(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text of a file, unpacked when its first bytes say that it is gzip."""
    first = next(chunks, b"")
    whole = _again(first, chunks)
    yield from lines.gunzip(whole) if first.startswith(_GZIP_MAGIC) else whole


def _again(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _whole_lines(path: str, chunks: Iterable[bytes]) -> Iterator[_Block]:
    """Yield blocks that end at a line's end; of a line over the limit only its number is kept."""
    number, rest, held, is_skipping = 1, bytearray(), bytearray(), False
    for chunk in chunks:
        text = chunk
        if is_skipping:
            _, end, text = chunk.partition(b"\n")
            if not end:
                continue
            yield _Block(path, number, b"", (number,))
            number, is_skipping = number + 1, False
        whole, end, tail = text.rpartition(b"\n")
        if end:
            held += rest + whole + end
            rest = bytearray(tail)
        else:
            rest += tail
        if held and (len(held) >= BLOCK_BYTES or len(rest) > MAX_RECORD_BYTES):
            yield _Block(path, number, bytes(held))
            number += held.count(b"\n")
            held.clear()
        if len(rest) > MAX_RECORD_BYTES:
            rest.clear()
            is_skipping = True
    if is_skipping:
        yield _Block(path, number, b"", (number,))
    if held or rest:
        yield _Block(path, number, bytes(held + rest))


def _scan(block: _Block) -> LocalScan:
    found = LocalScan()
    for number in block.skipped:
        message = f"the record is longer than {MAX_RECORD_BYTES} bytes"
        _reject(found, block, number, PoisonError(ErrorType.TOO_LARGE, message))
    texts: list[str] = []
    positions: list[Position] = []
    size = 0
    for number, line in enumerate(block.text.split(b"\n"), block.first):
        if not line or line.isspace():
            continue
        try:
            texts.append(_decoded(line))
        except PoisonError as poison:
            _reject(found, block, number, poison)
            continue
        positions.append(Position(block.path, 0, number))
        size += len(line)
        if len(texts) == value_blocks.MOST_RECORDS or size > value_blocks.MOST_CHARACTERS:
            _infer(found, block, texts, positions)
            texts, positions, size = [], [], 0
    _infer(found, block, texts, positions)
    return found


def _infer(found: LocalScan, block: _Block, texts: list[str], positions: list[Position]) -> None:
    outcomes = value_blocks.infer_block(found.inference, texts, positions)
    for outcome, position in zip(outcomes, positions, strict=True):
        if isinstance(outcome, PoisonError):
            _reject(found, block, position.offset, outcome)


def _decoded(line: bytes) -> str:
    if len(line) > MAX_RECORD_BYTES:
        raise PoisonError(ErrorType.TOO_LARGE, f"the record is longer than {MAX_RECORD_BYTES} bytes")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise PoisonError(ErrorType.NOT_UTF8, f"not UTF-8: {error.reason} at {error.start}") from None


def _reject(found: LocalScan, block: _Block, number: int, poison: PoisonError) -> None:
    found.rejected_counts[poison.error_type] += 1
    if len(found.rejected) < MOST_REMEMBERED:
        found.rejected.append(Rejected(block.path, number, poison.error_type, poison.message))
