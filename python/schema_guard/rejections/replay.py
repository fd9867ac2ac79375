"""
Replays rejected records: their lines → a stored replay object → the gate → a batch of its own.

A rejection stays with its batch for ever. What was replayed is written in the same transaction as the replay
batch, once per rejection, so that a replay that is killed and run again doubles nothing. What is not ready is
left, and named; the rest goes on without it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from metastore_sync import lease, snapshot
from metastore_sync import registry as declarations
from metastore_sync.model import Dataset, DatasetState
from metastore_sync.settings import Settings
from schema_guard import admission, decision_errors, replay_errors
from schema_guard.batches import Batch
from schema_guard.decide import Decider
from schema_guard.edges import registry
from schema_guard.edges.registry import Connection
from schema_guard.edges.s3 import Store
from schema_guard.judge import Judged
from schema_guard.reading import ObjectRange
from schema_guard.rejections import judging, landed_meanwhile, notes, stored
from schema_guard.rejections.notes import NotedRecord, ReplayNote
from schema_guard.rejections.selection import (
    FIRST,
    QUERIES,
    Left,
    Place,
    Rejection,
    Wanted,
    batches_of,
    open_rejections,
    why_not,
)

#: A batch without links: it moves no cursor.
NO_LINKS = Batch(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One replay batch: how many records were judged again, and how many of them were rejected again."""

    dataset: str
    batch_id: int
    schema_version: int
    record_count: int
    rejected_count: int
    is_edited: bool
    actor: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """Return the replay as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a replay: the batches that were made, and the records that could not be in one."""

    batches: list[Replay] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether everything that was wanted was replayed, and nothing of it rejected again."""
        return not self.left and not any(batch.rejected_count for batch in self.batches)

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as plain JSON values."""
        return {
            "replays": [batch.to_json() for batch in self.batches],
            "left": [left.to_json() for left in self.left],
        }


def replay(
    settings: Settings, name: str, wanted: Wanted, actor: str, why: str, *, payload: bytes | None = None
) -> Outcome:
    """
    Have rejected records judged again, at most `MOST_RECORDS` in a batch.

    Those that a rule kept out of silver are in bronze: they become batches of their own, for silver alone.

    Args:
        settings: Where the parts are.
        name: Dataset.
        wanted: Which records; a filter that matches nothing replays nothing.
        actor: Who does it.
        why: What was fixed; kept with the record beside the original reason.
        payload: Instead of the producer's value; of one record only.

    Raises:
        UsageError: The dataset rests or is BLOCKED; the record named is not rejected, or was replayed before.
        VerdictError: The one record named cannot be read again, or records would be a BREAKING change.
        BrokenError: The registry, the store or an object failed; what was not recorded can be replayed again.
    """
    decision_errors.check_decider(name, actor, why)
    if payload is not None and not wanted.is_one:
        raise replay_errors.one_record_only(name)
    with declarations.connect(settings) as conn:
        declarations.dataset(conn, name)
        with lease.hold(conn, name, lease.this_holder("replay")) as token:
            return _Replaying(
                settings, conn, name, token=token, by=Decider(actor, why), payload=payload
            ).run(wanted)


class _Replaying:
    """One replay under the dataset's lease."""

    def __init__(
        self,
        settings: Settings,
        conn: Connection,
        name: str,
        *,
        token: int,
        by: Decider,
        payload: bytes | None,
    ) -> None:
        self._settings = settings
        self._conn = conn
        self._name = name
        self._token = token
        self._by = by
        self._payload = payload
        self._store = Store(settings)

    def run(self, wanted: Wanted) -> Outcome:
        """Replay batch after batch what is open now; what is rejected again waits for the next replay."""
        upto = int(QUERIES.newest_batch(self._conn, dataset=self._name))
        outcome, after = Outcome(), FIRST
        while page := open_rejections(self._conn, self._name, wanted, upto, after):
            after = Place.of(page[-1])
            for rejections in batches_of(page):
                self._batch(self._ready(), rejections, outcome)
        if outcome.batches or not wanted.is_one:
            return outcome
        for left in outcome.left:
            raise replay_errors.cannot(self._name, left.rejection.place, left.why)
        if refusal := why_not(self._conn, self._name, wanted):
            raise refusal
        return outcome

    def _ready(self) -> Dataset:
        row = declarations.dataset(self._conn, self._name)
        if row.state in (DatasetState.PAUSED, DatasetState.RETIRED):
            raise replay_errors.overtakes(self._name, f"the dataset is {row.state}")
        if registry.blocked_batch(self._conn, self._name) is not None:
            raise replay_errors.overtakes(self._name, "a batch is BLOCKED")
        return row.dataset

    def _batch(self, dataset: Dataset, wanted: Sequence[Rejection], outcome: Outcome) -> None:
        unready = landed_meanwhile.unready(self._store, self._conn, self._name, wanted)
        rest = _without(wanted, unready)
        with stored.read(self._store, self._name, rest) as (lines, missing):
            outcome.left.extend([*unready, *missing])
            rejections = _without(rest, missing)
            if not rejections:
                return
            sources = stored.write(self._store, dataset, rejections, lines, self._payload)
        with tempfile.TemporaryDirectory(prefix="tidegate-guard-") as folder:
            judged = judging.judge(self._settings, self._conn, dataset, sources, Path(folder))
            try:
                self._record(judged, sources, rejections)
            except psycopg.OperationalError as lost:
                self._ask_again(sources, lost)
        snapshot.write(self._settings, self._conn)
        outcome.batches.append(self._replayed(sources))

    def _record(
        self, judged: Judged, sources: Sequence[ObjectRange], rejections: Sequence[Rejection]
    ) -> None:
        is_silver_only = rejections[0].is_in_bronze

        def also(batch_id: int) -> None:
            # Before the commit: what was recorded has its note, and who finds one asks bronze whether it was.
            note = ReplayNote(
                batch_id=batch_id,
                is_silver_only=is_silver_only,
                is_edited=self._payload is not None,
                **asdict(self._by),
                objects=tuple(sources),
                records=tuple(map(NotedRecord.of, rejections)),
            )
            notes.put(self._store, note)
            QUERIES.put_replayed(self._conn, [self._row(batch_id, one) for one in rejections])
            declarations.audit(
                self._conn,
                self._name,
                actor=self._by.actor,
                action="replay_rejected",
                why=self._by.why,
                batch_id=batch_id,
                records=len(rejections),
                is_edited=self._payload is not None,
            )

        admission.record(
            self._conn,
            self._token,
            NO_LINKS,
            judged,
            actor=self._by.actor,
            is_silver_only=is_silver_only,
            also=also,
        )

    def _row(self, batch_id: int, rejection: Rejection) -> dict[str, Any]:
        return {
            "dataset": self._name,
            "topic_id": rejection.topic_id,
            "partition": rejection.partition,
            "offset": rejection.offset,
            "stage": rejection.stage,
            "rejected_batch": rejection.batch_id,
            "batch_id": batch_id,
            "is_edited": self._payload is not None,
            **asdict(self._by),
        }

    def _ask_again(self, sources: Sequence[ObjectRange], lost: psycopg.OperationalError) -> None:
        """Find out whether a commit without a reply took place; never commit twice."""
        for attempt in registry.asking_again():
            with attempt:
                self._conn = declarations.connect(self._settings)
        if self._found(sources) is None:
            raise replay_errors.outcome_unknown(self._name, str(lost)) from lost

    def _found(self, sources: Sequence[ObjectRange]) -> dict[str, Any] | None:
        row: dict[str, Any] | None = QUERIES.replay_of_object(
            self._conn, dataset=self._name, data_key=sources[0].data_key
        )
        return row

    def _replayed(self, sources: Sequence[ObjectRange]) -> Replay:
        row = self._found(sources)
        assert row is not None  # noqa: S101  recorded, or found to be recorded
        return Replay(
            dataset=self._name, is_edited=self._payload is not None, **row, **asdict(self._by)
        )


def _without(rejections: Sequence[Rejection], left: Sequence[Left]) -> list[Rejection]:
    gone = {one.rejection for one in left}
    return [rejection for rejection in rejections if rejection not in gone]
