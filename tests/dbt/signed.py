"""Batches signed as the guard signs them, so that receipts can compare what they hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from schema_guard.content_hash import content_hash


def sign(lake: Any, records: Sequence[Any]) -> None:
    """Sign the newest batch of a dataset; `records` are what it was admitted with."""
    total = 0
    for one in records:
        text = json.dumps(one.value) if isinstance(one.value, dict) else one.value
        total += content_hash(one.topic_id, one.partition, one.offset, one.key, text)
    lake.registry.execute(
        "update registry.batch set content_hash = %s where dataset = %s and batch_id = %s",
        [total, lake.name, lake.batches],
    )
    lake.registry.commit()
