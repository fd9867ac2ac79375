"""Spark reading landed objects as bronze does, with the stack's own jars and settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment
from pyspark.sql import SparkSession

from metastore_sync.settings import PROJECT
from tidegate.stack.installation import Installation

_MACRO = PROJECT / "dbt_project" / "macros" / "bronze" / "landed.sql"
_QUERY = Path(__file__).parent / "fidelity.sql"
#: Catalogs behind PostgreSQL, which is not up here, and what only the Thrift server reads.
_UNUSED = (
    "spark.sql.catalog.lake",
    "spark.sql.catalog.meta",
    "spark.sql.defaultCatalog",
    "spark.hadoop.hive",
)


class BronzeReader:
    """A local Spark session; `rows` gives what bronze would get."""

    def __init__(self, stack: Installation) -> None:
        builder = SparkSession.Builder().appName("fidelity")
        for name, value in _settings(stack).items():
            builder = builder.config(name, value)
        self._spark = builder.getOrCreate()
        self._bucket = stack.settings.raw_bucket

    def rows(self, key: str) -> list[dict[str, Any]]:
        """Return the records of one landed object."""
        macros = Environment(extensions=["jinja2.ext.do"]).from_string(_MACRO.read_text("utf-8"))  # noqa: S701
        ddl = macros.module.record_line_ddl().strip()  # type: ignore[attr-defined]
        query = Environment().from_string(_QUERY.read_text("utf-8"))  # noqa: S701 - SQL, not HTML
        sql = query.render(ddl=ddl, bucket=self._bucket, key=key)
        return [row.asDict() for row in self._spark.sql(sql).collect()]

    def close(self) -> None:
        """End the session and its JVM."""
        self._spark.stop()


def _settings(stack: Installation) -> dict[str, str]:
    """Return the rendered settings of the stack's Spark, less what needs parts that are not up."""
    text = (stack.layout.stack / "spark-defaults.conf").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    pairs = (line.split(None, 1) for line in lines)
    kept = {name: value for name, value in pairs if not name.startswith(_UNUSED)}
    return {**kept, "spark.driver.memory": "1g", "spark.driver.bindAddress": "127.0.0.1"}
