"""Where each topic ends and since when its records wait, asked of the broker in a few rounds for all."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from metastore_sync.settings import Settings
from schema_guard.edges.kafka import as_uuid

#: How long the broker may take for one answer, in seconds.
SECONDS = 5
#: How long all partitions together may take to give their oldest waiting record, in seconds.
OLDEST_SECONDS = 2.0
#: Bytes: a fetch brings one batch of records per partition, and little more.
_ONE_RECORD, _QUEUED_KBYTES = 1024, 1024
#: librdkafka's own lines about a broker that is away go nowhere: status tells it.
_SILENT = logging.getLogger("tidegate.facts.kafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


@dataclass(frozen=True, slots=True)
class TopicEnds:
    """A topic's id now (8 hex digits; None when the broker does not tell), and where it ends."""

    topic_id: str | None
    ends: Mapping[int, int]


def ends(settings: Settings, topics: Collection[str]) -> dict[str, TopicEnds]:
    """
    Return topic → its id, and per partition the offset that the next record will get.

    Three requests, however many topics there are; unknown topics are left out.

    Raises:
        KafkaException: The broker is away.
    """
    client = AdminClient({"bootstrap.servers": settings.kafka_bootstrap}, logger=_SILENT)
    known = client.list_topics(timeout=SECONDS).topics
    wanted = [topic for topic in topics if topic in known]
    if not wanted:
        return {}
    ids = client.describe_topics(TopicCollection(wanted), request_timeout=SECONDS)
    asked = {
        TopicPartition(topic, partition): OffsetSpec.latest()
        for topic in wanted
        for partition in known[topic].partitions
    }
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for place, answer in client.list_offsets(asked, request_timeout=SECONDS).items():
        found[place.topic][place.partition] = answer.result(timeout=SECONDS).offset
    return {topic: TopicEnds(_id(ids[topic]), found[topic]) for topic in wanted}


def _id(answer: Any) -> str | None:
    try:
        return as_uuid(answer.result(timeout=SECONDS).topic_id).hex[:8]
    except KafkaException:
        return None  # removed between two requests, or a broker that knows no ids


def oldest(settings: Settings, places: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], datetime]:
    """
    Return when the first record at or behind each offset was written; one fetch serves all partitions.

    Places that do not answer in time, or where no record is left, are left out.

    Args:
        settings: Where Kafka is.
        places: Topic and partition → offset.

    Raises:
        KafkaException: The broker is away.
    """
    found: dict[tuple[str, int], datetime] = {}
    if not places:
        return found
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap,
            # Named because the client asks for it; nothing joins it and nothing is committed.
            "group.id": "tidegate-status",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            # Where retention has passed the offset, the oldest record that is left.
            "auto.offset.reset": "earliest",
            "fetch.message.max.bytes": _ONE_RECORD,
            "queued.max.messages.kbytes": _QUEUED_KBYTES,
        },
        logger=_SILENT,
    )
    try:
        consumer.assign([TopicPartition(topic, part, at) for (topic, part), at in places.items()])
        waiting, deadline = set(places), time.monotonic() + OLDEST_SECONDS
        while waiting and (left := deadline - time.monotonic()) > 0:
            message = consumer.poll(left)
            if message is None:
                break
            place = (message.topic(), message.partition())
            if message.error() is None and place in waiting and message.timestamp()[1] >= 0:
                found[place] = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
            if place in waiting:
                waiting.discard(place)
                consumer.pause([TopicPartition(*place)])
    finally:
        consumer.close()
    return found


#: How the broker's absence shows.
AWAY: tuple[type[Exception], ...] = (KafkaException, TimeoutError)
