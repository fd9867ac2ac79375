"""A producer that keeps what the broker acknowledged."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Sequence

from confluent_kafka import KafkaError, Message, Producer

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

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed.append(str(error))
            return
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        assert offset >= 0
        place = (self._topic_id, partition, offset)
        self.records[Print(*place, digest(message.key()), digest(message.value()))] += 1
        self.ends[partition] = max(self.ends.get(partition, 0), offset + 1)


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
