"""dbt through its runner against the stack's Spark: what a person reads when a model fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lakehouse import build, spark
from metastore_sync.errors import BrokenError, UsageError
from metastore_sync.settings import Settings

pytestmark = pytest.mark.stack


@pytest.fixture
def settings(stack: Settings, tmp_path: Path) -> Settings:
    """The stack's settings with a home of this test's own, for models of this test's own."""
    return replace(stack, home=tmp_path)


def model(settings: Settings, name: str, text: str) -> None:
    folder = settings.scaffold_folder / "trial"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.sql").write_text(text, encoding="utf-8")


def test_each_finished_node_is_told_in_dbts_own_words(settings: Settings) -> None:
    model(settings, "dim_trial", "{{ config(materialized='table') }} select 1 as id")
    lines: list[str] = []

    done = build.build(settings, "trial", on_line=lines.append)
    held = spark.rows(settings, "select id from gold.dim_trial")
    spark.rows(settings, "drop table gold.dim_trial")

    assert [(node.name, node.kind, node.status) for node in done.nodes] == [("dim_trial", "model", "success")]
    assert held == [{"id": 1}]
    assert "OK created sql table model gold.dim_trial" in lines[-1]


def test_a_failed_model_is_named_with_its_message_and_compiled_file(settings: Settings) -> None:
    text = "{{ config(materialized='table') }} select nothing_of_this_name from values (1) as t(a)"
    model(settings, "dim_trial", text)

    with pytest.raises(BrokenError) as error:
        build.build(settings, "trial")

    told = str(error.value)
    assert told.startswith("trial: 1 dbt node(s) failed, first model dim_trial")
    assert "nothing_of_this_name" in told
    assert f"compiled {settings.home}/dbt/prod/compiled/" in told
    assert "Next: tidegate run trial" in told


def test_a_name_without_models_is_wrong_usage(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no model is called that"):
        build.build(settings, "trial")
