"""dbt's own unit tests of the models, run as an analyst would, and of macros that no model uses alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from metastore_sync.settings import PROJECT, Settings

pytestmark = pytest.mark.stack
#: Of models that only show a macro; relative to the dbt project.
MODELS = "../tests/dbt/unit_models"
#: A unit test that forgets to give row_validation() its rules cannot pass: dbt shows it no model's yml.
NO_RULES = (
    "unit test rules_must_be_given: dbt shows it no model's yml, so row_validation() has no rules.",
    "Nothing was tested.",
    "Next: give them under overrides: macros: tidegate.validation_rules:",
)


def test_the_models_pass_their_unit_tests(found: Settings) -> None:
    command = [str(Path(sys.executable).with_name("dbt")), "test", "--select", "test_type:unit"]
    where = {"TIDEGATE_THRIFT": found.thrift, "TIDEGATE_RAW_BUCKET": found.raw_bucket}

    done = subprocess.run(
        command,
        cwd=PROJECT / "dbt_project",
        env={**os.environ, **where, "TIDEGATE_MODELS": MODELS},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "PASS=9 WARN=0 ERROR=1 SKIP=0" in done.stdout, done.stdout
    assert [line for line in NO_RULES if line not in done.stdout] == []
