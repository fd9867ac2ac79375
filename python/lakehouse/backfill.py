"""
Makes the rows of a window of event times anew, on branches, and publishes them under the dataset's lease.

A round begins each table's branch at main, makes the rows, runs the tests. If main was written since, the
round is done again under the lease; then each table is fast-forwarded, which Iceberg does in one step or not
at all. The registry says how far it is: the same command goes on there, wherever the process ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lakehouse import backfill_branch as branches
from lakehouse import backfill_models, rule_rejects, run, spark
from lakehouse import backfill_state as states
from lakehouse.backfill_models import Models
from lakehouse.backfill_state import Backfill, Connection, State, Window
from metastore_sync import lease, registry
from metastore_sync.errors import BrokenError, UsageError, VerdictError
from metastore_sync.settings import Settings

#: Rounds under the lease before giving up: only runs by hand write main meanwhile, and each ends.
_ROUNDS = 5
#: Seconds to wait for a check that holds the lease.
_LEASE_WAIT_SECONDS = 300.0


class Step(StrEnum):
    """What was just done; a process may end behind each, and the next one goes on."""

    BEGUN = "begun"
    FORKED = "branch made"
    MADE = "rows made on the branch"
    TESTED = "tested on the branch"
    LEASED = "lease held"
    FORWARDED = "fast-forwarded"
    PUBLISHED = "published"
    UNBRANCHED = "branches dropped"
    REBUILT = "other models rebuilt"


OnStep = Callable[[Step | None, str], None]


def backfill(settings: Settings, name: str, window: Window, *, actor: str, on_step: OnStep) -> Backfill:
    """
    Make the window's rows anew, or go on with what an earlier call of the same window began.

    Args:
        settings: Where the parts are.
        name: A registered dataset.
        window: Event times; `EVERYTHING` rebuilds the tables.
        actor: Who does it.
        on_step: Called behind each step, and with dbt's own lines (then the step is None).

    Raises:
        UsageError: The dataset has no event time, nothing was built yet, or no model can be backfilled.
        VerdictError: A test failed on the branch; main is as it was. Or another window is not over.
        BrokenError: A part is away, or another process drives it; the same command goes on.
    """
    with registry.connect(settings) as conn, states.alone(conn, name):
        _check(conn, name, window)
        spark.reach(settings)
        with spark.session(settings) as lake:
            # A branch leaves out what the registry says was rejected: what a run that died has noted counts.
            rule_rejects.take_noted(conn, lake, name)
        models = backfill_models.of(settings, name)
        work = _Work(settings, conn, states.begin(conn, name, window, actor), models, on_step)
        work.tell(Step.BEGUN, f"{work.run.id}, {work.run.state}")
        if work.run.state is State.STAGING:
            work.round()
        if work.run.state is State.STAGED:
            work.publish()
        return work.finish()


def abandon(settings: Settings, name: str) -> Backfill:
    """
    End the dataset's open backfill and drop its branches; tables that are published stay so.

    Raises:
        UsageError: None is open.
    """
    with registry.connect(settings) as conn, states.alone(conn, name):
        found = states.opened(conn, name)
        if found is None:
            raise UsageError(
                f"{name}: no backfill is open",
                not_done="Nothing was abandoned.",
                next_command=f"tidegate backfill {name} --list",
            )
        for table in states.tables(conn, found):
            branches.drop(settings, found.branch, table.table_name)
        return states.close(conn, found, State.ABANDONED)


def listed(settings: Settings, name: str = "") -> list[dict[str, Any]]:
    """Return backfills of a dataset, or of all, newest first: a row for each."""
    with registry.connect(settings) as conn:
        return list(states.QUERIES.listed(conn, dataset=name))


def _check(conn: Connection, name: str, window: Window) -> None:
    dataset = registry.dataset(conn, name).dataset
    if window != states.EVERYTHING and not dataset.event_time:
        raise UsageError(
            f"{name}: it has no event_time, so no record lies in a window",
            not_done="Nothing was begun.",
            next_command=f"tidegate backfill {name} --all, or set event_time in its dataset file",
        )


@dataclass(slots=True)
class _Work:
    settings: Settings
    conn: Connection
    run: Backfill
    models: Models
    on_step: OnStep

    def tell(self, step: Step, text: str = "") -> None:
        self.on_step(step, f"{self.run.dataset}: backfill {step.value}" + (f": {text}" if text else ""))

    def line(self, text: str) -> None:
        self.on_step(None, f"  {text}")

    def round(self) -> None:
        """Make the rows on branches that begin at main as it is, and test them there."""
        version = states.QUERIES.active_version(self.conn, dataset=self.run.dataset)
        states.QUERIES.restart(self.conn, id=self.run.id, schema_version=version)
        for name in sorted(self.models.staged.values()):
            table = branches.fork(self.settings, self.run.branch, name)
            states.QUERIES.put_table(
                self.conn,
                id=self.run.id,
                table_name=name,
                base_snapshot=table.base_snapshot,
                upto=table.upto,
            )
            self.tell(Step.FORKED, name)
        backfill_models.stage(self.settings, self.run.branch, self.models, self.line)
        self.tell(Step.MADE)
        failed = backfill_models.tests(self.settings, self.run.branch, self.models, self.line)
        if failed:
            self._refuse(failed)
        self._set(State.STAGED)
        self.tell(Step.TESTED)

    def publish(self) -> None:
        """Fast-forward each table under the lease; do the round again when main was written since."""
        name = self.run.dataset
        holder = lease.this_holder("backfill")
        with lease.hold(self.conn, name, holder, wait_seconds=_LEASE_WAIT_SECONDS) as token:
            self.tell(Step.LEASED)
            for _ in range(_ROUNDS):
                if self._forward(token):
                    self._set(State.PUBLISHED)
                    self.tell(Step.PUBLISHED)
                    return
                self.line(f"{name}: main was written since the branch began; the rows are made again")
                self.round()
        raise BrokenError(
            f"{name}: main was written during each of {_ROUNDS} rounds, by runs without the lease",
            not_done="What was not yet published is as it was.",
            next_command=self.run.command,
        )

    def finish(self) -> Backfill:
        """Drop the branches and rebuild what reads the new tables; all of it can be done twice."""
        for name in self.models.staged.values():
            branches.drop(self.settings, self.run.branch, name)
        self.tell(Step.UNBRANCHED)
        backfill_models.rebuild(self.settings, self.models.others, self.line)
        for area in run.areas(self.settings, {self.run.dataset}, self.line):
            backfill_models.rebuild(self.settings, [area], self.line)
        self.tell(Step.REBUILT)
        return states.close(self.conn, self.run, State.DONE)

    def _forward(self, token: int) -> bool:
        waiting = [table for table in states.tables(self.conn, self.run) if not table.is_published]
        for table in waiting:
            branch = self.run.branch
            if branches.is_forwarded(self.settings, branch, table):
                continue
            # All or none, as far as that can be known before the first.
            if branches.has_moved(self.settings, table):
                return False
        for table in waiting:
            if not branches.fast_forward(self.settings, self.run.branch, table):
                return False
            self.tell(Step.FORWARDED, table.table_name)
            with self.conn.transaction():
                lease.lock(self.conn, self.run.dataset, token)
                states.QUERIES.publish_table(self.conn, id=self.run.id, table_name=table.table_name)
        return True

    def _set(self, state: State) -> None:
        states.QUERIES.set_state(self.conn, id=self.run.id, state=state.value, message="")
        self.run = states.again(self.conn, self.run)

    def _refuse(self, failed: list[str]) -> None:
        for name in self.models.staged.values():
            branches.drop(self.settings, self.run.branch, name)
        self.run = states.close(self.conn, self.run, State.REFUSED, "\n".join(failed))
        raise VerdictError(
            f"{self.run.dataset}: {len(failed)} test(s) fail on the rows made anew",
            where=self.run.message,
            not_done=f"Backfill {self.run.id} was refused; none of these rows is on main.",
            next_command="correct the model or the records, then repeat the command",
        )
