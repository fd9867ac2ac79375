"""How a payload field is called in silver: by its name, unless Tidegate took that name."""

from __future__ import annotations

#: Columns that Tidegate adds to silver tables, lower case (docs/architecture.md).
TAKEN = frozenset(
    {
        *("event_time", "ingested_at", "is_late_arrival", "is_beyond_lateness"),
        *("topic_id", "generation", "kafka_partition", "kafka_offset", "kafka_timestamp"),
        *("schema_version", "batch_id", "is_deleted", "tombstones", "is_duplicate"),
        *("contenders", "valid_from", "valid_to", "is_current", "tidegate_change"),
        *("validation_status", "validation_errors"),
    }
)


def column(field: str) -> str:
    """
    Return the silver column of a top-level payload field.

    >>> column("o_orderkey"), column("Batch_Id")
    ('o_orderkey', 'payload_Batch_Id')
    """
    return f"payload_{field}" if field.lower() in TAKEN else field
