"""Somebody moves the group's offsets with Connect's own means; the chain of manifests knows better."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.cases import cases
from tests.faults.conftest import MakeLanding
from tests.faults.landing import Landing
from tests.faults.waiting import until


@pytest.mark.parametrize("case", cases("offsets"))
def test_group_offsets_that_were_moved_mean_nothing(case: dict[str, Any], make_landing: MakeLanding) -> None:
    landing = make_landing(seed=case["seed"])
    landing.load()
    landing.start()
    landing.progress()

    assert landing.ask("PUT", "/stop").ok
    until(lambda: landing.ask("GET", "/status").json()["connector"]["state"] == "STOPPED", "the stop")
    landing.stop_load()
    ends = landing.acknowledged_ends().items()
    move(landing, {p: case["to"] if "to" in case else end + case["end_plus"] for p, end in ends})
    assert landing.ask("PUT", "/resume").ok
    landing.load()
    landing.progress()
    landing.settle()

    landing.verify(reports=False)
    until(lambda: landing.reported() == landing.vouched(), "the group is told the truth again")


def move(landing: Landing, offsets: dict[int, int]) -> None:
    places = [
        {
            "partition": {"kafka_topic": landing.topic.name, "kafka_partition": partition},
            "offset": {"kafka_offset": offset},
        }
        for partition, offset in offsets.items()
    ]
    # Refused while the group still has a member of the stopped tasks.
    until(lambda: landing.ask("PATCH", "/offsets", {"offsets": places}).ok, "the offsets are moved")
    assert landing.reported() == offsets
