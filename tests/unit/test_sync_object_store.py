"""The client of the object store: made once per process, never carried into another."""

from __future__ import annotations

import multiprocessing
import sys
from dataclasses import replace
from pathlib import Path

from metastore_sync import object_store
from metastore_sync.settings import Settings

HERE = Settings(home=Path("home"))


def test_a_process_makes_one_client_per_store() -> None:
    assert object_store.shared(HERE) is object_store.shared(replace(HERE))
    assert object_store.shared(HERE) is not object_store.shared(replace(HERE, s3_endpoint="http://127.0.0.1:1"))


def test_a_forked_process_makes_its_own() -> None:
    inherited = object_store.shared(HERE)
    child = multiprocessing.get_context("fork").Process(
        target=lambda: sys.exit(3 if object_store.shared(HERE) is inherited else 0)
    )
    child.start()
    child.join()
    assert child.exitcode == 0
