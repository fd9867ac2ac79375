"""The bodies that the routes of receipts and rejected records answer with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from metastore_sync.api_docs import Strict


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
