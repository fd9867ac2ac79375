"""dbt's own unit tests of the models, run as an analyst would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from metastore_sync.settings import PROJECT, Settings

pytestmark = pytest.mark.stack


def test_the_models_pass_their_unit_tests(stack: Settings) -> None:
    command = [str(Path(sys.executable).with_name("dbt")), "test", "--select", "test_type:unit"]

    done = subprocess.run(
        command,
        cwd=PROJECT / "dbt_project",
        env={**os.environ, "TIDEGATE_THRIFT": stack.thrift, "TIDEGATE_RAW_BUCKET": stack.raw_bucket},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "PASS=5 " in done.stdout
