"""The statements of `sql/spark/*.sql` with their tables and numbers filled in."""

from __future__ import annotations

from pathlib import Path

import jinja2

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "sql" / "spark"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 - the output is SQL, quoted below
    trim_blocks=True,
    lstrip_blocks=True,
)


#: ISO 8601 text compares as an instant, as in silver's own order.
_INSTANT = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    "([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?$"
)


def statement(name: str, **words: object) -> str:
    """Return the statement of `sql/spark/<name>.sql`; a word that is not given is an error."""
    shared = {"instant": instant, "identity_hash": identity_hash}
    return _TEMPLATES.get_template(f"{name}.sql").render(**shared, **words)


def instant(expression: str) -> str:
    """Return SQL for the instant that an expression's text names; null when it is not ISO 8601."""
    text = f"cast({expression} as string)"
    return f"case when {text} rlike '{_INSTANT}' then try_cast({text} as timestamp) end"


def identity_hash(alias: str) -> str:
    """Return SQL for the 64-bit hash of a record's identity."""
    columns = ("topic_id", "kafka_partition", "kafka_offset")
    texts = ", ".join(f"cast({alias}.{column} as string)" for column in columns)
    return f"xxhash64(concat_ws(chr(31), {texts}))"


def identifier(name: str) -> str:
    """
    Return a column's name as Spark reads it in any position.

    >>> identifier("o`key")
    '`o``key`'
    """
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    r"""
    Return text as a Spark string literal.

    >>> literal("it's \\ here")
    "'it\\'s \\\\ here'"
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def numbers(values: list[int]) -> str:
    """Return integers as the inside of an `in (…)`."""
    return ", ".join(str(int(value)) for value in values)
