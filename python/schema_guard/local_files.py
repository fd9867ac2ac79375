"""Infers the schema of newline-delimited JSON in local files, on every core, in bounded memory."""

from __future__ import annotations

import multiprocessing
import os
import sys
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import BinaryIO

from metastore_sync.errors import UsageError
from schema_guard import lines, value_blocks
from schema_guard.core.infer import Inference
from schema_guard.core.outline import Outline, outline
from schema_guard.core.poison import ErrorType, PoisonError
from schema_guard.lent_text import Lent, lend, shelves
from schema_guard.lines import MAX_RECORD_BYTES, SkippedLine, too_large

#: Text handed to one process at once.
BLOCK_BYTES = 4 << 20
#: Room for a block and the chunk that ended it; this process keeps what is longer.
SHELF_BYTES = 6 << 20
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
        processes: This one and others; by default one per core, and none but this for small input.

    Raises:
        UsageError: A file cannot be read, or is damaged.
    """
    wanted = processes or (1 if _is_small(paths) else os.cpu_count() or 1)
    blocks = (block for path in paths for block in _blocks(path, on_read))
    if wanted > 1:
        return _with_help(blocks, wanted - 1)
    total = LocalScan()
    for block in blocks:
        total.merge(_scan(block, outline(total.inference.root)))
    return total


def read_lines(path: str, on_read: Callable[[int], None] = lambda _: None) -> Iterator[bytes | SkippedLine]:
    """
    Yield the lines of a file, `.gz` or plain, without their ends; `-` is standard input.

    Raises:
        UsageError: The file cannot be read, or is damaged.
    """
    with _opened(path) as file:
        yield from lines.split(_text(_chunks(file, on_read)), MAX_RECORD_BYTES)


def _with_help(blocks: Iterable[_Block], others: int) -> LocalScan:
    """Scan blocks in other processes, and in this one while those have enough to do."""
    total = LocalScan()
    spawn = multiprocessing.get_context("spawn")
    with (
        shelves(others + 1, SHELF_BYTES) as free,
        ProcessPoolExecutor(others, mp_context=spawn) as pool,
    ):
        waiting: deque[tuple[Future[LocalScan], SharedMemory]] = deque()
        for block in blocks:
            while waiting and waiting[0][0].done():
                job, shelf = waiting.popleft()
                total.merge(job.result())
                free.append(shelf)
            expected = outline(total.inference.root)
            if free and len(block.text) <= SHELF_BYTES:
                shelf = free.pop()
                text = lend(block.text, shelf)
                job = pool.submit(_scan_lent, replace(block, text=b""), text, expected)
                waiting.append((job, shelf))
            else:
                total.merge(_scan(block, expected))
        for job, _ in waiting:
            total.merge(job.result())
    return total


def _scan_lent(block: _Block, text: Lent, expected: Outline) -> LocalScan:
    return _scan(replace(block, text=text.read()), expected)


def _is_small(paths: Sequence[str]) -> bool:
    files = [Path(path) for path in paths if path != "-"]
    return len(files) == len(paths) and sum(f.stat().st_size for f in files if f.exists()) < SMALL_BYTES


def _blocks(path: str, on_read: Callable[[int], None]) -> Iterator[_Block]:
    with _opened(path) as file:
        yield from _whole_lines(path, _text(_chunks(file, on_read)))


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Open a file, or standard input; what goes wrong until it is closed is a mistake of the file."""
    try:
        with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as file:
            yield file
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
    whole = chain([first], chunks)
    yield from lines.gunzip(whole) if first.startswith(_GZIP_MAGIC) else whole


def _whole_lines(path: str, chunks: Iterable[bytes]) -> Iterator[_Block]:
    """Yield blocks that end at a line's end; of a line over the limit only its number is kept."""
    # Joined once per block: text is copied as seldom as can be. `rest` is the beginning of a line.
    number, held, rest, is_skipping = 1, list[bytes](), list[bytes](), False
    for chunk in chunks:
        text = chunk
        if is_skipping:
            _, end, text = chunk.partition(b"\n")
            if not end:
                continue
            yield _Block(path, number, b"", (number,))
            number, is_skipping = number + 1, False
        if end_of_lines := text.rfind(b"\n") + 1:
            held += [*rest, text[:end_of_lines]]
            rest = []
        rest.append(text[end_of_lines:])
        is_skipping = _size(rest) > MAX_RECORD_BYTES
        if _size(held) >= BLOCK_BYTES or (held and is_skipping):
            whole, held = b"".join(held), []
            yield _Block(path, number, whole)
            number += whole.count(b"\n")
        if is_skipping:
            rest = []
    if is_skipping:
        yield _Block(path, number, b"", (number,))
    if last := b"".join([*held, *rest]):
        yield _Block(path, number, last)


def _size(parts: Iterable[bytes]) -> int:
    return sum(map(len, parts))


def _scan(block: _Block, expected: Outline) -> LocalScan:
    """Return what is in a block; `expected` is what was seen elsewhere."""
    found = LocalScan()
    for number in block.skipped:
        _reject(found, block.path, number, too_large())
    start, number = 0, block.first
    while start < len(block.text):
        # A piece ends with a line; one longer line is a piece of its own.
        end = block.text.rfind(b"\n", start, start + value_blocks.MOST_BYTES) + 1
        end = end or block.text.find(b"\n", start) + 1 or len(block.text)
        piece = block.text[start:end]
        whole_lines = piece.removesuffix(b"\n").split(b"\n")
        stretch = value_blocks.Stretch(block.path, 0, range(number, number + len(whole_lines)))
        _infer(found, piece, whole_lines, stretch, expected or outline(found.inference.root))
        start, number = end, number + len(whole_lines)
    return found


def _infer(
    found: LocalScan, text: bytes, whole_lines: list[bytes], whole: value_blocks.Stretch, expected: Outline
) -> None:
    if len(text) <= MAX_RECORD_BYTES and value_blocks.infer_lines(
        found.inference, text, whole_lines, whole, expected
    ):
        return
    there = [(n, line) for n, line in zip(whole.offsets, whole_lines, strict=True) if line.strip()]
    kept = [(n, line) for n, line in there if len(line) <= MAX_RECORD_BYTES]
    stretch = value_blocks.Stretch(whole.topic_id, 0, [n for n, _ in kept])
    outcome = value_blocks.infer_texts(found.inference, [line for _, line in kept], stretch)
    rejected = {stretch.offsets[place]: poison for place, poison in outcome.rejected.items()}
    rejected |= {n: too_large() for n, line in there if len(line) > MAX_RECORD_BYTES}
    for n in sorted(rejected):
        _reject(found, whole.topic_id, n, rejected[n])


def _reject(found: LocalScan, path: str, number: int, poison: PoisonError) -> None:
    found.rejected_counts[poison.error_type] += 1
    if len(found.rejected) < MOST_REMEMBERED:
        found.rejected.append(Rejected(path, number, poison.error_type, poison.message))
