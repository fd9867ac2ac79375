"""Sets of records as three numbers, and the refusal to report when two sets differ."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256

from metastore_sync.errors import VerdictError

_MODULUS = 1 << 128


@dataclass(frozen=True, slots=True)
class Tally:
    """
    A set of records, whatever their order.

    Attributes:
        records: How many.
        value_bytes: Bytes of their values.
        digest: Sum, modulo 2^128, of what `digest_of` returns for each.
    """

    records: int = 0
    value_bytes: int = 0
    digest: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Return the tally of both sets together."""
        return Tally(
            self.records + other.records,
            self.value_bytes + other.value_bytes,
            (self.digest + other.digest) % _MODULUS,
        )


def digest_of(partition: int, offset: int, value: bytes) -> int:
    """
    Return the first 16 bytes of SHA-256(partition, offset, SHA-256 of the value) as a number.

    `FeedTopic.java` computes the same from the broker's acknowledgements.
    """
    identity = struct.pack(">iq", partition, offset) + sha256(value).digest()
    return int.from_bytes(sha256(identity).digest()[:16], "big")


def require_equal(case: str, produced: Tally, seen: Tally, *, by: str) -> None:
    """
    Return when both tallies are one.

    Args:
        case: The case that was measured.
        produced: What the broker acknowledged.
        seen: What was found afterwards.
        by: Who saw it: `landed`, or the counting consumer.

    Raises:
        VerdictError: They differ, in one of the numbers or in all.
    """
    if produced == seen:
        return
    raise VerdictError(
        f"{case}: what was {by} is not what was produced",
        where=f"produced {_told(produced)}\n{by} {_told(seen)}",
        not_done="Nothing is reported: a speed without the records is no speed.",
        next_command="python -m bench.landing --keep, then look into the raw bucket",
    )


def _told(tally: Tally) -> str:
    return f"{tally.records} records, {tally.value_bytes} value bytes, digest {tally.digest:032x}"
