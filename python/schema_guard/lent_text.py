"""
Text for another process in memory that both see: a copy in and a copy out.

Through a pipe it would be packed, sent in small pieces, and unpacked, into fresh memory at each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.shared_memory import SharedMemory
from typing import NamedTuple


class Lent(NamedTuple):
    """Where a text lies; valid until its shelf is filled anew."""

    shelf: str
    size: int

    def read(self) -> bytes:
        """Return a copy of the text; for the process that it was lent to."""
        memory = SharedMemory(self.shelf)
        try:
            return bytes(_view(memory)[: self.size])
        finally:
            memory.close()


@contextmanager
def shelves(count: int, size: int) -> Iterator[list[SharedMemory]]:
    """Yield pieces of shared memory of `size` bytes each, which are gone afterwards."""
    with ExitStack() as made:
        free = []
        for _ in range(count):
            memory = SharedMemory(create=True, size=size)
            made.callback(memory.unlink)
            made.callback(memory.close)
            free.append(memory)
        yield free


def lend(text: bytes, shelf: SharedMemory) -> Lent:
    """Put a text that is no longer than the shelf onto it."""
    _view(shelf)[: len(text)] = text
    return Lent(shelf.name, len(text))


def _view(memory: SharedMemory) -> memoryview:
    if memory.buf is None:
        raise ValueError(memory.name)  # closed
    return memory.buf
