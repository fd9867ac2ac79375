"""What a table holds, in one number that no order of its rows changes; Spark and DuckDB compute the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from metastore_sync.errors import VerdictError

#: Columns of TPC-H's line item, in its order.
COLUMNS = (
    "l_orderkey",
    "l_partkey",
    "l_suppkey",
    "l_linenumber",
    "l_quantity",
    "l_extendedprice",
    "l_discount",
    "l_tax",
    "l_returnflag",
    "l_linestatus",
    "l_shipdate",
    "l_commitdate",
    "l_receiptdate",
    "l_shipinstruct",
    "l_shipmode",
    "l_comment",
)
KEY = ("l_orderkey", "l_linenumber")
SQL = Path(__file__).parent / "sql"

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(SQL),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 - the output is SQL of constants
)


@dataclass(frozen=True, slots=True)
class Content:
    """Rows, and the sum over them of 60 bits of the MD5 of each row's text."""

    rows: int
    digest: int


def statement(name: str, **words: str) -> str:
    """Return the statement of `sql/<name>.sql`; a word that is not given is an error."""
    return _TEMPLATES.get_template(f"{name}.sql").render(**words)


def row_text(string: str) -> str:
    """
    Return SQL for a row's text, in an engine whose type for text is `string`.

    A null is spelled out: otherwise a value could move into the next column and leave the text as it was.
    """
    texts = (f"coalesce(cast({column} as {string}), 'null')" for column in COLUMNS)
    return f"concat_ws('|', {', '.join(texts)})"


def of(row: Any) -> Content:
    """Return the content that a row of `content.sql` (count, digest) says; an empty table has digest 0."""
    rows, digest = row
    return Content(int(rows), int(digest or 0))


def require_equal(operation: str, found: dict[str, Content]) -> Content:
    """
    Return what all contenders made of an operation.

    Raises:
        VerdictError: They did not make the same.
    """
    contents = set(found.values())
    if len(contents) == 1:
        return contents.pop()
    said = "\n".join(f"{who}: {one.rows} rows, digest {one.digest}" for who, one in found.items())
    raise VerdictError(
        f"{operation}: the contenders did not end with the same rows",
        where=said,
        not_done="Nothing is reported.",
        next_command=f"python -m bench.merge --only {operation} --keep",
    )
