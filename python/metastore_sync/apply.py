"""Makes what is declared run; the failure of one dataset stops that one alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict

from metastore_sync import (
    apply_lock,
    capture,
    connectors,
    hand_over,
    lease,
    registry,
    rollback,
    running,
    snapshot,
)
from metastore_sync.changes import DatasetPlan, DriftKind, Plan
from metastore_sync.connect_api import ConnectApi
from metastore_sync.connectors import ConnectorRow
from metastore_sync.declared import Declared
from metastore_sync.errors import BrokenError, RefusedError, TidegateError, VerdictError
from metastore_sync.model import Dataset, DatasetState, Source
from metastore_sync.plan import plan
from metastore_sync.registry import RegistryConnection
from metastore_sync.render import sink_config
from metastore_sync.settings import Settings

#: States of a dataset in which nobody waits for its connector to run.
_RESTS = frozenset({DatasetState.PAUSED, DatasetState.RETIRED})


def apply(
    settings: Settings,
    datasets: Iterable[Dataset | Declared],
    on_progress: Callable[[str], None],
    *,
    source: Source = Source.FILE,
    actor: str = "tidegate apply",
) -> Plan:
    """
    Apply datasets and return the plan that was carried out; applying it again changes nothing.

    Raises:
        VerdictError: A dataset was refused; the others were applied.
        BrokenError: A part is away, or a connector did not start and got its old config back.
    """
    made = plan(settings, datasets, source=source)
    done: list[DatasetPlan] = []
    failures: list[TidegateError] = []
    for entry in made.datasets:
        try:
            done.append(_Application(settings, actor, on_progress).carry_out(entry))
        except TidegateError as error:
            failures.append(error)
    with registry.connect(settings) as conn:
        snapshot.write(settings, conn)
    if failures:
        raise _together(failures)
    return Plan(tuple(done))


class _Application:
    """Carries out the plan of one dataset: connector first, registry when it runs."""

    def __init__(self, settings: Settings, actor: str, on_progress: Callable[[str], None]) -> None:
        self._settings = settings
        self._api = ConnectApi(settings)
        self._actor = actor
        self._say = on_progress

    def carry_out(self, entry: DatasetPlan) -> DatasetPlan:
        name = entry.dataset.name
        if entry.source is Source.CONNECT:
            follow = "; tidegate sync takes over what differs" if entry.drift else ""
            self._say(f"{name}: declared by connector {entry.connector_name}, nothing to apply{follow}")
            return entry
        _refuse_if_problems(entry)
        with apply_lock.hold(self._settings, name, self._say) as has_waited:
            if has_waited:
                # Whoever held the lock has changed what this plan was made from.
                declared = Declared(entry.dataset, entry.source)
                (entry,) = plan(self._settings, [declared]).datasets
                _refuse_if_problems(entry)
            if entry.dataset.landing.is_foreign:
                self._say(f"{name}: {self._declare(entry)}")
                return entry
            self._take_over(entry)
            with registry.connect(self._settings) as conn:
                is_awaited = _state(conn, entry) not in _RESTS
                # No transaction is open here: a new replication slot waits for all that its server has.
                with (
                    capture.applied(self._settings, self._api, entry, is_awaited=is_awaited),
                    rollback.on_failure(self._api, entry, self._say),
                ):
                    self._say(f"{name}: {self._apply(conn, entry)}")
        return entry

    def _declare(self, entry: DatasetPlan) -> str:
        """Register a dataset whose topic another sink lands."""
        with registry.connect(self._settings) as conn, conn.transaction():
            if _state(conn, entry) is DatasetState.RETIRED:
                return "retired: the registry was not touched"
            revision = registry.put_dataset(conn, entry.dataset, source=entry.source, actor=self._actor)
        return f"revision {revision}, {entry.dataset.landing.guarantee}: no connector is made"

    def _take_over(self, entry: DatasetPlan) -> None:
        """
        Let Tidegate's sink begin where another one was read up to.

        Declared before its connector is made: whatever fails then, the other sink's objects are read no more.
        """
        name = entry.dataset.name
        with registry.connect(self._settings) as conn:
            before = None if entry.is_new else registry.dataset(conn, name).dataset
            if before is None or not before.landing.is_foreign:
                return
            # No guard may read on between the look at where it stands and the declaration.
            with lease.hold(conn, name, lease.this_holder("apply")), conn.transaction():
                hand_over.begin(self._settings, before)
                registry.put_dataset(conn, entry.dataset, source=entry.source, actor=self._actor)

    def _apply(self, conn: RegistryConnection, entry: DatasetPlan) -> str:
        state = _state(conn, entry)
        if state is DatasetState.RETIRED:
            return "retired: neither registry nor connector was touched"
        config = sink_config(entry.dataset, self._settings)
        if entry.is_put:
            self._api.put(entry.connector_name, config)
        if any(drift.kind is DriftKind.STATE for drift in entry.to_correct):
            self._api.resume(entry.connector_name)
        outcome = self._outcome(entry, state)
        with conn.transaction():
            revision = registry.put_dataset(conn, entry.dataset, source=entry.source, actor=self._actor)
            self._remember(conn, entry, config, state)
        return f"revision {revision}, {outcome}"

    def _outcome(self, entry: DatasetPlan, state: DatasetState) -> str:
        """Wait until the connector runs; return what became of it."""
        name = entry.connector_name
        if state in _RESTS:
            return f"{state}: its connector was not awaited"
        if not entry.connector and not entry.to_correct and (status := self._api.status(name)):
            if status.is_running and len(status.tasks) >= entry.tasks:
                return "registered" if entry.registry else "nothing to change"
            if status.failure:
                self._api.restart(name)
        self._say(f"{entry.dataset.name}: waiting for {name}, {entry.tasks} task(s)")
        return f"{name}: {running.wait(self._api, name, tasks=entry.tasks)}"

    def _remember(
        self, conn: RegistryConnection, entry: DatasetPlan, config: dict[str, str], state: DatasetState
    ) -> None:
        name = entry.dataset.name
        status = self._api.status(entry.connector_name) if state in _RESTS else None
        observed = status.observed if status else "RUNNING"
        connectors.put(
            conn,
            ConnectorRow(dataset=name, name=entry.connector_name, applied=config, observed=observed),
        )
        if entry.to_correct:
            corrected = [asdict(drift) for drift in entry.to_correct]
            why = "changed by hand in Connect; the declaration wins"
            registry.audit(conn, name, actor=self._actor, action="correct_drift", why=why, drift=corrected)


def _state(conn: RegistryConnection, entry: DatasetPlan) -> DatasetState:
    return DatasetState.OK if entry.is_new else registry.dataset(conn, entry.dataset.name).state


def _refuse_if_problems(entry: DatasetPlan) -> None:
    if entry.problems:
        raise RefusedError(
            f"{entry.dataset.name}: {entry.problems[0].fact}",
            problems=[problem.to_json() for problem in entry.problems],
            not_done=f"{entry.dataset.name} was not applied.",
        )


def _together(failures: list[TidegateError]) -> TidegateError:
    """Return one error for all failures; a broken part outweighs a refusal."""
    if len(failures) == 1:
        return failures[0]
    broken = [error for error in failures if isinstance(error, BrokenError)]
    kind = BrokenError if broken else VerdictError
    return kind(
        f"{len(failures)} datasets were not applied; the others were",
        where="\n".join(str(error) for error in failures),
        next_command=(broken or failures)[0].next_command,
    )
