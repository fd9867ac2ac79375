"""One local stack for the whole run, of its own folder and ports, so that tests never meet a user's stack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
if "TIDEGATE_HOME" not in os.environ:
    os.environ["TIDEGATE_HOME"] = str(ROOT / ".tidegate-test")
    os.environ.setdefault("TIDEGATE_PORT_BASE", "21000")


@pytest.fixture(scope="session")
def stack() -> Iterator[object]:
    """The settings of a running stack; one that was up before the tests stays up after them."""
    from metastore_sync import settings  # noqa: PLC0415  the variables above must be set first
    from tidegate.stack import lifecycle  # noqa: PLC0415

    was_up = any(part.healthy for part in lifecycle.state())
    lifecycle.up()
    yield settings.load()
    if not was_up:
        lifecycle.down()


@pytest.fixture(scope="session")
def light_stack() -> Iterator[object]:
    """The settings of a stack of which PostgreSQL, S3, Kafka and Connect run: up in seconds."""
    from metastore_sync import settings  # noqa: PLC0415  the variables above must be set first
    from tidegate.stack import lifecycle  # noqa: PLC0415

    was_up = any(part.healthy for part in lifecycle.state())
    lifecycle.up(parts=["postgres", "s3", "kafka", "connect"])
    yield settings.load()
    if not was_up:
        lifecycle.down()
