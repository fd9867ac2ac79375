"""A window of event times made anew: on branches, beside live runs, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lakehouse import backfill as backfills
from lakehouse import backfill_state as states
from lakehouse.backfill import Step
from metastore_sync.errors import VerdictError
from tests.dbt.backfilled import APPEND, NEW, NOTES, OLD, UPSERT, Make, Record, order, orders

pytestmark = pytest.mark.stack

#: Where a process ends. Behind the others the registry says the same as behind one of these.
STEPS = (Step.MADE, Step.LEASED, Step.FORWARDED, Step.UNBRANCHED)


class KilledError(BaseException):
    """Ends a backfill where the process might have ended."""


def test_a_backfill_killed_behind_any_step_goes_on_and_main_never_shows_half(
    make: Make, record: Record
) -> None:
    dataset = orders(make, record)
    shown: dict[Step, tuple[Any, ...]] = {}

    def killed_at(last: Step) -> Callable[[Step], None]:
        def at(step: Step) -> None:
            if step is last:
                raise KilledError

        return at

    for step in STEPS:
        with pytest.raises(KilledError):
            dataset.backfill(at=killed_at(step))
        shown[step] = dataset.rows("select count_if(schema_version = 2), count(*) from {slv}")[0]
    done = dataset.backfill()
    audited = dataset.facts(
        "select action, actor, detail ->> 'state' from registry.audit_log"
        " where dataset = %(name)s and action = 'backfill'"
    )

    before = [at for at in STEPS if at not in {Step.FORWARDED, Step.PUBLISHED, Step.UNBRANCHED, Step.REBUILT}]
    assert {at: shown[at] for at in before} == dict.fromkeys(before, (0, 3))
    assert {shown[at] for at in STEPS if at not in before} == {(2, 3)}
    assert done.state is states.State.DONE
    new = [("a", 1, "n1", 2), ("b", 1, "n1", 2), ("c", 1, None, 1)]
    assert dataset.rows(NOTES) == new
    assert dataset.rows(NOTES.replace("{slv}", "{slv}_again")) == new
    assert dataset.rows("select notes from {agg}") == [(2,)]
    assert dataset.rows("select name from {slv}.refs") == [("main",)]
    assert audited == [("backfill", "tests", "DONE")]


def test_a_test_that_fails_refuses_the_backfill_and_main_stays(make: Make, record: Record) -> None:
    dataset = make(**UPSERT)
    dataset.admit(record(order("a", "10:00"), offset=0), columns=OLD)
    dataset.live()
    dataset.activate(NEW)
    dataset.model(
        "slv.yml",
        "models: [{name: slv_NAME, columns: [{name: schema_version, data_tests:"
        " [{accepted_values: {arguments: {values: [1], quote: false}}}]}]}]",
    )

    with pytest.raises(VerdictError, match=r"accepted_values.*\n.*was refused") as refused:
        dataset.backfill()

    assert dataset.rows("select id, schema_version from {slv}") == [("a", 1)]
    assert dataset.rows("select name from {slv}.refs") == [("main",)]
    assert [row["state"] for row in backfills.listed(dataset.settings, dataset.name)] == ["REFUSED"]
    assert "Next: " in str(refused.value)


def test_runs_by_hand_beside_a_backfill_lose_nothing_and_a_rebuild_finds_the_same(
    make: Make, record: Record
) -> None:
    dataset = make(**UPSERT)
    dataset.admit(
        record(order("a", "10:00"), key="a", offset=0),
        record(order("b", "10:30"), key="b", offset=1),
        record(order("c", "12:00"), key="c", offset=2),
        columns=OLD,
    )
    dataset.live()
    dataset.rows("delete from {slv} where id = 'b'")
    beside = {
        Step.MADE: [record(order("a", "13:00", v=2), key="a", offset=3), record(None, key="c", offset=4)],
        Step.LEASED: [record(order("b", "10:20", v=9), key="b", offset=5)],
    }

    def run_by_hand(step: Step) -> None:
        if step in beside:
            dataset.admit(*beside.pop(step), columns=OLD)
            dataset.live()

    dataset.backfill(at=run_by_hand)
    made = dataset.rows("select * from {slv} order by id")
    dataset.backfill(states.EVERYTHING)

    assert dataset.rows("select id, v, is_deleted, batch_id from {slv} order by id") == [
        ("a", 2, False, 2),
        ("b", 1, False, 1),
        ("c", None, True, 2),
    ]
    assert dataset.rows("select * from {slv} order by id") == made


def test_rows_flags_and_lateness_are_those_of_the_live_run_in_a_backfill_and_a_rebuild(
    make: Make, record: Record
) -> None:
    dataset = make(**APPEND)
    dataset.admit(
        record(order("x", "09:30"), offset=0),
        record(order("x", "10:10"), offset=1),
        record(order("y", "10:20"), offset=2),
        record(order("y", "11:30"), offset=3),
        columns=OLD,
    )
    dataset.admit(
        record(order("w", "10:40"), offset=4),
        record(order("w", "08:00"), offset=5),
        columns=OLD,
        watermark=-30 * 60,
    )
    dataset.live()
    every = "select * from {slv} order by kafka_offset"
    live = dataset.rows(every)
    flags = "select id, is_duplicate, is_late_arrival, is_beyond_lateness from {slv} order by kafka_offset"
    told = dataset.rows(flags)

    dataset.rows("delete from {slv} where kafka_offset in (2, 4)")
    dataset.rows("update {slv} set is_duplicate = not is_duplicate where kafka_offset in (1, 3)")
    dataset.backfill()
    after_backfill = dataset.rows(every)
    dataset.backfill(states.EVERYTHING)
    after_rebuild = dataset.rows(every)
    dataset.lake.forget_position("slv", 0)
    dataset.live()

    assert told == [
        ("x", False, False, False),
        ("x", True, False, False),
        ("y", False, False, False),
        ("y", True, False, False),
        ("w", True, True, False),
        ("w", False, True, True),
    ]
    assert after_backfill == live
    assert after_rebuild == live
    assert dataset.rows(every) == live
