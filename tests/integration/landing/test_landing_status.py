"""What status tells of landing on real parts, and what it still tells when one is away."""

from __future__ import annotations

import dataclasses
import json
import time
from datetime import UTC, datetime

import pytest

from metastore_sync.connect_api import ConnectApi
from schema_guard.check import check
from tidegate import facts, status

pytestmark = pytest.mark.stack

#: Where nothing answers.
NOWHERE = "127.0.0.1:1"


def of(landing, **elsewhere):
    """The status of the test's dataset, with some parts somewhere else."""
    settings = dataclasses.replace(landing.settings, **elsewhere)
    found = status.judge(facts.gather(settings, [landing.name]))
    json.dumps(found.to_json())  # plain values, whatever is away
    (entry,) = found.datasets
    return entry


@pytest.fixture
def late(landing):
    """A dataset of which 10 records were judged, and 4 wait in Kafka behind a paused connector."""
    landing.send({"value": b'{"id": 1}', "timestamp": 1_795_219_200_000})
    landing.send_ids(9)
    landing.until_landed()
    check(landing.settings, landing.name)
    api = ConnectApi(landing.settings)
    api.pause(f"tidegate-{landing.name}")
    landing.until(lambda: "PAUSED" in str(api.status(f"tidegate-{landing.name}").tasks), "paused")
    landing.sent_at = time.time()
    landing.send_ids(4)
    return landing


def test_status_tells_how_a_topic_lands(late):
    entry = of(late)

    (lag,) = entry.landing.partitions
    assert (lag.landed_offset, lag.end_offset, lag.records, lag.is_bound) == (10, 14, 4, False)
    assert 0 < lag.seconds < time.time() - late.sent_at + 1
    assert entry.landing.last_object.key in late.keys("/date=")
    assert entry.landing.last_object.landed_at <= datetime.now(UTC)
    assert (entry.landing.generation, entry.landing.delivery) == (1, "exactly-once")
    assert f"+{entry.landing.topic_id}+" in entry.landing.last_object.key
    assert "is PAUSED by hand" in entry.reason
    assert entry.landing.gaps == ()


@pytest.mark.parametrize(
    ("away", "known"),
    [
        ({"kafka_bootstrap": NOWHERE}, {"last_object", "connector"}),
        ({"connect_url": f"http://{NOWHERE}"}, {"lag", "last_object"}),
        ({"s3_endpoint": f"http://{NOWHERE}"}, {"end", "connector"}),
    ],
    ids=["kafka", "connect", "store"],
)
def test_what_is_away_hides_only_itself(late, away, known):
    entry = of(late, **away)

    lags = entry.landing.partitions
    seen = {
        "lag": [lag.records for lag in lags] == [4],
        "end": [lag.end_offset for lag in lags] == [14],
        "last_object": entry.landing.last_object is not None,
        "connector": entry.connector is not None and entry.connector.state == "PAUSED",
    }
    assert known <= {part for part, is_there in seen.items() if is_there}
    assert entry.batch_id == 1


def test_a_lost_object_turns_status_red_with_the_command(landing):
    landing.send_ids(10)
    landing.until_landed()
    key = landing.keys("/date=")[0]
    landing.remove(key)

    entry = of(landing)

    assert (entry.state, [gap.data_key for gap in entry.landing.gaps]) == ("DEGRADED", [key])
    assert entry.next_command.startswith(f"tidegate landing replay {landing.name} --partition 0")

    landing.replay(key)

    assert of(landing).landing.gaps == ()
