"""`dbt source freshness` tells when the newest batch of a dataset was admitted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lakehouse import scaffold
from metastore_sync import registry
from metastore_sync.settings import Settings
from tests.dbt.conftest import NOW
from tests.dbt.invocation import invoke

pytestmark = pytest.mark.stack


def test_freshness_is_that_of_the_newest_admitted_batch(
    lake: Callable[..., Any], record: Callable[..., Any], dbt_home: Path, found: Settings
) -> None:
    loaded, waiting = lake(mode="append"), lake(mode="append")
    for one in (loaded, waiting):
        name = f"brz_{one.name}.yml"
        with registry.connect(found) as conn:
            text = scaffold.files(registry.dataset(conn, one.name).dataset)[name]
        eleven_years = text.replace("count: 36,", "count: 99999,").replace(
            "count: 72,", "count: 99999,"
        )  # whatever the day of the test is
        (dbt_home / "models" / one.name / name).write_text(eleven_years, encoding="utf-8")
    loaded.admit(record({"id": 1}, offset=0), columns={"id": "int"})
    loaded.admit(record({"id": 2}, offset=1), columns={"id": "int"}, status="BLOCKED")

    words = loaded.words(loaded.target, "")
    places = words[words.index("run") + 1 : words.index("--select")]
    picked = [f"source:landed.{one.name}" for one in (loaded, waiting)]
    result = invoke(["--quiet", "source", "freshness", *places, "--select", *picked])

    assert result.exception is None
    said = {one.node.name: (str(one.status), one.max_loaded_at) for one in result.result.results}
    assert said[loaded.name] == ("pass", NOW + timedelta(minutes=1))
    assert said[waiting.name][0] == "error"
    assert said[waiting.name][1].year == 1
