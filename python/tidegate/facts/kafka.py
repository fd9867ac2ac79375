"""Where each topic ends, asked of the broker in one round."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from metastore_sync.settings import Settings

#: How long the broker may take for one answer, in seconds.
SECONDS = 5
#: librdkafka's own lines about a broker that is away go nowhere: status tells it.
_SILENT = logging.getLogger("tidegate.facts.kafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


def ends(settings: Settings, topics: Collection[str]) -> dict[str, dict[int, int]]:
    """
    Return topic → partition → the offset that the next record will get; unknown topics are left out.

    Raises:
        KafkaException: The broker is away.
    """
    client = AdminClient({"bootstrap.servers": settings.kafka_bootstrap}, logger=_SILENT)
    known = client.list_topics(timeout=SECONDS).topics
    asked = {
        TopicPartition(topic, partition): OffsetSpec.latest()
        for topic in topics
        if topic in known
        for partition in known[topic].partitions
    }
    found: dict[str, dict[int, int]] = defaultdict(dict)
    answers = client.list_offsets(asked, request_timeout=SECONDS) if asked else {}
    for place, answer in answers.items():
        found[place.topic][place.partition] = answer.result(timeout=SECONDS).offset
    return found


#: How the broker's absence shows.
AWAY: tuple[type[Exception], ...] = (KafkaException, TimeoutError)
