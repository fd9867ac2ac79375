"""
From another sink to Tidegate's own: where the new chains begin, so that nothing is lost or comes twice.

The sink takes the first offset of a new chain from a `_start` object, when there is one. It is put before the
connector is made, with the offset behind the last one that was read of the other sink.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from metastore_sync import landed, object_store
from metastore_sync.changes import Problem
from metastore_sync.errors import BrokenError, VerdictError
from metastore_sync.layout import topic_uuid
from metastore_sync.model import Dataset
from metastore_sync.problem_codes import ProblemCode
from metastore_sync.settings import Settings

_SECONDS = 10.0
_NOT_DONE = "The dataset was not handed over."


@dataclass(frozen=True, slots=True)
class HandOver:
    """
    Where Tidegate's sink begins.

    Attributes:
        topic_uuid: Kafka's id of the topic.
        starts: Partition → first offset that the sink lands.
        log_starts: Partition → first offset that Kafka still holds.
    """

    topic_uuid: UUID
    starts: Mapping[int, int]
    log_starts: Mapping[int, int]

    @property
    def folder(self) -> str:
        """The topic id as manifests' folders are called."""
        return self.topic_uuid.hex[:8]

    def lines(self) -> tuple[str, ...]:
        """Return it for people."""
        places = ", ".join(f"{partition}: {start}" for partition, start in sorted(self.starts.items()))
        return (f"Tidegate's sink takes over at partition: offset {places}",)

    def problems(self, name: str) -> list[Problem]:
        """Return why taking over now would lose records."""
        return [
            Problem(
                ProblemCode.TOPIC_MISSING,
                f"partition {partition}: read up to offset {start}, but Kafka holds it from {held} on: "
                f"{held - start} offsets would be lost",
                f"tidegate run {name}, with landing as it was, until the other sink's objects reach {held}",
            )
            for partition, start in sorted(self.starts.items())
            if (held := self.log_starts[partition]) > start
        ]


def find(settings: Settings, old: Dataset) -> HandOver:
    """
    Return where Tidegate's sink would take over from the sink that `old` was read from.

    Raises:
        BrokenError: Kafka or the store is away.
    """
    topic = old.kafka_topic
    read = landed.landed_of(settings, topic, topic_uuid(old.landing.layout, topic).hex[:8])
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap, "log_level": 0})
    try:
        about = admin.describe_topics(TopicCollection([topic]), request_timeout=_SECONDS)[topic].result()
        places = [TopicPartition(topic, partition.id) for partition in about.partitions]
        asked = admin.list_offsets(dict.fromkeys(places, OffsetSpec.earliest()), request_timeout=_SECONDS)
        log_starts = {place.partition: int(found.result().offset) for place, found in asked.items()}
    except KafkaException as error:
        raise BrokenError(
            f"{topic}: Kafka does not say where the topic begins",
            where=f"{settings.kafka_bootstrap}: {error.args[0].str()}",
            not_done="Nothing was changed.",
            next_command="tidegate doctor",
        ) from error
    # A partition of which nothing was read begins like any of a topic that was landed before: at 0.
    starts = {partition: start for partition, start in read.items() if partition in log_starts}
    return HandOver(topic_uuid=_uuid(about.topic_id), starts=starts, log_starts=log_starts)


def begin(settings: Settings, old: Dataset) -> None:
    """
    Put the `_start` of every partition; the caller holds the dataset's lease.

    Raises:
        VerdictError: Records would be lost, or the sink has begun this topic elsewhere already.
    """
    found = find(settings, old)
    for problem in found.problems(old.name):
        raise VerdictError(problem.fact, not_done=_NOT_DONE, next_command=problem.next_command)
    client, folder = object_store.client(settings), f"{old.kafka_topic}/_manifest/{found.folder}/"
    try:
        for partition, start in found.starts.items():
            _put_start(client, settings.raw_bucket, folder, partition, start)
    except (BotoCoreError, ClientError) as error:
        raise BrokenError(
            f"{old.name}: the object store failed: {error}",
            where=folder,
            not_done=_NOT_DONE,
            next_command="tidegate doctor",
        ) from error


def _put_start(client: Any, bucket: str, folder: str, partition: int, start: int) -> None:
    key = f"{folder}_start/{partition}.json"
    body = json.dumps({"chain_start_offset": start}, separators=(",", ":")).encode()
    landed_there = client.list_objects_v2(Bucket=bucket, Prefix=f"{folder}{partition}/", MaxKeys=1)
    if not landed_there.get("Contents"):
        # A start that nobody has followed yet is of a hand-over that did not come to its end.
        client.put_object(Bucket=bucket, Key=key, Body=body)
        return
    there = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    if json.loads(there)["chain_start_offset"] != start:
        raise VerdictError(
            f"Tidegate's sink has begun partition {partition} elsewhere: {there.decode()}, not {start}",
            where=key,
            not_done=_NOT_DONE,
            next_command="docs/layouts.md",
        )


def _uuid(id_: Any) -> UUID:
    mask = (1 << 64) - 1
    high, low = id_.get_most_significant_bits() & mask, id_.get_least_significant_bits() & mask
    return UUID(int=(high << 64) | low)
