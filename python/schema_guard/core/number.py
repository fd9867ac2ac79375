"""How numbers fit the types that hold them: digits, scale, and survival as a double."""

from __future__ import annotations

from decimal import Decimal

#: Every integer up to this is a double of its own (IEEE 754: 53 bits of mantissa).
EXACT_DOUBLE = 2**53

#: Characters of 15 digits and a point: every such decimal is a double's shortest spelling.
_SURELY_EXACT = 16

#: The range of a bigint.
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

#: The widest decimal every target has.
MAX_PRECISION = 38


def digits_and_scale(number: float | Decimal) -> tuple[int, int]:
    """
    Return the digits before and after the point that the number needs; trailing zeros need none.

    A float counts as its shortest spelling, so both parsers agree about one text.

    >>> digits_and_scale(1.10), digits_and_scale(Decimal("1.10")), digits_and_scale(Decimal("2e3"))
    ((1, 1), (1, 1), (4, 0))
    """
    text = str(number)
    if "e" not in text and "E" not in text:
        whole, _, fraction = text.partition(".")
        return len(whole.lstrip("-0")), len(fraction.rstrip("0"))
    _, digits, exponent = Decimal(text).as_tuple()
    significant = "".join(map(str, digits)).lstrip("0")
    kept = significant.rstrip("0")
    if not kept or not isinstance(exponent, int):
        return 0, 0
    power = exponent + len(significant) - len(kept)
    return max(len(kept) + power, 0), max(-power, 0)


def survives_as_double(number: Decimal) -> bool:
    """
    Return whether a double's shortest spelling gives the number back.

    >>> survives_as_double(Decimal("19.99")), survives_as_double(Decimal("0.12345678901234567890"))
    (True, False)
    """
    text = str(number)
    if len(text) <= _SURELY_EXACT and "E" not in text:
        return True
    return Decimal(repr(float(number))) == number


def digits_of(low: int, high: int) -> int:
    """Return the digits that the wider end of an integer range needs; zero needs none."""
    widest = max(abs(low), abs(high))
    return len(str(widest)) if widest else 0
