"""One record of a landed object: the fields of its line that the guard needs."""

from __future__ import annotations

import base64
import re

import msgspec

from schema_guard.lines import SkippedLine

#: Both fields stand before anything a producer can write.
_IDENTITY = re.compile(rb'"partition":(\d+),"offset":(\d+)')


class Record(msgspec.Struct, frozen=True, gc=False):
    """
    A record line (docs/contracts/record-line.schema.json).

    Attributes:
        key: Key text; None when absent or not UTF-8.
        key_base64: The key's bytes in base64 when they are not UTF-8.
        value: The producer's text; None for a tombstone, or when not UTF-8.
        value_base64: The value's bytes in base64 when they are not UTF-8.
    """

    partition: int
    offset: int
    key: str | None = None
    key_base64: str | None = None
    value: str | None = None
    value_base64: str | None = None

    @property
    def key_text(self) -> str | None:
        """The key as bronze's `kafka_key` holds it."""
        return self.key if self.key_base64 is None else f"base64:{self.key_base64}"

    @property
    def is_tombstone(self) -> bool:
        """Whether the producer sent no value."""
        return self.value is None and self.value_base64 is None

    @property
    def payload(self) -> bytes:
        """The producer's bytes, empty for a tombstone."""
        if self.value_base64 is not None:
            return base64.b64decode(self.value_base64)
        return (self.value or "").encode()


#: Decodes one line; raises `msgspec.MsgspecError` when it is no record line.
decode = msgspec.json.Decoder(Record).decode


def identity_of(line: SkippedLine) -> tuple[int, int] | None:
    """Return partition and offset of a line of which only the start is there."""
    found = _IDENTITY.search(line.head)
    return (int(found[1]), int(found[2])) if found else None
