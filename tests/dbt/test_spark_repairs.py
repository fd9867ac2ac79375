"""What dbt-spark gets wrong on Spark 4, as this project's macros do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.stack
MODEL = """
{{ config(materialized='view', schema='gold') }}
select {{ dbt.safe_cast("'no number'", 'int') }} as nothing, {{ dbt.safe_cast("'7'", 'int') }} as seven
"""


def test_safe_cast_gives_null_for_what_cannot_be_cast(lake: Callable[..., Any], dbt_home: Path) -> None:
    one = lake(mode="append")
    (dbt_home / "models" / one.name / f"agg_{one.name}.sql").write_text(MODEL, encoding="utf-8")
    one.run(select="agg")
    view = f"dev_tidegate_test_gold.agg_{one.name}"
    try:
        assert one.rows(f"select * from {view}") == [(None, 7)]  # noqa: S608
    finally:
        one.rows(f"drop view {view}")
