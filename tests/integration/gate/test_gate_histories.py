"""Every history of guards, people and lost connections ends as a serial one."""

from __future__ import annotations

import itertools
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import stamina
from gate.serial_facts import check_all, facts
from gate.serial_model import VALUES, Object, Serial
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from metastore_sync import lease, registry
from metastore_sync.errors import BrokenError, TidegateError, UsageError
from metastore_sync.model import DatasetState
from schema_guard import admission, decide
from schema_guard import check as gate
from schema_guard.batches import Backlog
from schema_guard.chains import open_chains
from schema_guard.edges.registry import active_version, cursors, ledger
from schema_guard.edges.s3 import Store
from schema_guard.judge import Known, judge
from schema_guard.rollback import rollback

EXAMPLES = 5_000 if "TIDEGATE_SOAK" in os.environ else 200
TOPIC_IDS = ("0a1b2c3d", "00000001")
WHY = "agreed with the shop team"
_KILL = "select pg_terminate_backend(pg_backend_pid())"
_numbers = itertools.count(1)
_objects = st.lists(st.sampled_from(["plain", "plain", "wide", "text", "poison"]), min_size=1, max_size=3)
_moments = st.sampled_from(["before", "between", "after"])


class Histories(RuleBasedStateMachine):
    """Steps of guards and people, each said to the product and to the serial model alike."""

    def __init__(self, world, conn):
        super().__init__()
        self.world = type(world)(world.settings, world.client, name=f"orders_{next(_numbers)}")
        self.name = self.world.name
        self.conn = conn
        self.model = Serial()
        self.values = {}
        self.asleep = None

    @initialize(kinds=_objects)
    def begin(self, kinds):
        self.conn.execute("truncate registry.dataset, registry.audit_log restart identity cascade")
        self.declare("block")
        self.land_at((TOPIC_IDS[0], 0), kinds)
        assert self.guard() == self.judged()

    def declare(self, policy):
        # Blocking is what a type change does where no policy is given.
        given = {"FIELD_REMOVED": "ignore"} | ({"TYPE_CHANGED": policy} if policy != "block" else {})
        self.world.declare(policy=given, event_time="at")
        self.model.policy = policy

    @rule(
        kinds=_objects,
        partition=st.integers(0, 1),
        topic_id=st.sampled_from(TOPIC_IDS),
    )
    def land(self, kinds, partition, topic_id):
        self.land_at((topic_id, partition), kinds)

    def land_at(self, place, kinds):
        if "wide" in kinds:
            # A note that comes and goes from its first batch on: null is no news later.
            kinds = [*kinds, "plain"]
        topic_id, partition = place
        first = self.world.ends.get(place, 0)
        texts = [VALUES[kind].replace("AT", f"2026-11-20T{10 + first % 9}:00:00Z") for kind in kinds]
        self.world.land(*texts, partition=partition, topic_id=topic_id, compression="none")
        self.model.waiting.append(Object(place, first, tuple(kinds)))
        self.values |= {(place, first + n): text for n, text in enumerate(texts)}

    def guard(self):
        """Check as a guard does and compare its reports with the model's."""
        reports = gate.check(self.world.settings, self.name)
        return [(r.status.value, r.verdict, r.schema_version, r.record_count) for r in reports]

    def judged(self):
        told = self.model.check()
        return [(b.status, b.verdict, b.version, len(b.records())) for b in told]

    @rule(twice=st.booleans())
    def check(self, twice):
        if self.model.state in {"PAUSED", "RETIRED"}:
            with pytest.raises(UsageError, match=self.model.state):
                self.guard()
            return
        assert self.guard() == self.judged()
        if twice:
            # Nothing landed in between: only a batch that waits for a decision is told again.
            assert self.guard() == self.judged()

    @precondition(lambda self: self.model.state == "OK" and self.model.waiting and not self.model.blocked)
    @rule(moment=_moments)
    def check_and_lose_the_registry(self, moment):
        with _lost_while_recording(moment):
            if moment == "after":
                assert self.guard() == self.judged()
            else:
                with pytest.raises(BrokenError, match="was not recorded"):
                    self.guard()

    @precondition(lambda self: self.model.state == "OK" and self.model.waiting and not self.model.blocked)
    @rule()
    def judge_and_fall_asleep(self):
        with registry.connect(self.world.settings) as conn, tempfile.TemporaryDirectory() as folder:
            with lease.hold(conn, self.name, "sleeper") as token:
                pass
            dataset = registry.dataset(conn, self.name).dataset
            known = Known(active_version(conn, self.name), ledger(conn, self.name))
            batch = Backlog(
                open_chains(Store(self.world.settings), self.name, cursors(conn, self.name))
            ).next_batch()
            verdict = judge(self.world.settings, dataset, known, batch, Path(folder))
            kept = Path(tempfile.mkdtemp(dir=self.world.settings.home))
            verdict.scan.rejected_files = tuple(
                path.rename(kept / path.name) for path in verdict.scan.rejected_files if path.exists()
            )
        self.asleep = (token, batch, verdict, self.model.policy, tuple(self.model.waiting))

    @precondition(lambda self: self.asleep)
    @rule()
    def wake_up_and_record(self):
        token, batch, verdict, policy, objects = self.asleep
        self.asleep = None
        nobody_came = facts(self.conn, self.name)["token"] == token
        with registry.connect(self.world.settings) as conn:
            if nobody_came and self.model.state == "OK" and policy == self.model.policy:
                admission.record(conn, token, batch, verdict)
                self.model.record(objects)
                self.model.waiting = [o for o in self.model.waiting if o not in objects]
            else:
                with pytest.raises(TidegateError, match=r"changed nothing|recorded nothing|Nothing was"):
                    admission.record(conn, token, batch, verdict)

    @precondition(lambda self: self.model.state == "OK" and self.model.waiting and not self.model.blocked)
    @rule(meanwhile=st.sampled_from(["policy", "pause", "check", "rollback"]))
    def sleep_while_the_world_moves(self, meanwhile):
        """Make by one step what three rules in a row rarely make."""
        self.judge_and_fall_asleep()
        match meanwhile:
            case "policy":
                self.declare("block" if self.model.policy == "reject_records" else "reject_records")
            case "pause":
                self.pause_resume_or_retire("PAUSED")
            case "rollback" if len(self.model.versions) > 1:
                self.roll_back(self.model.active - 1 or 2, "bob")
            case _:
                assert self.guard() == self.judged()
        self.wake_up_and_record()

    @precondition(lambda self: self.model.blocked and self.model.state != "RETIRED")
    @rule(action=st.sampled_from(["approve", "reject"]), actor=st.sampled_from(["ann", "bob"]))
    def decide(self, action, actor):
        version = self.model.blocked.version
        decision = getattr(decide, action)(self.world.settings, self.name, version, actor, WHY)
        getattr(self.model, action)(actor, WHY)
        assert decision.batch_id == len(self.model.batches)

    @precondition(lambda self: self.model.blocked and self.model.state != "RETIRED")
    @rule(action=st.sampled_from(["approve", "reject"]), moment=_moments)
    def decide_and_lose_the_registry(self, action, moment):
        version = self.model.blocked.version
        with _lost_while_deciding(moment):
            if moment == "after":
                getattr(decide, action)(self.world.settings, self.name, version, "ann", WHY)
                getattr(self.model, action)("ann", WHY)
            else:
                with pytest.raises(BrokenError, match="Nothing was decided"):
                    getattr(decide, action)(self.world.settings, self.name, version, "ann", WHY)

    @precondition(lambda self: not self.model.blocked or self.model.state == "RETIRED")
    @rule(action=st.sampled_from(["approve", "reject"]))
    def decide_about_nothing(self, action):
        with pytest.raises(UsageError, match="no batch waits for a decision"):
            getattr(decide, action)(self.world.settings, self.name, 1, "ann", WHY)

    @rule(version=st.integers(1, 4), actor=st.sampled_from(["ann", "bob"]))
    def roll_back(self, version, actor):
        refusal = self.model.rollback(version, actor, WHY)
        if refusal:
            with pytest.raises(TidegateError, match=refusal):
                rollback(self.world.settings, self.name, version, actor, WHY)
        else:
            assert rollback(self.world.settings, self.name, version, actor, WHY).version == self.model.active

    @precondition(lambda self: self.model.state == "OK" and len(self.model.versions) > 1)
    @precondition(lambda self: not self.model.blocked)
    @rule(kinds=_objects)
    def roll_back_and_land(self, kinds):
        """Make by one step what brings an earlier version back, and what it had not."""
        self.roll_back(self.model.active - 1 or 2, "ann")
        self.land_at((TOPIC_IDS[0], 0), kinds)
        assert self.guard() == self.judged()

    @rule(policy=st.sampled_from(["block", "reject_records"]))
    def change_policy(self, policy):
        self.declare(policy)

    @precondition(lambda self: self.model.state != "RETIRED")
    @rule(state=st.sampled_from(["PAUSED", "PAUSED", "OK", "OK", "RETIRED"]))
    def pause_resume_or_retire(self, state):
        registry.set_state(self.conn, self.name, DatasetState(state), actor="ops", why=state)
        self.model.set_state(state, "ops", state)

    @invariant()
    def the_registry_tells_the_serial_history(self):
        if self.values or self.model.audit:
            check_all(facts(self.conn, self.name), self.model, self.values)


@contextmanager
def _lost_while_recording(moment):
    """Kill the guard's own backend before, within or right after its transaction."""
    record, conclude = admission.record, admission._conclude

    def recorded(conn, token, batch, judged):
        if moment == "before":
            conn.execute(_KILL)
        found = record(conn, token, batch, judged)
        if moment == "after":
            conn.execute(_KILL)
        return found

    def concluded(conn, *args):
        conclude(conn, *args)
        if moment == "between":
            conn.execute(_KILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate.admission, "record", recorded)
        patch.setattr(admission, "_conclude", concluded)
        yield


@contextmanager
def _lost_while_deciding(moment):
    """Kill a decider's own backend at the begin, at the end or right after its transaction."""
    check_active, conclude, recording = decide._check_active, decide._conclude, decide._recording
    used = []

    def checked(conn, *args):
        used.append(conn)
        if moment == "before":
            conn.execute(_KILL)
        check_active(conn, *args)

    def concluded(conn, *args, **kwargs):
        conclude(conn, *args, **kwargs)
        if moment == "between":
            conn.execute(_KILL)

    @contextmanager
    def recorded(*args):
        with recording(*args):
            yield
            if moment == "after":
                used[0].execute(_KILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decide, "_check_active", checked)
        patch.setattr(decide, "_conclude", concluded)
        patch.setattr(decide, "_recording", recorded)
        yield


@pytest.mark.timeout(7200 if EXAMPLES > 200 else 900)
def test_every_history_ends_as_a_serial_one(world):
    with psycopg.connect(
        world.settings.postgres_dsn, autocommit=True, row_factory=psycopg.rows.dict_row
    ) as conn:
        # What a crash of the server would lose is not asked here; waiting for the disk would take longest.
        conn.execute(
            "do $$ begin execute format('alter database %I set synchronous_commit = off',"
            " current_database()); end $$"
        )
        with stamina.set_testing(True, attempts=3):
            run_state_machine_as_test(
                lambda: Histories(world, conn),
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=12,
                    deadline=None,
                    print_blob=True,
                    # Twelve steps are read as they are; making them fewer takes minutes.
                    phases=[Phase.explicit, Phase.reuse, Phase.generate],
                    suppress_health_check=list(HealthCheck),
                ),
            )
