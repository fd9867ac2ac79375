"""Replay batches that a lost registry forgot: found by their notes, recorded as they were."""

from __future__ import annotations

from schema_guard import admission
from schema_guard.edges.registry import Connection
from schema_guard.edges.s3 import Store
from schema_guard.judge import Judged
from schema_guard.loaded import Loaded, LoadedRange
from schema_guard.rejections import notes
from schema_guard.rejections.notes import ReplayNote
from schema_guard.rejections.replay import NO_LINKS
from schema_guard.rejections.selection import QUERIES


def found(store: Store, topic: str, loaded: Loaded, after: int) -> dict[int, ReplayNote]:
    """
    Return the notes of the replay batches behind `after` that bronze has applied, by number.

    A note without a commit names a number that another batch has got: bronze's rows of that batch tell.

    Raises:
        BrokenError: The store is away, or a note cannot be read.
    """
    held = loaded.by_batch()
    chosen: dict[int, ReplayNote] = {}
    for note in sorted(notes.read(store, topic), key=notes.landed_at):
        is_applied = after < note.batch_id <= loaded.upto
        if is_applied and _explains(note, held.get(note.batch_id, [])):
            chosen[note.batch_id] = note
    return chosen


def _explains(note: ReplayNote, ranges: list[LoadedRange]) -> bool:
    """Return whether all rows of a batch can be those of a replay."""
    if note.is_silver_only:
        return not ranges
    told = {(one.topic_id, one.partition, one.offset) for one in note.records}
    ends = [(*held.place, offset) for held in ranges for offset in (held.first_offset, held.last_offset)]
    return told.issuperset(ends) and sum(held.rows for held in ranges) <= len(told)


def record(conn: Connection, token: int, judged: Judged, note: ReplayNote, *, actor: str) -> None:
    """Record a replay batch under its number, and that its rejections were replayed, by whom and why."""
    rows = [
        {
            "dataset": judged.dataset.name,
            "topic_id": one.topic_id,
            "partition": one.partition,
            "offset": one.offset,
            "stage": one.stage,
            "rejected_batch": one.rejected_batch,
            "is_edited": note.is_edited,
            "actor": note.actor,
            "why": note.why,
        }
        for one in note.records
    ]

    def also(batch_id: int) -> None:
        QUERIES.put_replayed(conn, [{**row, "batch_id": batch_id} for row in rows])

    admission.record(
        conn, token, NO_LINKS, judged, actor=actor, is_silver_only=note.is_silver_only, also=also
    )
