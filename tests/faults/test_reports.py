"""What the connector tells Kafka: never more than manifests vouch for."""

from __future__ import annotations

import pytest

from tests.faults import mutants
from tests.faults.conftest import MakeLanding
from tests.faults.worker import Worker


def test_the_watch_notices_a_sink_that_reports_too_early(
    pair: list[Worker], make_landing: MakeLanding
) -> None:
    landing = make_landing(pair[0].settings)
    landing.load()
    landing.start(**{"connector.class": mutants.EARLY})
    landing.progress()
    landing.settle()

    # Nothing is lost by it: the sink trusts manifests, not the group. The promise is broken all the same.
    assert landing.difference() == ""
    with pytest.raises(AssertionError, match="reported"):
        landing.verify()
