"""A captured table as its changes arrive: what Debezium's records hold, and the history that they make."""

from __future__ import annotations

COLUMNS = {"id": "string", "v": "int", "__deleted": "string", "__op": "string", "__lsn": "bigint"}
COLUMNS |= {"__source_ts_ms": "bigint"}
CAPTURED = {
    "mode": "upsert",
    "pk_fields": ["id"],
    "order_by": ["__lsn"],
    "event_time": "__source_ts_ms",
    "cdc": {"connection": "shop", "table": "public.t"},
}
TEN = 1_795_168_800_000  # 2026-11-20T10:00Z in milliseconds
HISTORY = (
    "select id, v, minute(valid_from), minute(valid_to) from {dim}"
    " where is_current or valid_from < valid_to order by id, valid_from"
)
