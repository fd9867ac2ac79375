"""Watches that a connector never reports more to Kafka than manifests vouch for."""

from __future__ import annotations

import threading
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException

from tests.faults.landed import Landed
from tests.faults.topic import Topic

#: Between two looks, in seconds.
_LOOK = 0.1


class Watch:
    """
    Looks at the group's offsets, then at the manifests, again and again.

    In this order: manifests only grow, so what was reported first must be vouched for later.

    Attributes:
        samples: Offsets that were compared.
        breaches: What was reported too early, for a person to read.
    """

    def __init__(self, topic: Topic, landed: Landed, group: str) -> None:
        self._topic = topic
        self._landed = landed
        self._group = group
        self._known: dict[int, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch of {group}", daemon=True)
        self.samples = 0
        self.breaches: list[str] = []

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK):
            try:
                self._look()
            except (KafkaException, BotoCoreError, ClientError):
                # Broker or store are away, as many tests want: there is nothing to compare.
                continue

    def _look(self) -> None:
        for partition, offset in self._topic.group_offsets(self._group).items():
            if self._known.get(partition) == offset:
                continue
            vouched = self._landed.vouched(self._topic.id, partition)
            self._known[partition] = offset
            self.samples += 1
            if offset > vouched:
                self.breaches.append(f"partition {partition}: reported {offset}, vouched for {vouched}")
