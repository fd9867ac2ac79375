"""Kafka, as the guard reads it: whose topic it is now, where its log begins, and a range of its records."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from confluent_kafka import (
    TIMESTAMP_CREATE_TIME,
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings
from schema_guard.record_line import KafkaRecord

#: How long the broker may take for one answer, and for the next records of a range, in seconds.
SECONDS = 10.0
PATIENCE_SECONDS = 30.0
#: What the client may hold beside the record in hand, in KiB.
_QUEUED_KBYTES = 16_384
#: Not an error: the client's word that it has handed over everything there is.
_END_OF_PARTITION = KafkaError._PARTITION_EOF  # noqa: SLF001  the client's public name of it
_TYPES = {TIMESTAMP_CREATE_TIME: "CreateTime", TIMESTAMP_LOG_APPEND_TIME: "LogAppendTime"}
#: librdkafka's own lines go nowhere: its errors are raised here.
_SILENT = logging.getLogger("tidegate.guard.kafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


@dataclass(frozen=True, slots=True)
class LogRange:
    """The offsets that a partition's log holds: from `begin` up to, not including, `end`."""

    begin: int
    end: int


def topic_uuid(settings: Settings, topic: str) -> UUID | None:
    """Return the id under which Kafka holds a topic now; None when there is none of this name."""
    with _said(settings, topic):
        admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap}, logger=_SILENT)
        asked = admin.describe_topics(TopicCollection([topic]), request_timeout=SECONDS)
        try:
            found = asked[topic].result(timeout=SECONDS).topic_id
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
            raise
    return as_uuid(found)


def as_uuid(found: Any) -> UUID:
    """Return the client's two signed halves as a UUID."""
    half = 1 << 64
    high, low = found.get_most_significant_bits() % half, found.get_least_significant_bits() % half
    return UUID(int=high << 64 | low)


def log_range(settings: Settings, topic: str, partition: int) -> LogRange:
    """Return which offsets a partition's log holds."""
    with _said(settings, topic), _consumer(settings) as consumer:
        place = TopicPartition(topic, partition)
        return LogRange(*consumer.get_watermark_offsets(place, timeout=SECONDS))


def partitions(settings: Settings, topic: str) -> list[int]:
    """Return the numbers of a topic's partitions."""
    with _said(settings, topic), _consumer(settings) as consumer:
        return sorted(consumer.list_topics(topic, timeout=SECONDS).topics[topic].partitions)


def records(
    settings: Settings, topic: str, partition: int, first: int, last: int, *, isolation: str
) -> Iterator[KafkaRecord]:
    """
    Yield the records of an offset range, both ends included, that Kafka still holds.

    Memory stays below some tens of MiB, however long the range is.

    Args:
        settings: Where Kafka is.
        topic: Kafka topic.
        partition: Its partition.
        first: First offset wanted.
        last: Last offset wanted.
        isolation: `read_uncommitted` or `read_committed`, as the connector reads.

    Raises:
        BrokenError: No broker answers.
    """
    with _said(settings, topic), _consumer(settings, **{"isolation.level": isolation}) as consumer:
        consumer.assign([TopicPartition(topic, partition, first)])
        while True:
            message = consumer.poll(PATIENCE_SECONDS)
            if message is None:
                raise TimeoutError
            if (error := message.error()) is not None:
                if error.code() == _END_OF_PARTITION:
                    return
                raise KafkaException(error)
            if message.offset() > last:
                return
            yield _record(message)
            if message.offset() == last:
                return


def _record(message: Any) -> KafkaRecord:
    kind, moment = message.timestamp()
    return KafkaRecord(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        timestamp=moment if moment >= 0 else None,
        timestamp_type=_TYPES.get(kind, "NoTimestampType"),
        key=message.key(),
        headers=tuple(message.headers() or ()),
        value=message.value(),
    )


@contextmanager
def _consumer(settings: Settings, **more: str) -> Iterator[Any]:
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap,
            # Named because the client asks for it; nothing joins it and nothing is committed.
            "group.id": "tidegate-replay",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "queued.max.messages.kbytes": _QUEUED_KBYTES,
            **more,
        },
        logger=_SILENT,
    )
    try:
        yield consumer
    finally:
        consumer.close()


@contextmanager
def _said(settings: Settings, topic: str) -> Iterator[None]:
    """Turn the client's errors into one a person can act on."""
    try:
        yield
    except (KafkaException, TimeoutError) as mistake:
        said = mistake.args[0].str() if isinstance(mistake, KafkaException) else "no answer in time"
        raise BrokenError(
            f"{topic}: Kafka does not answer",
            where=f"{settings.kafka_bootstrap}: {said}",
            not_done="Nothing was changed.",
            next_command="tidegate doctor",
        ) from mistake
