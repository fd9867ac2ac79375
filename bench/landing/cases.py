"""What is measured: the table of prepared topics and of the drains of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Compression(StrEnum):
    """How the sink stores lines; gzip always at its fastest level, 1."""

    GZIP = "gzip"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """
    A topic to prepare.

    Attributes:
        partitions: Its partitions; each gets the same number of records.
        value_bytes: About the size of one value.
        records: In all partitions together.
        rotate_records: Records per landed object. It divides a partition's records, so that the last
            object is closed by count and the drain ends without waiting for the rotation's clock.
    """

    partitions: int
    value_bytes: int
    records: int
    rotate_records: int

    def __post_init__(self) -> None:
        """Refuse a topic whose last objects would be closed by the clock."""
        if self.records % (self.partitions * self.rotate_records):
            message = f"{self.records} records do not fill objects of {self.rotate_records}"
            raise ValueError(message)

    @property
    def name(self) -> str:
        """
        The Kafka topic.

        >>> Topic(partitions=2, value_bytes=200, records=400, rotate_records=100).name
        'drain_2x200'
        """
        return f"drain_{self.partitions}x{self.value_bytes}"


@dataclass(frozen=True, slots=True)
class Case:
    """One drain of one topic."""

    topic: Topic
    compression: Compression

    @property
    def name(self) -> str:
        """The case's word in connector names, key prefixes and reports."""
        return f"{self.topic.name}_{self.compression}"


#: 200 B and 1 kB records, in 2 and in 8 partitions.
SPEED = tuple(
    Topic(partitions=partitions, value_bytes=size, records=records, rotate_records=rotate)
    for size, records, rotate in ((200, 2_400_000, 100_000), (1000, 800_000, 25_000))
    for partitions in (2, 8)
)
#: 64 objects open at once, many times what `spool.memory.bytes` holds.
MEMORY = (Topic(partitions=64, value_bytes=200, records=10_240_000, rotate_records=80_000),)
#: The same way in seconds, to see whether the bench itself works.
QUICK = (Topic(partitions=2, value_bytes=200, records=40_000, rotate_records=10_000),)


def cases(topics: tuple[Topic, ...]) -> list[Case]:
    """Return every drain of these topics."""
    return [Case(topic, compression) for topic in topics for compression in Compression]
