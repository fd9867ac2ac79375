"""The store refuses, resets and delays; what it did and what it answered are two things."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.cases import cases
from tests.faults.conftest import MakeLanding, MakeProxy
from tests.faults.fault import fault_of
from tests.faults.waiting import PATIENCE


@pytest.mark.parametrize("case", cases("replies"))
def test_a_reply_that_misleads_loses_and_doubles_nothing(
    case: dict[str, Any], make_landing: MakeLanding, make_proxy: MakeProxy
) -> None:
    landing = make_landing(seed=case["seed"])
    proxy = make_proxy(fault_of(case))
    landing.load()
    landing.start(store=proxy.url)

    assert proxy.struck.wait(PATIENCE), f"the fault struck only {proxy.hits} times"
    landing.progress()
    landing.settle()

    landing.verify()
