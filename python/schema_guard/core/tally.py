"""
What is remembered about the values of one kind at one path.

Tallies form a commutative monoid under `fold`; the absent tally (None) is its identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeVar

from schema_guard.core.kinds import Position, Span


@dataclass(slots=True)
class Tally:
    """
    How often, from where to where, and the shape of the first.

    Attributes:
        first: The smallest position, not the one seen first.
        sample: Redacted shape of the value at `first`.
    """

    first: Position
    last: Position
    sample: str
    count: int = 0

    @property
    def span(self) -> Span:
        """From where to where."""
        return self.first, self.last

    def fold(self, other: Self) -> None:
        """Add what `other` saw; `other` stays as it is."""
        self.first, self.sample = min((self.first, self.sample), (other.first, other.sample))
        self.last = max(self.last, other.last)
        self.count += other.count

    def copy(self) -> Self:
        """Return a tally of its own with the same content."""
        return type(self)(self.first, self.last, self.sample, self.count)


@dataclass(slots=True)
class Integers(Tally):
    """
    Integers and their range.

    Attributes:
        inexact: Those that have no double of their own (beyond 2^53).
        wide: Those that no bigint holds.
    """

    low: int = 0
    high: int = 0
    inexact: Tally | None = None
    wide: Tally | None = None

    def fold(self, other: Self) -> None:
        """Add what `other` saw; `other` stays as it is."""
        Tally.fold(self, other)
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        self.inexact = folded(self.inexact, other.inexact)
        self.wide = folded(self.wide, other.wide)

    def copy(self) -> Self:
        """Return a tally of its own with the same content."""
        parts = (folded(None, self.inexact), folded(None, self.wide))
        return type(self)(
            self.first, self.last, self.sample, self.count, self.low, self.high, *parts
        )


@dataclass(slots=True)
class Decimals(Tally):
    """
    Numbers with a fraction or an exponent, and the digits they need.

    Attributes:
        digits: Most digits before the point.
        scale: Most digits after it, trailing zeros left out.
        lossy: Those that a double does not give back.
    """

    digits: int = 0
    scale: int = 0
    lossy: Tally | None = None

    def fold(self, other: Self) -> None:
        """Add what `other` saw; `other` stays as it is."""
        Tally.fold(self, other)
        self.digits = max(self.digits, other.digits)
        self.scale = max(self.scale, other.scale)
        self.lossy = folded(self.lossy, other.lossy)

    def copy(self) -> Self:
        """Return a tally of its own with the same content."""
        lossy = folded(None, self.lossy)
        return type(self)(
            self.first, self.last, self.sample, self.count, self.digits, self.scale, lossy
        )


@dataclass(slots=True)
class Arrays(Tally):
    """Arrays and the range of their lengths."""

    shortest: int = 0
    longest: int = 0

    def fold(self, other: Self) -> None:
        """Add what `other` saw; `other` stays as it is."""
        Tally.fold(self, other)
        self.shortest = min(self.shortest, other.shortest)
        self.longest = max(self.longest, other.longest)

    def copy(self) -> Self:
        """Return a tally of its own with the same content."""
        return type(self)(
            self.first, self.last, self.sample, self.count, self.shortest, self.longest
        )


AnyTally = TypeVar("AnyTally", bound=Tally)


def folded(into: AnyTally | None, other: AnyTally | None) -> AnyTally | None:
    """Return `into` with `other` added; never an alias of `other`."""
    if other is None:
        return into
    if into is None:
        return other.copy()
    into.fold(other)
    return into


def noted(tally: Tally | None, position: Position, sample: str) -> Tally:
    """Return the tally with one more value at a position beyond all it has."""
    if tally is None:
        tally = Tally(position, position, sample)
    tally.count += 1
    tally.last = position
    return tally
