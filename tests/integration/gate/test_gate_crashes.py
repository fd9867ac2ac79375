"""A crash at each statement and each call to the store in turn ends as if nothing had happened."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import stamina
from gate.wire import Loss, Wire

from metastore_sync import registry
from metastore_sync.errors import BrokenError, UsageError
from schema_guard import held
from schema_guard.batches import Backlog
from schema_guard.chains import open_chains
from schema_guard.check import check
from schema_guard.decide import approve, reject
from schema_guard.edges.registry import active_version, cursors, ledger
from schema_guard.edges.s3 import Store
from schema_guard.judge import Known, judge
from schema_guard.rejections.replay import replay
from schema_guard.rejections.selection import Wanted

WHY = "agreed with the shop team"
#: What a history leaves behind, without the times at which it happened.
STATE = {
    "dataset": "select name, state, revision from registry.dataset",
    "version": "select version, status, fingerprint, verdict, findings, base_version, decided_by, decided_why"
    " from registry.schema_version order by 1",
    "batch": "select batch_id, status, schema_version, verdict, findings, record_count, rejected_count,"
    " value_bytes, content_hash, max_event_time, watermark from registry.batch order by 1",
    "object": "select batch_id, data_key, topic_id, generation, partition, first_offset, last_offset,"
    " record_count from registry.batch_object order by 1, 2",
    "cursor": "select topic_id, generation, partition, next_offset from registry.partition_cursor"
    " order by 1, 3",
    "rejected": 'select batch_id, partition, "offset", stage, error_type from registry.rejected_record'
    " order by 2, 3, 4",
    "replayed": 'select batch_id, rejected_batch, partition, "offset", is_edited, actor, why'
    " from registry.replayed_record order by 1, 3, 4",
    "presence": "select ledger, pending from registry.field_presence",
    "audit": "select actor, action, why, detail from registry.audit_log order by id",
}
TABLES = "registry.dataset, registry.audit_log"
SOAK = "TIDEGATE_SOAK" in os.environ


def state(world):
    """Return the registry and the snapshot as they are."""
    with registry.connect(world.settings) as conn:
        found = {name: conn.execute(query).fetchall() for name, query in STATE.items()}
    path = world.settings.snapshot_path
    snapshot = json.loads(path.read_text()) if path.exists() else {}
    return {**found, "snapshot": [snapshot.get("datasets")]}


@pytest.fixture
def landed(orders):
    """Give one fitting object, one that widens beside poison, one that breaks, and one behind it."""
    orders.land({"id": 1, "zip": 10115})
    orders.land({"id": 2, "zip": 10115, "note": "x"}, "poison", partition=1)
    orders.land({"id": 3, "zip": "N1"}, {"id": 4, "zip": 10116})
    orders.land({"id": 5, "zip": 10117}, partition=1)
    return orders


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch):
    # Two objects a batch: the first is admitted, the second is blocked.
    monkeypatch.setattr("schema_guard.batches.MAX_OBJECTS", 2)
    with stamina.set_testing(True, attempts=3):
        yield


def begin(world, *before: Callable[[], object]) -> None:
    """Empty the registry, but not the raw zone, and go to where the history begins."""
    with registry.connect(world.settings) as conn:
        conn.execute(f"truncate {TABLES} restart identity cascade")
    world.settings.snapshot_path.unlink(missing_ok=True)
    world.declare()
    for step in before:
        step()


def as_if_time_passed(world) -> None:
    """Expire the lease that a dead process could not give back."""
    world.rows("update registry.lease set expires_at = clock_timestamp() returning 1")


#: The record that is poison, and what it should have been.
CUT, MENDED = Wanted(topic_id="0a1b2c3d", partition=1, offset=1), b'{"id": 9, "zip": 10119}'
HISTORIES = {
    "check": ([], lambda w: check(w.settings, "orders")),
    "approve": (["check"], lambda w: approve(w.settings, "orders", 2, "ann", WHY)),
    "reject": (["check"], lambda w: reject(w.settings, "orders", 2, "ann", WHY)),
    "replay": (
        ["check", "reject", "check"],
        lambda w: replay(w.settings, "orders", CUT, "ann", WHY, payload=MENDED),
    ),
}
#: Histories with many calls: of them every fourth is cut outside a soak.
LONG = frozenset({"replay"})


def test_a_store_that_is_away_for_a_moment_hides_no_rename(orders):
    """Without the earlier values a rename looks like a new field, which nobody has to decide about."""
    first = [{"id": n, "city": f"C{n}-Ulm"} for n in range(60)]
    then = [{"id": n, "town": f"C{n}-Ulm"} for n in range(60)]
    orders.land(*first)
    check(orders.settings, "orders")
    orders.land(*then)
    with registry.connect(orders.settings) as conn:
        dataset = registry.dataset(conn, "orders").dataset
        known = Known(
            active_version(conn, "orders"),
            ledger(conn, "orders"),
            lambda: held.newest(orders.settings, conn, dataset),
        )
        backlog = Backlog(open_chains(Store(orders.settings), "orders", cursors(conn, "orders")))
        batch = backlog.next_batch()

        def verdict(wire):
            with wire.cut(), TemporaryDirectory() as folder:
                return judge(orders.settings, dataset, known, batch, Path(folder)).verdict

        whole = Wire()
        assert verdict(whole) == "BREAKING"
        reads = [number for number, what in enumerate(whole.calls, 1) if what == "GetObject"]
        assert len(reads) > 2
        for number in reads:
            with pytest.raises(BrokenError, match="Object store failed"):
                verdict(Wire(number))


def finish(world, act) -> None:
    """Do what a person or a scheduler does after a failure: the same again, until it has happened."""
    as_if_time_passed(world)
    try:
        act(world)
    except UsageError as done:
        told = str(done)
        is_done = "no batch waits for a decision" in told or "was replayed before" in told
        if not is_done or "by ann" not in told:
            raise
        check(world.settings, "orders")


@pytest.mark.parametrize("loss", Loss, ids=lambda loss: loss.name.lower())
@pytest.mark.parametrize("history", HISTORIES)
def test_a_crash_at_any_call_changes_nothing_of_the_end(landed, history, loss):
    before, act = HISTORIES[history]
    steps = [partial(HISTORIES[name][1], landed) for name in before]
    begin(landed, *steps)
    with Wire().cut() as whole:
        act(landed)
    undisturbed = state(landed)
    assert undisturbed["batch"][0]["status"] == "ADMITTED"

    broken = []
    # The process that dies for good is the rarer case: every call of it in a soak, every fourth otherwise.
    stride = 1 if SOAK or (loss is not Loss.FOR_GOOD and history not in LONG) else 4
    for number in range(1, len(whole.calls) + 1, stride):
        if loss is Loss.AFTER and not whole.calls[number - 1].startswith("statement"):
            continue
        begin(landed, *steps)
        with Wire(number, loss).cut() as wire, suppress(BrokenError):
            act(landed)
        finish(landed, act)
        if (end := state(landed)) != undisturbed:
            differs = [name for name in end if end[name] != undisturbed[name]]
            broken.append((number, wire.calls[number - 1], differs))

    assert len(whole.calls) > 20
    assert broken == []
