"""Sends a wave of events with an idempotent producer and writes every acknowledgement into the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from confluent_kafka import KafkaError, Message, Producer, TopicCollection
from confluent_kafka.admin import AdminClient, NewTopic

from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings
from schema_guard.content_hash import content_hash
from tidegate.demo.events import Event
from tidegate.demo.ledger import Acked, Ledger

PARTITIONS = 2
_TIMEOUT_SECONDS = 30.0
#: librdkafka's level for errors: a coordinator that loads for a moment is retried and no news.
_ERRORS_ONLY = 3
#: Bits of one half of a Kafka topic id.
_HALF, _MASK = 32, 0xFFFF_FFFF


def create_topic(settings: Settings, topic: str) -> None:
    """Create the topic with `PARTITIONS` partitions unless it is there."""
    admin = _admin(settings)
    if topic in admin.list_topics(timeout=_TIMEOUT_SECONDS).topics:
        return
    new = NewTopic(topic, num_partitions=PARTITIONS, replication_factor=1)
    admin.create_topics([new])[topic].result(timeout=_TIMEOUT_SECONDS)


def topic_id(settings: Settings, topic: str) -> str:
    """Return the first 8 hex digits of the topic's id: its identity in keys and rows."""
    admin = _admin(settings)  # named, for a client that is collected drops its calls
    described = admin.describe_topics(TopicCollection([topic]))[topic]
    uuid = described.result(timeout=_TIMEOUT_SECONDS).topic_id
    return f"{(uuid.get_most_significant_bits() >> _HALF) & _MASK:08x}"


def produce(
    settings: Settings,
    ledger: Ledger,
    topic: str,
    events: Iterable[Event],
    on_sent: Callable[[], None],
) -> dict[int, int]:
    """
    Send every event, keep what was acknowledged, and return the end offset per partition after it.

    Raises:
        BrokenError: Kafka refused a record or did not acknowledge it in time.
    """
    identity, acked, refused = topic_id(settings, topic), [], []

    def keep(event: Event) -> Callable[[KafkaError | None, Message], None]:
        def on_delivery(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                refused.append(str(error))
            else:
                acked.append(_acked(topic, identity, event, message))

        return on_delivery

    producer = Producer(
        {
            "bootstrap.servers": settings.kafka_bootstrap,
            "enable.idempotence": True,
            "linger.ms": 20,
            "log_level": _ERRORS_ONLY,
        }
    )
    for event in events:
        _send(producer, topic, event, keep(event))
        on_sent()
    if producer.flush(_TIMEOUT_SECONDS) or refused:
        raise BrokenError(
            f"{topic}: Kafka acknowledged {len(acked)} records and refused {len(refused)}",
            where="\n".join(sorted(set(refused))[:3]),
            not_done="The wave is incomplete; what was acknowledged is in the ledger.",
            next_command="tidegate doctor",
        )
    ledger.add(acked)
    ends: dict[int, int] = {}
    for record in acked:
        ends[record.partition] = max(ends.get(record.partition, 0), record.offset + 1)
    return ends


def _admin(settings: Settings) -> AdminClient:
    return AdminClient({"bootstrap.servers": settings.kafka_bootstrap, "log_level": _ERRORS_ONLY})


def _send(
    producer: Producer,
    topic: str,
    event: Event,
    on_delivery: Callable[[KafkaError | None, Message], None],
) -> None:
    while True:
        try:
            producer.produce(topic, key=event.key, value=event.value, on_delivery=on_delivery)
        except BufferError:  # the local queue is full: wait for deliveries, then offer it again
            producer.poll(1.0)
        else:
            producer.poll(0)
            return


def _acked(topic: str, identity: str, event: Event, message: Message) -> Acked:
    partition, offset = int(message.partition() or 0), int(message.offset() or 0)
    return Acked(
        topic=topic,
        topic_id=identity,
        partition=partition,
        offset=offset,
        timestamp=message.timestamp()[1],
        key=event.key,
        fact=event.fact,
        hash=content_hash(identity, partition, offset, event.key, event.value),
        is_admissible=event.is_admissible,
    )
