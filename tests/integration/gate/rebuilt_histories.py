"""Histories of a dataset that a rebuilt registry must tell as the lost one did."""

from __future__ import annotations

from datetime import timedelta

from schema_guard.check import check
from schema_guard.decide import approve, reject

WHY = "agreed with the shop team"
OTHER_ID = "ffffffff"


def date(world, batch_id, minutes=1):
    """Let the batch be admitted some minutes after the newest landing, by the test's clock."""
    world.rows(
        "update registry.batch set admitted_at = %(at)s, checked_at = %(at)s"
        " where batch_id = %(number)s returning 1",
        at=world.clock + timedelta(minutes=minutes) - timedelta(seconds=30),
        number=batch_id,
    )


def run(world):
    """Check, and date each new batch before the next landing."""
    for report in check(world.settings, world.name):
        if report.batch_id and report.status == "ADMITTED":
            date(world, report.batch_id)


def widening(world):
    """Fields added and widened, late records, poison among good records, two partitions."""
    world.land({"id": 1, "at": "2026-11-20T10:00:00Z"}, partition=0)
    world.land({"id": 2, "at": "2026-11-20T09:00:00Z"}, "poison", partition=1)
    run(world)
    world.land({"id": 3, "at": "2026-11-20T11:00:00Z", "note": "x"}, partition=1)
    run(world)
    world.land({"id": 4, "note": None}, {"id": 5, "more": {"a": [1]}}, partition=0)
    world.land('{"id":', partition=0)
    world.land({"id": 6}, partition=0)
    run(world)


def approved(world):
    """A breaking change that a person took."""
    world.land({"id": 1, "zip": 10115})
    run(world)
    world.land({"id": 2, "zip": "N1"}, "poison")
    run(world)
    approve(world.settings, "orders", 2, "ann", WHY)
    date(world, 2)
    world.land({"id": 3, "zip": "SW1"})
    run(world)


def rejected(world):
    """A breaking change that a person refused, twice, with good records beside it."""
    world.land({"id": 1, "zip": 10115})
    run(world)
    for number in (2, 3):
        world.land({"id": 2, "zip": "N1"}, {"id": 3, "zip": number}, "poison")
        run(world)
        reject(world.settings, "orders", 2, "ann", WHY)
        date(world, number)
    world.land({"id": 4, "zip": 1, "new": True})
    run(world)


def generations(world):
    """A topic that was made anew, whose first generation nobody could read."""
    world.land("poison", topic_id=OTHER_ID)
    run(world)
    world.land({"id": 1}, topic_id=OTHER_ID, partition=3)
    run(world)
    world.land({"id": 1})
    run(world)


def unreadable_generation(world):
    """A generation of nothing but poison, before the one that bronze knows."""
    world.land("poison", topic_id=OTHER_ID)
    run(world)
    world.land({"id": 1})
    run(world)


def empty_batches(world):
    """Batches without one row: first, between others, and last."""
    world.land("poison")
    run(world)
    world.land({"id": 1})
    run(world)
    world.land("poison", "poison", partition=1)
    run(world)
    world.land({"id": 2})
    run(world)
    world.land("poison")
    run(world)


def gaps(world):
    """Offsets that Kafka withheld, between and before records."""
    world.land({"id": 1}, skip=5)
    world.land({"id": 2}, skip=3)
    run(world)
    world.land({"id": 3}, skip=2, partition=1)
    run(world)


HISTORIES = [widening, approved, rejected, generations, unreadable_generation, empty_batches, gaps]
