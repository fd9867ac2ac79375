"""What a check costs: it grows with what landed since, never with history."""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from metastore_sync import object_store
from schema_guard.check import check

TOPIC_ID = "0a1b2c3d"
#: A listing's page holds 1,000 keys: who lists history asks at least once more.
MORE_THAN_A_PAGE = 10_000 if os.environ.get("TIDEGATE_SOAK") else 1_010
#: Where the chain stands, with room for earlier manifests.
LONG_AGO = 20_000


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what the guard asks of the store, by operation."""
    counted: Counter[str] = Counter()
    made = object_store.client

    def counting(*given: Any) -> Any:
        client = made(*given)
        client.meta.events.register("before-call", lambda model, **_: counted.update([model.name]))
        return client

    monkeypatch.setattr(object_store, "shared", counting)
    return counted


def test_history_is_not_listed_again(orders, calls):
    orders.land({"id": 1}, skip=LONG_AGO)
    check(orders.settings, "orders")
    asked = []
    for history in (10, MORE_THAN_A_PAGE):
        with ThreadPoolExecutor(8) as threads:
            keys = [orders.manifest_key(TOPIC_ID, 0, expected) for expected in range(1, history)]
            list(threads.map(lambda key: orders.put(key, b"{}"), keys))
        orders.land({"id": 2})
        calls.clear()
        [report] = check(orders.settings, "orders")
        assert report.record_count == 1
        asked.append(dict(calls))

    few, many = asked
    assert many == few
    assert many["ListObjectsV2"] > 0


def test_a_megabyte_is_checked_in_a_blink(orders, record_property):
    like = {"at": "2026-11-20T10:00:00Z", "text": "x" * 120}
    values = [{"id": number, "amount": number / 4, **like} for number in range(5_000)]
    orders.land({"id": 0, "amount": 0.5, **like})
    check(orders.settings, "orders")
    orders.land(*values)

    began, cpu = time.perf_counter(), time.process_time()
    [report] = check(orders.settings, "orders")
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu

    record_property("seconds", seconds)
    record_property("cpu_seconds", spent)
    assert report.record_count == len(values)
    # This process's own time, which a busy machine does not stretch.
    assert spent < 0.5
