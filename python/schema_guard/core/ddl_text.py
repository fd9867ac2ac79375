"""Spark DDL back into types: how people write the types they declare."""

from __future__ import annotations

import re

from schema_guard.core.datatype import (
    Array,
    BigInteger,
    Boolean,
    DecimalType,
    Double,
    Field,
    Integer,
    String,
    Struct,
    Type,
)
from schema_guard.core.number import MAX_PRECISION
from schema_guard.core.observed import TYPED_DEPTH
from schema_guard.core.schema import Schema

_PLAIN: dict[str, Type] = {
    "boolean": Boolean(),
    "bigint": Integer(),
    "double": Double(),
    "string": String(),
}
#: What a type may be, for people.
TYPES = f"{', '.join(_PLAIN)}, decimal(p,s), array<…>, struct<name: …>"
_TOKEN = re.compile(r"\s*(?:(?P<quoted>`(?:[^`]|``)+`)|(?P<word>\w+)|(?P<mark>[<>(),:]))")


class DdlError(ValueError):
    """The text is no type that a column of ours can have."""


def read_type(text: str) -> Type:
    """
    Return the type of a text in Spark DDL; strings as any text, numbers as exact.

    Raises:
        DdlError: It is none of the types that `spark_type` writes.

    >>> read_type("array<struct<a: bigint>>")
    Array(element=Struct(fields=(Field(name='a', type=Integer(), nullable=True),)))
    """
    reader = _Reader(text)
    found = reader.type(0)
    reader.end()
    return found


def read_columns(text: str) -> Schema:
    """
    Return the schema of a list of columns, `a bigint, b string`; each may be null.

    Raises:
        DdlError: As `read_type`.
    """
    reader = _Reader(text)
    fields = reader.fields(0)
    reader.end()
    return Schema(fields)


class _Reader:
    """One look along the tokens of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        at, stripped = 0, text.rstrip()
        while at < len(stripped):
            token = _TOKEN.match(stripped, at)
            if token is None:
                raise self._wrong(f"{stripped[at:].strip()[:20]!r} is no part of a type")
            self._tokens.append(token[0].strip())
            at = token.end()
        self._tokens.reverse()

    def type(self, depth: int) -> Type:
        word = self._next("a type").lower()
        if depth >= TYPED_DEPTH:
            raise self._wrong(f"types nest at most {TYPED_DEPTH} deep")
        if word in _PLAIN:
            return _PLAIN[word]
        if word == "decimal":
            return self._decimal()
        if word not in ("array", "struct"):
            raise self._wrong(f"{word!r} is none of {TYPES}")
        self._take("<")
        found: Type = Array(self.type(depth + 1)) if word == "array" else Struct(self.fields(depth + 1))
        self._take(">")
        return found

    def fields(self, depth: int) -> tuple[Field, ...]:
        found: dict[str, Field] = {}
        while True:
            token = self._next("a field's name")
            name = token[1:-1].replace("``", "`") if token.startswith("`") else token
            if not token.startswith("`") and not token.isidentifier():
                raise self._wrong(f"{token!r} is no name of a field; quote it: `{token}`")
            if name.lower() in found:
                raise self._wrong(f"two fields are called {name}")
            if self._peek() == ":":
                self._take(":")
            found[name.lower()] = Field(name, self.type(depth), nullable=True)
            if self._peek() != ",":
                return tuple(found.values())
            self._take(",")

    def _decimal(self) -> Type:
        self._take("(")
        precision = self._number()
        self._take(",")
        scale = self._number()
        self._take(")")
        if not 1 <= precision <= MAX_PRECISION or scale > precision:
            raise self._wrong(f"decimal({precision},{scale}): 1 to {MAX_PRECISION} digits, no more after it")
        is_integer = (precision, scale) == (MAX_PRECISION, 0)
        return BigInteger() if is_integer else DecimalType(precision, scale)

    def end(self) -> None:
        if self._tokens:
            raise self._wrong(f"{self._tokens[-1]!r} is too much")

    def _number(self) -> int:
        token = self._next("a number")
        if not (token.isascii() and token.isdecimal() and len(token) <= 2):  # noqa: PLR2004 - 38 is the most
            raise self._wrong(f"{token[:20]!r} is no count of digits")
        return int(token)

    def _peek(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _next(self, wanted: str) -> str:
        if not self._tokens:
            raise self._wrong(f"{wanted} is missing")
        return self._tokens.pop()

    def _take(self, mark: str) -> None:
        token = self._next(mark)
        if token != mark:
            raise self._wrong(f"{token!r} stands where {mark!r} belongs")

    def _wrong(self, what: str) -> DdlError:
        return DdlError(f"type {self._text[:100]!r}: {what}")
