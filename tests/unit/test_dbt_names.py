"""No macro of the project takes a name that dbt's own macros use."""

from __future__ import annotations

import re

from ruamel.yaml import YAML

from metastore_sync.settings import PROJECT


def test_macros_hide_nothing_of_dbt() -> None:
    folder = PROJECT / "dbt_project" / "macros"
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.sql")]
    names = {name for text in texts for name in re.findall(r"{%-?\s*macro\s+(\w+)\s*\(", text)}
    assert "landed" in names
    known = YAML(typ="safe").load((PROJECT / "tests/cases/dbt_names.yml").read_text(encoding="utf-8"))
    assert "validation" in known
    assert names & set(known) == set()
