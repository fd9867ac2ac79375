"""What a record is, to whoever counts records: where it stands in Kafka, and hashes of its bytes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

#: Most lines of one kind that a difference shows.
_SHOWN = 5


class Print(NamedTuple):
    """
    One record: its identity, and sha256 of key and value in hex; `null` when there is none.

    Attributes:
        topic_id: First 8 hex digits of the topic's id.
    """

    topic_id: str
    partition: int
    offset: int
    key: str
    value: str

    @property
    def identity(self) -> tuple[str, int, int]:
        """What may exist only once."""
        return (self.topic_id, self.partition, self.offset)


def digest(data: bytes | None) -> str:
    """Return the sha256 in hex; nothing is not the same as empty."""
    return "null" if data is None else hashlib.sha256(data).hexdigest()


def difference(acknowledged: Mapping[Print, int], landed: Mapping[Print, int]) -> str:
    """Return what differs between two multisets of records, for a person to read; empty when equal."""
    if acknowledged == landed:
        return ""
    sent = {record.identity: record for record in acknowledged}
    copies: Counter[tuple[str, int, int]] = Counter()
    for record, count in landed.items():
        copies[record.identity] += count
    kinds = {
        "lost": [i for i in sent if not copies[i]],
        "doubled": [i for i, count in copies.items() if count > 1],
        "altered": [r.identity for r in landed if r.identity in sent and r != sent[r.identity]],
        "of unknown origin": [i for i in copies if i not in sent],
    }
    head = f"{_count(acknowledged)} acknowledged, {_count(landed)} landed: "
    lines = [head + ", ".join(f"{len(found)} {kind}" for kind, found in kinds.items())]
    for kind, found in kinds.items():
        lines += [f"  {kind}: {_place(identity)}" for identity in sorted(found)[:_SHOWN]]
        if len(found) > _SHOWN:
            lines.append(f"  {kind}: … up to {_place(max(found))}")
    return "\n".join(lines)


def _count(records: Mapping[Print, int]) -> int:
    """Return how many records a multiset holds."""
    return sum(records.values())


def _place(identity: tuple[str, int, int]) -> str:
    topic_id, partition, offset = identity
    return f"topic id {topic_id} partition {partition} offset {offset}"
