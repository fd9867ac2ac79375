"""The bodies of the routes of rejected records."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from metastore_sync.api_docs import BIGINT, INTEGER, STORABLE, Strict

Stage = Literal["connect", "parse", "contract", "rule"]
RejectionStatus = Literal["open", "replayed"]
#: Longest edited payload, in characters: the longest request is longer.
PAYLOAD_LENGTH = 512 << 10


class RejectedRecord(Strict):
    """A record that could not become a row, without its payload; a dead letter belongs to no batch."""

    batch_id: int | None
    topic_id: str
    partition: int
    offset: int
    stage: Stage
    error_type: str
    error_message: str
    failed_at: datetime
    payload_bytes: int | None
    status: RejectionStatus
    replay_batch: int | None


class RejectedKind(Strict):
    """How many records were rejected for one reason, and how many of them nobody replayed."""

    stage: Stage
    error_type: str
    records: int
    open: int
    oldest: datetime
    newest: datetime


class Rejected(Strict):
    """A page of rejected records, newest first; `next_after` is null on the last page."""

    kinds: list[RejectedKind]
    rejected: list[RejectedRecord]
    next_after: str | None


class Rejection(Strict):
    """One rejection of a record and what became of it; `payload` is told only to who asked and may."""

    batch_id: int | None
    stage: Stage
    error_type: str
    error_message: str
    failed_at: datetime
    data_key: str | None
    status: RejectionStatus
    replay_batch: int | None
    replay_version: int | None
    outcome: Literal["admitted", "rejected again"] | None
    is_edited: bool | None
    replayed_by: str | None
    replayed_why: str | None
    replayed_at: datetime | None
    payload_shape: str = Field(description="What the payload looks like, never what it says.")
    payload: str | None = None


class Shown(Strict):
    """One record and all of its rejections, oldest first."""

    topic_id: str
    partition: int
    offset: int
    rejections: list[Rejection]


class Replaying(Strict):
    """Which records are replayed: a filter, or one record by its identity; why is kept with each."""

    why: str = Field(min_length=1, max_length=2000, pattern=STORABLE, description="What was fixed.")
    batch_id: int | None = Field(default=None, ge=1, le=BIGINT)
    error_type: str | None = Field(default=None, pattern="^[A-Z0-9_]{1,60}$")
    stage: Stage | None = None
    topic_id: str | None = Field(default=None, pattern="^[0-9a-f]{8}$")
    partition: int | None = Field(default=None, ge=0, le=INTEGER)
    offset: int | None = Field(default=None, ge=0, le=BIGINT)
    payload: str | None = Field(
        default=None, min_length=1, max_length=PAYLOAD_LENGTH, description="Edited value of one record."
    )


class ReplayBatch(Strict):
    """One replay batch: how many records were judged again, how many of them rejected again."""

    dataset: str
    batch_id: int
    schema_version: int
    record_count: int
    rejected_count: int
    is_edited: bool
    actor: str
    why: str


class NotReplayed(Strict):
    """A record that was wanted and is not ready, and why; it stays open."""

    batch_id: int | None
    topic_id: str
    partition: int
    offset: int
    stage: Stage
    why: str


class Replays(Strict):
    """The replay batches that were made, and what was left out of them; neither when nothing open matched."""

    replays: list[ReplayBatch]
    left: list[NotReplayed]
