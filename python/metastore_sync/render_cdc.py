"""A captured table's Debezium connector config: changes of one PostgreSQL table onto the dataset's topic."""

from __future__ import annotations

import hashlib
import re

from metastore_sync.model import Cdc, Dataset

DEBEZIUM = "io.debezium.connector.postgresql.PostgresConnector"
#: PostgreSQL's names are at most 63 bytes; a longer one is cut and told apart by 8 hex digits.
LONGEST_NAME = 63
#: What Debezium writes in place of a large value that an update did not touch and the log does not hold.
UNAVAILABLE = "__debezium_unavailable_value"
_JSON = "org.apache.kafka.connect.json.JsonConverter"
_TEXT = "org.apache.kafka.connect.storage.StringConverter"
#: Millis.
_HEARTBEAT = "10000"
#: The prefix of the messages in PostgreSQL's log that are ours.
_MESSAGES = "tidegate"


def source_name(dataset: str) -> str:
    """Return the name of the connector that captures a dataset's table."""
    return f"tidegate-{dataset}-source"


def slot_name(dataset: str) -> str:
    """
    Return the replication slot's and the publication's name: lower-case letters, digits and `_`.

    >>> slot_name("customers"), len(slot_name("c" * 60))
    ('tidegate_customers', 63)
    """
    name = f"tidegate_{dataset}"
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(dataset.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9]}_{digest}"


def source_config(dataset: Dataset, cdc: Cdc) -> dict[str, str]:
    """
    Return the connector's config; address and password stay names that the Connect worker looks up itself.

    The dataset's `cdc.connector` settings come last and win.
    """
    prefix = slot_name(dataset.name)
    return {
        "name": source_name(dataset.name),
        "connector.class": DEBEZIUM,
        "tasks.max": "1",
        **_database(cdc),
        "topic.prefix": prefix,
        "table.include.list": re.escape(cdc.table),
        "plugin.name": "pgoutput",
        "slot.name": prefix,
        "publication.name": prefix,
        "publication.autocreate.mode": "filtered",
        "snapshot.mode": "initial",
        # The log's position is read first and the rows after it, so that what is committed between the two is
        # streamed as well. With the default, repeatable read, a snapshot begun anew after a crash leaves it
        # out of both.
        "snapshot.isolation.mode": "read_committed",
        **_heartbeats(),
        **_values(),
        **_flattening(dataset, cdc, prefix),
        **_topics(),
        **cdc.connector,
    }


def _database(cdc: Cdc) -> dict[str, str]:
    keys = {"hostname": "host", "port": "port", "dbname": "database", "user": "user", "password": "password"}
    return {f"database.{key}": f"${{env:{cdc.variable(part)}}}" for key, part in keys.items()}


def _heartbeats() -> dict[str, str]:
    """
    Return how a quiet table's slot moves on; else it would retain the log of busy neighbours.

    Each heartbeat commits an empty message. Since PostgreSQL 15 the slot sees nothing of transactions that
    touch other tables only, and a connector that was started again confirms nothing before it met a commit.
    """
    return {
        "heartbeat.interval.ms": _HEARTBEAT,
        "heartbeat.action.query": f"select pg_logical_emit_message(true, '{_MESSAGES}', '')",
        "logical.decoding.message.prefix.exclude.list": _MESSAGES,
    }


def _values() -> dict[str, str]:
    """Return how values are written: as text wherever a JSON number would lose something."""
    return {
        "decimal.handling.mode": "string",
        "time.precision.mode": "isostring",
        "interval.handling.mode": "string",
        "hstore.handling.mode": "json",
        "binary.handling.mode": "base64",
        "key.converter": _JSON,
        "key.converter.schemas.enable": "false",
        "value.converter": _JSON,
        "value.converter.schemas.enable": "false",
        "header.converter": _TEXT,
    }


def _flattening(dataset: Dataset, cdc: Cdc, prefix: str) -> dict[str, str]:
    """Return the transforms: rows with `__deleted`, `__op`, `__lsn`, `__source_ts_ms`; the topic's name."""
    return {
        # A deletion says so itself and is ordered like every change; a null after it would say it twice.
        "tombstones.on.delete": "false",
        "transforms": "row,topic",
        "transforms.row.type": "io.debezium.transforms.ExtractNewRecordState",
        "transforms.row.delete.tombstone.handling.mode": "rewrite",
        "transforms.row.add.fields": "op,lsn,source.ts_ms",
        "transforms.topic.type": "org.apache.kafka.connect.transforms.RegexRouter",
        "transforms.topic.regex": re.escape(f"{prefix}.{cdc.table}"),
        "transforms.topic.replacement": dataset.kafka_topic,
    }


def _topics() -> dict[str, str]:
    """Return how Connect makes the topics that are missing: with the broker's own defaults."""
    return {
        "topic.creation.default.partitions": "-1",
        "topic.creation.default.replication.factor": "-1",
        "topic.creation.default.cleanup.policy": "delete",
    }
