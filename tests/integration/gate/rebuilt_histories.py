"""Histories of a dataset that a rebuilt registry must tell as the lost one did."""

from __future__ import annotations

from datetime import timedelta

from schema_guard.check import check
from schema_guard.decide import approve, reject
from schema_guard.rejections.replay import replay
from schema_guard.rejections.selection import Wanted

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


def again(world, offset=None, payload=None, stage=None):
    """Replay one record, or all that are open, and date the batches."""
    world.clock += timedelta(minutes=1)
    wanted = Wanted(stage=stage)
    if offset is not None:
        wanted = Wanted(topic_id="0a1b2c3d", partition=0, offset=offset, stage=stage)
    for batch in replay(world.settings, world.name, wanted, "ann", WHY, payload=payload).batches:
        date(world, batch.batch_id)


def replayed(world):
    """Records replayed edited, replayed in vain, replayed once more, between batches that landed."""
    world.land({"id": 1}, "cut", {"id": 3}, "cut too", "nothing")
    run(world)
    again(world, 1, b'{"id": 2}')
    world.land({"id": 6}, "poison")
    run(world)
    again(world)
    again(world, 3, b'{"id": 4}')
    world.land({"id": 7})
    run(world)


def replayed_for_silver(world):
    """A record that bronze holds and a rule kept out of silver, replayed, as the newest batch too."""
    world.land({"id": 1}, {"id": 2}, {"id": 3})
    run(world)
    for offset in (1, 2):
        world.rows(
            'insert into registry.rejected_record (dataset, batch_id, topic_id, partition, "offset", stage,'
            " error_type, error_message) values (%(name)s, 1, '0a1b2c3d', 0, %(offset)s, 'rule',"
            " 'RULE_BROKEN', 'breaks a rule') returning 1",
            name=world.name,
            offset=offset,
        )
    again(world, 1, b'{"id": -2}')
    world.land({"id": 4})
    run(world)
    again(world, stage="rule")


def replay_cut_short(world):
    """A replay that left its note and no batch; its number went to what landed next."""
    world.land({"id": 1}, "cut")
    run(world)
    again(world, 1, b'{"id": 2}')
    world.rows("delete from registry.replayed_record where batch_id = 2 returning 1")
    world.rows("delete from registry.batch_object where batch_id = 2 returning 1")
    world.rows("delete from registry.batch where batch_id = 2 returning 1")
    world.land({"id": 3})
    run(world)


HISTORIES = [
    widening, approved, rejected, generations, unreadable_generation, empty_batches, gaps, replayed,
    replayed_for_silver, replay_cut_short,
]  # fmt: skip
