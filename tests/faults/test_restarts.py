"""Broker and store go away in the middle of the load, and come back."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.cases import cases
from tests.faults.conftest import MakeLanding


@pytest.mark.parametrize("case", cases("restarts"))
def test_a_part_that_comes_back_loses_and_doubles_nothing(
    case: dict[str, Any],
    make_landing: MakeLanding,
    supervised: Callable[[str], int],
    healed: Callable[[str, int], None],
) -> None:
    landing = make_landing(seed=case["seed"])
    landing.load()
    landing.start()
    landing.progress()

    gone = supervised(case["part"])
    os.kill(gone, signal.Signals[case["signal"]])
    healed(case["part"], gone)
    landing.progress()
    landing.settle()

    landing.verify()
