"""What a backfill does with each model of a dataset, and which words it refuses before anything begins."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse import backfill_models
from metastore_sync.errors import EXIT_USAGE
from tidegate.cli import execute


def node(
    name: str, folder: str, materialized: str, strategy: str | None = None, **more: Any
) -> dict[str, Any]:
    config = {"materialized": materialized, "incremental_strategy": strategy}
    own = {"name": name, "alias": name, "resource_type": "model", "fqn": ["tidegate", folder, name]}
    return {**own, "schema": "silver", "config": config, **more}


NODES = (
    node("brz_orders", "orders", "incremental", "replace_batches"),
    node("slv_orders", "orders", "incremental", "upsert", alias="slv_orders_renamed"),
    node("slv_orders_current", "orders", "view"),
    node("agg_orders_daily", "orders", "table"),
    node("agg_orders_hourly", "orders", "incremental", "merge"),
    node("slv_flights", "flights", "incremental", "append"),
)


def test_what_reads_a_datasets_batches_is_staged_and_the_rest_follows() -> None:
    manifest = {"nodes": {one["name"]: one for one in NODES}}

    made = backfill_models.choose("orders", manifest)

    assert made.staged == {"slv_orders": "silver.slv_orders_renamed"}
    assert made.views == ("slv_orders_current",)
    assert made.others == ("agg_orders_daily", "agg_orders_hourly", "slv_orders_current")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--all", "--from", "2026-11-20", "--to", "2026-11-21"], "a backfill has a window"),
        (["--from", "2026-11-20"], "a backfill has a window"),
        (["--from", "2026-11-20", "--to", "2026-11-20"], "the window is empty"),
        (["--from", "yesterday", "--to", "2026-11-20"], "'yesterday' is neither a date nor an instant"),
    ],
    ids=["two windows", "half a window", "an empty window", "no date"],
)
def test_words_that_name_no_window_begin_nothing(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["backfill", "orders", *words]) == EXIT_USAGE

    told = capsys.readouterr().err
    assert told.startswith(said)
    assert "Nothing was begun." in told
