"""Guards and people who act in the same moment: one is first, the others are told who."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from metastore_sync.errors import TidegateError
from schema_guard.check import check
from schema_guard.decide import approve, reject

ROUNDS = 50 if "TIDEGATE_SOAK" in os.environ else 3
WHY = "agreed with the shop team"


def at_once(*acts):
    """Run all acts in threads that start together; an act that fails gives its error."""
    start = Barrier(len(acts))

    def run(act):
        start.wait()
        try:
            return act()
        except TidegateError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def one_more_round(world, number):
    """Land text and number by turns of fields that are new each round, so that each round is BLOCKED."""
    world.land({"id": number, f"f{number}": 1})
    assert check(world.settings, "orders")[-1].status == "ADMITTED"
    world.land({"id": number, f"f{number}": 1}, {"id": number, f"f{number}": "x"})
    [report] = check(world.settings, "orders")
    assert report.status == "BLOCKED"
    return report


def is_serial(world):
    """Check what no race may break."""
    numbers = [row["batch_id"] for row in world.rows("select batch_id from registry.batch order by 1")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert world.value("select count(*) from registry.schema_version where status = 'ACTIVE'") == 1
    landed = sum(world.ends.values())
    assert world.value("select sum(record_count) from registry.batch") == landed
    assert world.value("select sum(next_offset) from registry.partition_cursor") == landed


@pytest.mark.parametrize("decide", [approve, reject])
def test_a_guard_and_a_decision_at_once_end_one_after_the_other(orders, decide):
    orders.declare(policy={"FIELD_REMOVED": "ignore", "FIELD_RENAMED": "allow"})
    for number in range(ROUNDS):
        blocked = one_more_round(orders, number)
        orders.land({"id": number, f"f{number}": 1})
        version = blocked.schema_version

        decision, _ = at_once(
            lambda version=version: decide(orders.settings, "orders", version, "ann", WHY),
            lambda: check(orders.settings, "orders"),
        )

        assert decision.batch_id == blocked.batch_id
        check(orders.settings, "orders")
        assert orders.value("select state from registry.dataset") == "OK"
        is_serial(orders)


@pytest.mark.parametrize(("first", "second"), [(approve, approve), (approve, reject), (reject, reject)])
def test_of_two_decisions_one_holds_and_the_other_is_told_whose(orders, first, second):
    orders.declare(policy={"FIELD_REMOVED": "ignore", "FIELD_RENAMED": "allow"})
    for number in range(ROUNDS):
        blocked = one_more_round(orders, number)
        version = blocked.schema_version

        both = at_once(
            lambda version=version: first(orders.settings, "orders", version, "ann", WHY),
            lambda version=version: second(orders.settings, "orders", version, "bob", WHY),
        )

        [refused] = [one for one in both if isinstance(one, TidegateError)]
        [made] = [one for one in both if not isinstance(one, TidegateError)]
        assert f"batch {blocked.batch_id}: {made.action} by {made.actor}" in str(refused)
        assert WHY in str(refused)
        decided = orders.rows(
            "select actor from registry.audit_log where action in ('approve', 'reject')"
            " and detail ->> 'batch_id' = %(batch)s",
            batch=str(blocked.batch_id),
        )
        assert decided == [{"actor": made.actor}]
        is_serial(orders)


def test_guards_in_processes_of_their_own_judge_each_record_once(orders):
    for number in range(6):
        orders.land({"id": number}, partition=number % 3)
    guards = [
        subprocess.Popen([sys.executable, "-m", "schema_guard", "orders"], env=orders.environment())
        for _ in range(2)
    ]

    assert [guard.wait() for guard in guards] == [0, 0]
    is_serial(orders)
    assert orders.value("select count(*) from registry.schema_version") == 1
