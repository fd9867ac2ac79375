"""
Text for another process in memory that both see: a copy in and a copy out.

Through a pipe it would be packed, sent in small pieces, and unpacked, into fresh memory at each step.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.shared_memory import SharedMemory
from typing import NamedTuple

#: Where Linux keeps shared memory; elsewhere it has no such place, and no bound of its own.
_PLACE = "/dev/shm"  # noqa: S108  asked for its free space only


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
    """
    Yield pieces of shared memory of `size` bytes each, which are gone afterwards.

    They are `count`, or as many as there is room for: a container may have little, and who writes where
    none is left is ended by a signal. So each is written once before it is lent.
    """
    with ExitStack() as made:
        free: list[SharedMemory] = []
        while len(free) < count and _has_room(size):
            memory = SharedMemory(create=True, size=size)
            made.callback(memory.unlink)
            made.callback(memory.close)
            _view(memory)[:size] = bytes(size)
            free.append(memory)
        yield free


def lend(text: bytes, shelf: SharedMemory) -> Lent:
    """Put a text that is no longer than the shelf onto it."""
    _view(shelf)[: len(text)] = text
    return Lent(shelf.name, len(text))


def _has_room(size: int) -> bool:
    try:
        found = os.statvfs(_PLACE)
    except FileNotFoundError:
        return True
    return found.f_bavail * found.f_frsize >= size


def _view(memory: SharedMemory) -> memoryview:
    if memory.buf is None:
        raise ValueError(memory.name)  # closed
    return memory.buf
