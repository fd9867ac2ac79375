"""A number with a fraction or an exponent, kept as the text that spelled it."""

from __future__ import annotations

from decimal import Decimal


class Spelled(str):
    """The text of a JSON number; made by the fast parser, which makes strings of text as `str` itself."""

    __slots__ = ()

    @property
    def number(self) -> Decimal:
        """The number, every digit and its exponent kept."""
        return Decimal(self)
