"""Makes what is declared run; the failure of one dataset stops that one alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass

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
from metastore_sync.problem_codes import ProblemCode
from metastore_sync.registry import RegistryConnection
from metastore_sync.render import sink_config
from metastore_sync.settings import Settings

#: States of a dataset in which nobody waits for its connector to run.
_RESTS = frozenset({DatasetState.PAUSED, DatasetState.RETIRED})


@dataclass(frozen=True, slots=True)
class Applied:
    """
    What became of datasets.

    Attributes:
        plan: Those that were applied or refused, the latter with their problems.
        failures: Name → why it was not applied, of refused and broken ones.
        of: How many were to be applied.
    """

    plan: Plan
    failures: Mapping[str, TidegateError]
    of: int

    def check(self) -> None:
        """
        Return when every dataset was applied.

        Raises:
            VerdictError: One was refused.
            BrokenError: One broke, which outweighs a refusal.
        """
        if self.failures:
            raise _together(self.failures, self.of)


def apply(
    settings: Settings,
    datasets: Iterable[Dataset | Declared],
    on_progress: Callable[[str], None],
    *,
    source: Source = Source.FILE,
    actor: str = "tidegate apply",
    accepted: Collection[ProblemCode] = (),
) -> Plan:
    """
    Apply datasets and return the plan that was carried out; applying it again changes nothing.

    Arguments and what cannot be planned are those of `carry_out`.

    Raises:
        VerdictError: A dataset was refused; the others were applied.
        BrokenError: A part is away, or a connector did not start and got its old config back.
    """
    done = carry_out(settings, datasets, on_progress, source=source, actor=actor, accepted=accepted)
    done.check()
    return done.plan


def carry_out(
    settings: Settings,
    datasets: Iterable[Dataset | Declared],
    on_progress: Callable[[str], None],
    *,
    source: Source = Source.FILE,
    actor: str = "tidegate apply",
    accepted: Collection[ProblemCode] = (),
) -> Applied:
    """
    Apply the datasets that can be applied, and tell which cannot.

    Args:
        settings: Where the parts are.
        datasets: What to apply.
        on_progress: Told what is being done.
        source: By which way the datasets were declared, where they do not say so themselves.
        actor: Who applies, for registry and audit log.
        accepted: Problems that somebody has accepted; they refuse nothing.

    Raises:
        BrokenError: PostgreSQL, Connect or Kafka is away, so that nothing can be planned.
    """
    made = plan(settings, datasets, source=source)
    told: list[DatasetPlan] = []
    failures: dict[str, TidegateError] = {}
    for entry in made.datasets:
        try:
            told.append(_Application(settings, actor, on_progress, accepted).carry_out(entry))
        except TidegateError as error:
            failures[entry.dataset.name] = error
            # What a plan refuses says so itself; of what broke on the way it would tell what did not happen.
            told += [entry] if isinstance(error, RefusedError) and entry.problems else []
    with registry.connect(settings) as conn:
        snapshot.write(settings, conn)
    return Applied(Plan(tuple(told)), failures, of=len(made.datasets))


class _Application:
    """Carries out the plan of one dataset: connector first, registry when it runs."""

    def __init__(
        self,
        settings: Settings,
        actor: str,
        on_progress: Callable[[str], None],
        accepted: Collection[ProblemCode],
    ) -> None:
        self._accepted = accepted
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
        _refuse_if_problems(entry, self._accepted)
        with apply_lock.hold(self._settings, name, self._say) as has_waited:
            if has_waited:
                # Whoever held the lock has changed what this plan was made from.
                declared = Declared(entry.dataset, entry.source)
                (entry,) = plan(self._settings, [declared]).datasets
                _refuse_if_problems(entry, self._accepted)
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


def _refuse_if_problems(entry: DatasetPlan, accepted: Collection[ProblemCode]) -> None:
    problems = [problem for problem in entry.problems if problem.code not in accepted]
    if problems:
        raise RefusedError(
            f"{entry.dataset.name}: {problems[0].fact}",
            problems=[problem.to_json() for problem in problems],
            not_done=f"{entry.dataset.name} was not applied.",
        )


def _together(failures: Mapping[str, TidegateError], of: int) -> TidegateError:
    """Return one error for all failures; a broken part outweighs a refusal."""
    errors = list(failures.values())
    if len(errors) == 1:
        return errors[0]
    broken = [error for error in errors if isinstance(error, BrokenError)]
    kind = BrokenError if broken else VerdictError
    others = "; the others were" if len(errors) < of else ""
    return kind(
        f"{len(errors)} of {of} datasets were not applied: {', '.join(failures)}{others}",
        where="\n".join(str(error) for error in errors),
        next_command=(broken or errors)[0].next_command,
    )
