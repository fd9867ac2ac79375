"""Which topics Kafka has."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings

_TIMEOUT_SECONDS = 10.0


def names(settings: Settings) -> frozenset[str]:
    """
    Return the names of all topics.

    Raises:
        BrokenError: No broker answers.
    """
    # librdkafka would print connection errors on stderr beside the one raised here.
    quiet = {"bootstrap.servers": settings.kafka_bootstrap, "log_level": 0}
    try:
        found = AdminClient(quiet).list_topics(timeout=_TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise BrokenError(
            "Kafka does not answer",
            where=f"{settings.kafka_bootstrap}: {error.args[0].str()}",
            not_done="Nothing was changed.",
            next_command="tidegate doctor",
        ) from error
    return frozenset(str(name) for name in found)
