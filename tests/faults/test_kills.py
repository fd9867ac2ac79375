"""The worker dies at the worst moments of a commit; the supervisor starts another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.cases import cases
from tests.faults.conftest import MakeLanding, MakeProxy
from tests.faults.fault import fault_of
from tests.faults.waiting import PATIENCE


@pytest.mark.parametrize("case", cases("kills"))
def test_a_killed_worker_loses_and_doubles_nothing(
    case: dict[str, Any],
    make_landing: MakeLanding,
    make_proxy: MakeProxy,
    healed: Callable[[str, int], None],
) -> None:
    landing = make_landing(seed=case["seed"])
    proxy = make_proxy(fault_of(case))
    landing.load()
    landing.start(store=proxy.url)

    assert proxy.struck.wait(PATIENCE), "the worker never came to this point"
    healed("connect", proxy.victim)
    landing.progress()
    landing.settle()

    landing.verify()
