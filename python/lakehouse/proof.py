"""What a receipt is: one line of proof for one batch, with every term it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ProofLine(StrEnum):
    """The two lines of a batch's proof."""

    LANDED_TO_BRONZE = "landed_to_bronze"
    BRONZE_TO_SILVER = "bronze_to_silver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """
    A range of offsets whose terms do not add up.

    Attributes:
        topic_id: 8 hex digits; empty with `partition` -1 when the fact is about the whole batch.
        partition: Kafka partition.
        first_offset: First offset concerned, inclusive.
        last_offset: Last offset concerned, inclusive.
        fact: What was expected and what was found.
    """

    topic_id: str = ""
    partition: int = -1
    first_offset: int = -1
    last_offset: int = -1
    fact: str

    def __str__(self) -> str:
        """Return the range and the fact in one line."""
        if self.partition < 0:
            return self.fact
        place = f"{self.topic_id} partition {self.partition}"
        return f"{place} offsets {self.first_offset}…{self.last_offset}: {self.fact}"

    def to_json(self) -> dict[str, Any]:
        """Return the mismatch as plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    One line of proof for one batch.

    Attributes:
        dataset: Name of the dataset.
        batch_id: Number of the batch.
        line: Which of the two.
        terms: Counts and hashes, each of a condition of its own; hashes are text, being too
            large for JSON's integers.
        mismatches: Where the terms do not add up; none makes the line green.
    """

    dataset: str
    batch_id: int
    line: ProofLine
    terms: dict[str, Any]
    mismatches: tuple[Mismatch, ...]

    @property
    def is_green(self) -> bool:
        """Whether everything adds up."""
        return not self.mismatches
