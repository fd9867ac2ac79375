"""Which topics Kafka has, how many brokers, and making a topic that is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Topics:
    """Topic → number of partitions, and the number of brokers."""

    partitions: Mapping[str, int]
    brokers: int


def look(settings: Settings) -> Topics:
    """
    Return all topics of the cluster.

    Raises:
        BrokenError: No broker answers.
    """
    # librdkafka would print connection errors on stderr beside the one raised here.
    quiet = {"bootstrap.servers": settings.kafka_bootstrap, "log_level": 0}
    try:
        found = AdminClient(quiet).list_topics(timeout=_TIMEOUT_SECONDS)
    except KafkaException as error:
        raise BrokenError(
            "Kafka does not answer",
            where=f"{settings.kafka_bootstrap}: {error.args[0].str()}",
            not_done="Nothing was changed.",
            next_command="tidegate doctor",
        ) from error
    partitions = {str(name): len(topic.partitions) for name, topic in found.topics.items()}
    return Topics(partitions, len(found.brokers))


def ensure(settings: Settings, topic: str) -> None:
    """
    Make a topic with the broker's own number of partitions and replicas; fine when it is there.

    Raises:
        BrokenError: No broker answers, or it refuses.
    """
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap, "log_level": 0})
    made = admin.create_topics([NewTopic(topic, -1, -1)], request_timeout=_TIMEOUT_SECONDS)[topic]
    try:
        made.result(_TIMEOUT_SECONDS)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return
        raise BrokenError(
            f"topic {topic} could not be made",
            where=f"{settings.kafka_bootstrap}: {error.args[0].str()}",
            not_done="Nothing was changed.",
            next_command="tidegate doctor",
        ) from error
