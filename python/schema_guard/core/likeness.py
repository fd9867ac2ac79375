"""Whether a field that vanished goes on under another name: evidence from values, never a decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher

from schema_guard.core.shape import shape

#: Values that are remembered one by one; beyond it only their shapes count.
MOST_VALUES = 2000
#: With fewer distinct values, sharing them says nothing: every flag is true or false.
FEWEST_VALUES = 8
#: From here on each signal speaks for a rename; calibrated on tests/cases/renames.yml.
SAME_VALUES, SAME_FORM, SAME_NAME = 0.5, 0.8, 0.5
#: Signals that must agree.
FEWEST_SIGNALS = 2


@dataclass(slots=True)
class Profile:
    """
    What some values of one field look like.

    Attributes:
        count: Values looked at, null left out.
        shapes: How often each redacted shape was seen.
        values: Hashes of the distinct values; they never leave the process.
        low: Smallest number; None without numbers.
    """

    count: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    values: set[int] = field(default_factory=set)
    low: Decimal | None = None
    high: Decimal | None = None

    def add(self, value: object) -> None:
        """Look at one more JSON value; null says nothing about a field."""
        if value is None:
            return
        self.count += 1
        self.shapes[shape(value)] += 1
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            number = Decimal(value)
            self.low = number if self.low is None else min(self.low, number)
            self.high = number if self.high is None else max(self.high, number)
        if len(self.values) < MOST_VALUES:
            self.values.add(hash(value if isinstance(value, str | int | float | Decimal) else str(value)))


@dataclass(frozen=True, slots=True)
class Likeness:
    """
    How much a new field looks like an old one, each signal 0 to 1.

    Attributes:
        values: Share of the rarer side's distinct values that the other side has too.
        form: Overlap of the shapes, and of the range where both hold numbers.
        name: Likeness of the names.
        tells: Whether there are enough distinct values for `values` to mean anything.
    """

    values: float
    form: float
    name: float
    tells: bool

    @property
    def is_rename(self) -> bool:
        """Whether enough signals agree for a hint."""
        agreeing = (
            self.tells and self.values >= SAME_VALUES,
            self.form >= SAME_FORM,
            self.name >= SAME_NAME,
        )
        return sum(agreeing) >= FEWEST_SIGNALS

    def __str__(self) -> str:
        """Return the signals as people read them."""
        shared = f"{self.values:.0%} of values shared" if self.tells else "too few values to compare"
        return f"{shared}, form {self.form:.0%} alike, name {self.name:.0%} alike"

    @property
    def weight(self) -> float:
        """What the best of several candidates has most of."""
        return self.form + self.name + (self.values if self.tells else 0)


def likeness(old_name: str, old: Profile, new_name: str, new: Profile) -> Likeness:
    """Return how much the field `new_name` looks like what `old_name` was."""
    fewer = min(len(old.values), len(new.values))
    shared = len(old.values & new.values) / fewer if fewer else 0.0
    return Likeness(
        values=shared,
        form=min(_shapes_alike(old, new), _ranges_alike(old, new)),
        name=_names_alike(old_name.lower(), new_name.lower()),
        tells=fewer >= FEWEST_VALUES,
    )


def best(candidates: Iterable[tuple[str, Likeness]]) -> tuple[str, Likeness] | None:
    """Return the likeliest of the candidates that count as a rename, by name where two are equal."""
    renames: Sequence[tuple[str, Likeness]] = sorted(c for c in candidates if c[1].is_rename)
    return max(renames, key=lambda candidate: candidate[1].weight, default=None)


def _shapes_alike(old: Profile, new: Profile) -> float:
    if not old.count or not new.count:
        return 0.0
    common = old.shapes.keys() & new.shapes.keys()
    return sum(min(old.shapes[s] / old.count, new.shapes[s] / new.count) for s in common)


def _ranges_alike(old: Profile, new: Profile) -> float:
    """Return the overlap of two ranges of numbers; 1 where there is none to compare."""
    if old.low is None or old.high is None or new.low is None or new.high is None:
        return 1.0
    span = max(old.high, new.high) - min(old.low, new.low)
    common = min(old.high, new.high) - max(old.low, new.low)
    return 1.0 if not span else max(0.0, float(common / span))


def _names_alike(old: str, new: str) -> float:
    """Return how alike two names are; one within the other counts whole."""
    if old in new or new in old:
        return 1.0
    return SequenceMatcher(None, old, new, autojunk=False).ratio()
