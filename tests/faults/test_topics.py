"""The topic itself changes under a running connector."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.cases import cases
from tests.faults.conftest import MakeLanding
from tests.faults.landing import Landing

AGE = "consumer.override.metadata.max.age.ms"


@pytest.mark.parametrize("case", cases("generations"))
def test_a_topic_made_again_is_another_generation(case: dict[str, Any], make_landing: MakeLanding) -> None:
    landing = make_landing(seed=case["seed"])
    landing.load()
    landing.start(**{AGE: str(case["age"])})
    landing.progress()
    landing.settle()
    first, first_ends = landing.topic.id, landing.acknowledged_ends()

    if case["meanwhile"] == "paused":
        assert landing.ask("PUT", "/pause").ok
    landing.recreate()
    landing.load()
    if case["meanwhile"] == "paused":
        landing.wait_for_load(first_ends)
        assert landing.ask("PUT", "/resume").ok
    landing.progress()
    landing.settle()

    landing.verify(reports=False)
    assert {m["topic_id"] for m in landing.landed.manifests()} == {first, landing.topic.id}
    assert first != landing.topic.id


def test_partitions_added_land_from_their_first_record(landing: Landing) -> None:
    landing.load()
    landing.start(**{AGE: "500"})
    landing.progress()

    landing.stop_load()
    landing.topic.widen(7)
    landing.load()
    landing.progress()
    landing.settle()

    landing.verify()
    assert {m["partition"] for m in landing.landed.manifests()} == set(range(7))
