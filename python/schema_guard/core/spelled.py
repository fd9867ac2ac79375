"""A number with a fraction or an exponent, kept as the text that spelled it."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

#: Its ASCII text. No JSON value is of this type else, and nothing is made faster.
Spelled: TypeAlias = bytes


def number(spelled: Spelled) -> Decimal:
    """
    Return the number, every digit and its exponent kept.

    >>> number(b"1.50")
    Decimal('1.50')
    """
    return Decimal(spelled.decode("ascii"))
