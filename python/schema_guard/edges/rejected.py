"""
Rejected records on their way from a scan to the registry.

A batch may be nothing but poison, so they wait in a file and not in memory: each scan appends to its
own, and the transaction copies from all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec
import psycopg
from psycopg.rows import DictRow

#: Larger payloads are not kept in the registry; the landed object still has them.
MAX_PAYLOAD_BYTES = 64 << 10
_LENGTH_BYTES = 4
_COPY = """
copy registry.rejected_record (
    dataset, batch_id, topic_id, partition, "offset",
    stage, error_type, error_message, original_payload
) from stdin
"""

PARSE, CONTRACT = "parse", "contract"


class RejectedRecord(msgspec.Struct, frozen=True, array_like=True):
    """
    A record that cannot become a row.

    Attributes:
        stage: `parse`, or `contract` when it does not fit the schema.
        payload: The producer's bytes; None when over `MAX_PAYLOAD_BYTES`.
    """

    topic_id: str
    partition: int
    offset: int
    stage: str
    error_type: str
    error_message: str
    payload: bytes | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RejectedRecord).decode


class RejectedFile:
    """A file that one scan appends rejected records to; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def add(self, record: RejectedRecord) -> None:
        """Append one record."""
        if self._file is None:
            self._file = self.path.open("wb")
        frame = _encode(record)
        self._file.write(len(frame).to_bytes(_LENGTH_BYTES, "big") + frame)

    def __enter__(self) -> Self:
        """Return the file itself; it is made when the first record comes."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Write out what is buffered."""
        if self._file is not None:
            self._file.close()


def read(paths: Iterable[Path]) -> Iterator[RejectedRecord]:
    """Yield the records of all files that were made."""
    for path in paths:
        if not path.exists():
            continue
        with path.open("rb") as file:
            while length := file.read(_LENGTH_BYTES):
                yield _decode(file.read(int.from_bytes(length, "big")))


def copy(
    conn: psycopg.Connection[DictRow],
    dataset: str,
    batch_id: int,
    records: Iterable[RejectedRecord],
) -> None:
    """Copy rejected records into the registry, inside the caller's transaction."""
    with conn.cursor().copy(_COPY) as rows:
        for record in records:
            # PostgreSQL's text holds every character but this one.
            message = record.error_message.replace("\x00", "\\u0000")
            rows.write_row(
                (
                    dataset,
                    batch_id,
                    record.topic_id,
                    record.partition,
                    record.offset,
                    record.stage,
                    record.error_type,
                    message,
                    record.payload,
                )
            )
