"""The page on dbt and Iceberg tells of just the features that are tested, on the installed packages."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from pathlib import Path

import pytest

from setup import conformance_page


def test_the_page_names_each_case_once() -> None:
    page = conformance_page.page()

    for path in conformance_page.CASES.glob("*.yml"):
        assert page.count(f"/{path.name})") == 1


def test_a_case_without_a_result_is_told_with_the_command(tmp_path: Path) -> None:
    shutil.copytree(conformance_page.CASES, tmp_path / "cases")
    (tmp_path / "cases/fresh.yml").write_text("feature: Something new", encoding="utf-8")

    with pytest.raises(conformance_page.UnrecordedError, match=r"fresh .*make conformance"):
        conformance_page.page(cases=tmp_path / "cases")


def test_the_results_are_those_of_the_installed_packages() -> None:
    recorded = json.loads(conformance_page.RECORDED.read_text(encoding="utf-8"))["versions"]

    assert recorded == {name: importlib.metadata.version(name) for name in recorded}
