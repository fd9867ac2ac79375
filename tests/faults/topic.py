"""One Kafka topic of a test: made, made again, widened, deleted."""

from __future__ import annotations

from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from tests.faults.waiting import until

_SECONDS = 60
#: For questions that are asked again and again.
_LOOK_SECONDS = 5


class Topic:
    """A topic and the id it has now."""

    def __init__(self, bootstrap: str, name: str) -> None:
        self.name = name
        self.bootstrap = bootstrap
        self.partitions = 0
        self.id = ""
        self._lookers: dict[str, Consumer] = {}
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def create(self, partitions: int, config: Mapping[str, str] | None = None) -> None:
        """Make the topic; one of that name that is still being deleted is waited for."""
        wanted = NewTopic(self.name, partitions, 1, config=dict(config or {}))
        self._admin.create_topics([wanted])[self.name].result(_SECONDS)
        until(self._is_known, f"topic {self.name} is described")
        self.partitions = partitions

    def widen(self, partitions: int) -> None:
        """Add partitions until there are so many."""
        self._admin.create_partitions([NewPartitions(self.name, partitions)])[self.name].result(_SECONDS)
        self.partitions = partitions

    def delete(self) -> None:
        """Delete the topic and wait until no broker knows it."""
        self._admin.delete_topics([self.name])[self.name].result(_SECONDS)
        until(lambda: not self._is_known(), f"topic {self.name} is deleted")

    def group_offsets(self, group: str) -> dict[int, int]:
        """
        Return the offsets that a consumer group has committed, per partition.

        Raises:
            KafkaException: The coordinator is away.
        """
        # A consumer that subscribes to nothing joins no group. Not the admin client: librdkafka 2.16
        # aborts the process when such a question of it times out while the coordinator restarts.
        if group not in self._lookers:
            settings = {"bootstrap.servers": self.bootstrap, "group.id": group, "log_level": 0}
            self._lookers[group] = Consumer(settings)
        asked = [TopicPartition(self.name, partition) for partition in range(self.partitions)]
        found = self._lookers[group].committed(asked, timeout=_LOOK_SECONDS)
        return {place.partition: place.offset for place in found if place.offset >= 0}

    def _is_known(self) -> bool:
        asked = self._admin.describe_topics(TopicCollection([self.name]))
        try:
            described = asked[self.name].result(_SECONDS)
        except KafkaException:
            return False
        self.id = f"{described.topic_id.get_most_significant_bits() >> 32 & 0xFFFFFFFF:08x}"
        return True
