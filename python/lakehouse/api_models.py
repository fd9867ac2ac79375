"""The bodies that the routes of receipts and rejected records answer with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from metastore_sync.api_docs import Strict

Stage = Literal["connect", "parse", "contract", "rule"]


class ReceiptLine(Strict):
    """One line of a batch's proof; every term was counted on its own."""

    batch_id: int
    line: Literal["landed_to_bronze", "bronze_to_silver"]
    is_green: bool
    terms: dict[str, Any]
    mismatches: list[Any]
    created_at: datetime


class Receipts(Strict):
    """A page of receipts, newest batch first; `next_before` is null on the last page."""

    receipts: list[ReceiptLine]
    next_before: int | None


class RejectedRecord(Strict):
    """A record that could not become a row, without its payload."""

    batch_id: int
    topic_id: str
    partition: int
    offset: int
    stage: Stage
    error_type: str
    error_message: str
    failed_at: datetime
    payload_bytes: int | None


class RejectedKind(Strict):
    """How many records were rejected for one reason."""

    stage: Stage
    error_type: str
    records: int
    oldest: datetime
    newest: datetime


class Rejected(Strict):
    """A page of rejected records, newest first; `next_after` is null on the last page."""

    kinds: list[RejectedKind]
    rejected: list[RejectedRecord]
    next_after: str | None
