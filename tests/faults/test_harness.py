"""The measure itself: it tells records apart, and requests."""

from __future__ import annotations

import uuid

import pytest

from metastore_sync.settings import Settings
from tests.faults.fault import Target
from tests.faults.load import Acknowledged
from tests.faults.prints import Print, difference, digest
from tests.faults.topic import Topic

ONE = Print("0000000a", 0, 7, digest(b"k"), digest(b"v"))
TWO = ONE._replace(offset=8)


@pytest.mark.parametrize(
    ("landed", "told"),
    [
        ({ONE: 1, TWO: 1}, ""),
        ({ONE: 1}, "1 lost, 0 doubled, 0 altered, 0 of unknown origin"),
        ({ONE: 1, TWO: 2}, "0 lost, 1 doubled, 0 altered, 0 of unknown origin"),
        ({ONE: 1, TWO._replace(value=digest(b"")): 1}, "0 lost, 0 doubled, 1 altered, 0 of unknown origin"),
        ({ONE: 1, TWO._replace(key=digest(None)): 1}, "0 lost, 0 doubled, 1 altered, 0 of unknown origin"),
        ({ONE: 1, TWO._replace(topic_id="0000000b"): 1}, "1 lost, 0 doubled, 0 altered, 1 of unknown origin"),
        ({ONE: 1, TWO: 1, TWO._replace(value=digest(b"")): 1}, "0 lost, 1 doubled, 1 altered, 0 of"),
    ],
)
def test_a_difference_says_what_happened_to_whom(landed: dict[Print, int], told: str) -> None:
    found = difference({ONE: 1, TWO: 1}, landed)

    assert told in found
    assert bool(found) == bool(told)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/raw/orders/date%3D2026-11-21/orders%2B5f0c2b9e%2B00003%2B9ab3c41d.jsonl.gz", Target.DATA),
        ("/raw/orders/_manifest/5f0c2b9e/3/00000000000000000100.json", Target.MANIFEST),
        ("/raw/orders/_manifest/5f0c2b9e/_tail/3.json", Target.HINT),
        ("/raw/orders/_manifest/5f0c2b9e/_start/3.json", None),
        ("/raw/_tidegate/probe-1", None),
    ],
)
def test_a_request_is_known_by_its_first_line(path: str, target: Target | None) -> None:
    assert [t for t in Target if t.is_meant_by(f"PUT {path} HTTP/1.1")] == ([target] if target else [])
    assert not any(t.is_meant_by(f"GET {path} HTTP/1.1") for t in Target)


def test_a_record_acknowledged_without_its_place_is_looked_up(settings: Settings) -> None:
    topic = Topic(settings.kafka_bootstrap, f"faults_{uuid.uuid4().hex[:8]}")
    topic.create(2)
    ledger = Acknowledged(topic)
    for number in range(6):
        ledger.send(number % 2, b"k", None if number == 3 else b"same")
    ledger.flush()
    all_of_them = ledger.records.copy()

    for lost in [record for record in all_of_them if record.partition == 1]:
        del ledger.records[lost]
        ledger._unplaced[lost.partition, lost.key, lost.value] += 1
    ledger.flush()

    assert ledger.records == all_of_them
    topic.delete()
