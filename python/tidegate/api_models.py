"""The bodies that the routes of operations answer with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from metastore_sync.api_docs import Strict
from tidegate.reasons import State


class Part(Strict):
    """Whether a part answers, and what is wrong when it does not."""

    status: Literal["ok", "away"]
    reason: str | None = None


class Health(Strict):
    """Whether the service can do its work: `away` comes with 503."""

    status: Literal["ok", "degraded", "away"]
    parts: dict[str, Part]
    running_on_snapshot_since: datetime | None = None


class PhaseStatus(Strict):
    """A phase of a dataset, as on the status page."""

    name: str
    records: int
    lag_seconds: float | None
    last_commit: datetime | None
    latency_seconds: float | None
    records_per_second: float | None
    errors: int


class Receipt(Strict):
    """The newest receipt, and the oldest batch whose proof failed."""

    batch_id: int | None
    is_green: bool
    created_at: datetime | None
    red_batch: int | None
    mismatch: str


class Connector(Strict):
    """A connector as Connect tells it."""

    name: str
    state: str
    tasks: list[str]
    cause: str
    causes: dict[str, list[str]]


class DatasetStatus(Strict):
    """A dataset as people see it; null where a part that knows is away."""

    name: str
    topic: str
    mode: str
    owner: str
    state: State
    reason: str
    next_command: str
    layers: dict[str, datetime | None]
    not_landed: int | None
    waiting: int | None
    lag_seconds: float | None
    max_lag_seconds: int
    schema_version: int | None
    blocked_version: int | None
    batch_id: int | None
    records: int | None
    rejected: int | None
    rejected_open: int | None
    receipt: Receipt | None
    connector: Connector | None
    source_connector: Connector | None
    slot: dict[str, Any] | None
    landing: dict[str, Any]
    guarantee: str
    phases: list[PhaseStatus]


class Status(Strict):
    """Every dataset, worst first."""

    at: datetime
    away: dict[str, str]
    running_on_snapshot_since: datetime | None
    datasets: list[DatasetStatus]


class PhaseMetrics(Strict):
    """One phase of one dataset as a flat object."""

    pipeline: str
    phase: str
    timestamp: datetime
    records_ingested: int
    lag_seconds: float | None
    last_commit: datetime | None
    commit_latency_seconds: float | None
    records_per_second: float | None
    error_count: int
