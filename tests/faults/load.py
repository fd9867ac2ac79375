"""A producer that keeps what the broker acknowledged."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from tests.faults.prints import Print, digest
from tests.faults.topic import Topic
from tests.faults.waiting import PATIENCE

#: Between two bursts of records, in seconds.
_BURST = 0.02

Headers = Sequence[tuple[str, bytes | None]]


class Acknowledged:
    """Sends records to one topic; idempotent, so that its own retries never double one."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._topic_id = topic.id
        self._failed: list[str] = []
        self.records: Counter[Print] = Counter()
        # Partition, key and value: a request that was sent twice is acknowledged without saying where.
        self._unplaced: Counter[tuple[int, str, str]] = Counter()
        self.ends: dict[int, int] = {}
        self._producer = Producer(
            {
                "bootstrap.servers": topic.bootstrap,
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.max.bytes": 8_000_000,
                "log_level": 0,
            }
        )

    def send(
        self, partition: int, key: bytes | None, value: bytes | None, headers: Headers | None = None
    ) -> None:
        """Send one record; its acknowledgement comes later."""
        self._producer.produce(
            self._topic.name,
            value,
            key,
            partition,
            on_delivery=self._on_delivery,
            headers=list(headers) if headers else None,
        )
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until every record sent is acknowledged."""
        left = self._producer.flush(PATIENCE)
        assert not left, f"{left} records were not acknowledged within {PATIENCE} s"
        assert not self._failed, f"{len(self._failed)} records were refused: {self._failed[0]}"
        self._find_unplaced()

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed.append(str(error))
            return
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        if offset is None or offset < 0:
            self._unplaced[partition, digest(message.key()), digest(message.value())] += 1
        else:
            self._keep(partition, offset, message)

    def _keep(self, partition: int, offset: int, message: Message) -> None:
        place = (self._topic_id, partition, offset)
        self.records[Print(*place, digest(message.key()), digest(message.value()))] += 1
        self.ends[partition] = max(self.ends.get(partition, 0), offset + 1)

    def _find_unplaced(self) -> None:
        """Look up in the log where those records stand that were acknowledged without a place."""
        for wanted in {partition for partition, _, _ in self._unplaced}:
            known = {record.offset for record in self.records if record.partition == wanted}
            for message in _whole(self._topic, wanted):
                offset, what = message.offset(), (wanted, digest(message.key()), digest(message.value()))
                if offset is not None and offset not in known and self._unplaced[what]:
                    self._unplaced[what] -= 1
                    self._keep(wanted, offset, message)
        self._unplaced = +self._unplaced
        assert not self._unplaced, f"{self._unplaced.total()} acknowledged records are not in the log"


def _whole(topic: Topic, partition: int) -> Iterator[Message]:
    """Yield every record that a partition holds now."""
    named = {"bootstrap.servers": topic.bootstrap, "group.id": "ledger", "log_level": 0}
    consumer = Consumer({**named, "enable.auto.commit": False})
    try:
        place = TopicPartition(topic.name, partition)
        low, high = consumer.get_watermark_offsets(place, timeout=PATIENCE)
        consumer.assign([TopicPartition(topic.name, partition, low)])
        while (at := low) < high:
            message = consumer.poll(PATIENCE)
            assert message is not None, f"nothing came of partition {partition} behind offset {at}"
            assert message.error() is None, message.error()
            low = (message.offset() or 0) + 1
            yield message
    finally:
        consumer.close()


class Load:
    """Records on every partition of a topic, in a thread of its own, from `start` to `stop`."""

    def __init__(self, topic: Topic, *, per_second: int, seed: int) -> None:
        self.acknowledged = Acknowledged(topic)
        self._topic = topic
        self._burst = max(1, round(per_second * _BURST))
        self._random = random.Random(seed)  # noqa: S311 - test data
        self._sent = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"load of {topic.name}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more, and wait for the last acknowledgement."""
        self._stop.set()
        self._thread.join()
        self.acknowledged.flush()

    def _run(self) -> None:
        while not self._stop.wait(_BURST):
            for _ in range(self._burst):
                self._send_one()

    def _send_one(self) -> None:
        self._sent += 1
        number = self._sent
        key = None if number % 3 == 0 else b"key-%d" % self._random.randrange(1000)
        text = {"number": number, "price": "10.50", "note": "x" * self._random.randrange(120)}
        value = None if number % 50 == 0 else json.dumps(text).encode()
        self.acknowledged.send(self._random.randrange(self._topic.partitions), key, value)
