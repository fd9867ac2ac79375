"""Sets of rows as one number, computed alike by Spark and here, and the refusal to report when two differ."""

from __future__ import annotations

from hashlib import md5

from lakehouse import spark
from metastore_sync.errors import VerdictError

_DIGITS = 15


def digest(*parts: object) -> int:
    """Return the first 60 bits of MD5 over the parts that are not None, `|` between them."""
    text = "|".join(str(part) for part in parts if part is not None)
    return int(md5(text.encode(), usedforsecurity=False).hexdigest()[:_DIGITS], 16)


def content_digest(partition: int, offset: int, key: str, value: bytes | None) -> int:
    """Return the digest of one record's place and content."""
    return digest(partition, offset, key, None if value is None else value.decode())


def held(lake: spark.Session, relation: str, columns: str) -> tuple[int, int]:
    """
    Return how many rows a relation has, and the sum of their digests.

    Args:
        lake: Session to ask.
        relation: Table or subquery.
        columns: SQL expressions whose texts are hashed, in order.
    """
    one = f"conv(substr(md5(concat_ws('|', {columns})), 1, {_DIGITS}), 16, 10)"
    [row] = lake.rows(
        f"select count(*) as n, coalesce(sum(cast({one} as decimal(38, 0))), 0) as h from {relation}"  # noqa: S608
    )
    return int(row["n"]), int(row["h"])


def require_equal(what: str, expected: tuple[int, int], found: tuple[int, int]) -> None:
    """
    Return when both are one: number of rows, sum of digests.

    Raises:
        VerdictError: They differ.
    """
    if expected != found:
        raise VerdictError(
            f"{what} is not what it should be",
            where=f"expected {_told(expected)}\nfound {_told(found)}",
            not_done="Nothing is reported: a speed with other values is no speed.",
            next_command="python -m bench.lakehouse --keep, then look into the tables",
        )


def _told(rows: tuple[int, int]) -> str:
    return f"{rows[0]} rows, hash {rows[1]:x}"
