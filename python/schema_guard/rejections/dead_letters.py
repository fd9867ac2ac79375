"""
Takes what the connector could not land from its dead letter topic into the table of rejected records.

Rows and the place in the dead letter topic move in one transaction: each letter is taken once, whoever dies.
Their lines are stored beside the raw zone's, so that a dead letter is replayed like any rejected record.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from metastore_sync import lease
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import replay_errors
from schema_guard.core.poison import ErrorType
from schema_guard.edges import kafka
from schema_guard.edges.registry import Connection
from schema_guard.edges.rejected import MAX_PAYLOAD_BYTES
from schema_guard.edges.s3 import Store
from schema_guard.record_line import KafkaRecord, encode
from schema_guard.rejections.selection import QUERIES

#: The connector's key that names the topic.
TOPIC_KEY = "errors.deadletterqueue.topic.name"
#: Letters of one transaction, and of one stored object.
_AT_ONCE = 100
_CONTEXT = "__connect.errors."
_LONGEST_MESSAGE = 2000
_NO_CONTEXT = (
    "whose record it is is not known: set errors.deadletterqueue.context.headers.enable=true in the connector"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """
    A dead letter: the record as it was in its own topic, and what Connect says went wrong.

    Attributes:
        topic_id: Of the record's topic; of the dead letter topic when its headers name no record.
    """

    topic_id: str
    record: KafkaRecord
    why: str


def take(settings: Settings, conn: Connection, token: int, dataset: Dataset) -> int:
    """
    Take every dead letter of a dataset that nobody has taken; return how many there were.

    Raises:
        BrokenError: Kafka, the store or the registry is away; what was taken stays taken.
        LeaseLostError: Another guard holds the dataset.
    """
    topic = str(dataset.connector.get(TOPIC_KEY, ""))
    uuid = kafka.topic_uuid(settings, topic) if topic else None
    source = kafka.topic_uuid(settings, dataset.kafka_topic) if uuid else None
    if uuid is None or source is None:
        return 0
    work = _Taking(settings, conn, token, dataset, (topic, uuid.hex[:8], source.hex[:8]))
    return sum(work.partition(number) for number in kafka.partitions(settings, topic))


class _Taking:
    """One turn at one dead letter topic; `ids`: its name, its topic id, the topic id of the dataset."""

    def __init__(
        self, settings: Settings, conn: Connection, token: int, dataset: Dataset, ids: tuple[str, str, str]
    ) -> None:
        self._settings = settings
        self._conn = conn
        self._token = token
        self._dataset = dataset
        self._topic, self._letters_id, self._source_id = ids
        self._store = Store(settings)

    def partition(self, number: int) -> int:
        """Take one partition's letters, some hundred at a time."""
        place = {"dataset": self._dataset.name, "topic_id": self._letters_id, "partition": number}
        log = kafka.log_range(self._settings, self._topic, number)
        known = QUERIES.dead_letter_cursor(self._conn, **place)
        cursor = log.begin if known is None else int(known)
        begin = max(cursor, log.begin)
        if begin >= log.end:
            return 0
        if known is None:
            QUERIES.begin_dead_letters(self._conn, from_offset=cursor, **place)
        found = kafka.records(
            self._settings, self._topic, number, begin, log.end - 1, isolation="read_uncommitted"
        )
        taken = 0
        while some := list(islice(found, _AT_ONCE)):
            taken += self._keep(place, some, cursor)
            cursor = some[-1].offset + 1
        return taken

    def _keep(self, place: dict[str, Any], some: Sequence[KafkaRecord], cursor: int) -> int:
        letters = list(self._mine(some))
        key = ""
        if letters:
            number, first, last = place["partition"], some[0].offset, some[-1].offset
            folder = f"{self._dataset.kafka_topic}/dead/{self._letters_id}"
            # Both ends, so that who slept since never writes over what a later one has stored.
            key = f"{folder}/{number:05d}+{first:020d}+{last:020d}.jsonl.gz"
            packed = _packed(letters)
            self._store.upload(key, io.BytesIO(packed), len(packed))
        with self._conn.transaction():
            lease.lock(self._conn, self._dataset.name, self._token)
            QUERIES.put_dead_letter(self._conn, [self._row(letter, key) for letter in letters])
            moved = QUERIES.advance_dead_letters(
                self._conn, from_offset=cursor, to_offset=some[-1].offset + 1, **place
            )
            if moved != 1:
                raise replay_errors.taken_by_another(self._dataset.name, self._topic)
        return len(letters)

    def _mine(self, some: Sequence[KafkaRecord]) -> Iterator[Letter]:
        for record in some:
            letter = read(record, self._letters_id, self._source_id)
            # Several connectors may share one dead letter topic.
            if letter.record.topic in (self._dataset.kafka_topic, self._topic):
                yield letter

    def _row(self, letter: Letter, data_key: str) -> dict[str, Any]:
        payload = letter.record.value or b""
        return {
            "dataset": self._dataset.name,
            "topic_id": letter.topic_id,
            "partition": letter.record.partition,
            "offset": letter.record.offset,
            "error_type": ErrorType.DEAD_LETTER.value,
            # PostgreSQL's text holds every character but this one.
            "error_message": letter.why.replace("\x00", "\\u0000"),
            "payload": payload if len(payload) <= MAX_PAYLOAD_BYTES else None,
            "data_key": data_key,
        }


def read(record: KafkaRecord, letters_id: str, source_id: str) -> Letter:
    """
    Return the letter that a record of a dead letter topic is.

    >>> told = (("topic", b"t"), ("partition", b"2"), ("offset", b"7"))
    >>> sent = KafkaRecord(topic="d", partition=0, offset=3, timestamp=1, timestamp_type="CreateTime",
    ...     headers=(("h", b"x"), *((_CONTEXT + name, value) for name, value in told)), key=None, value=b"v")
    >>> letter = read(sent, "0000000d", "0000000a")
    >>> letter.topic_id, letter.record.topic, letter.record.offset, letter.record.headers
    ('0000000a', 't', 7, (('h', b'x'),))
    """
    told = {
        name.removeprefix(_CONTEXT): (value or b"").decode("utf-8", "replace")
        for name, value in record.headers
        if name.startswith(_CONTEXT)
    }
    try:
        partition, offset = int(told["partition"]), int(told["offset"])
    except (KeyError, ValueError):
        return Letter(letters_id, record, _NO_CONTEXT)
    own = tuple(header for header in record.headers if not header[0].startswith(_CONTEXT))
    original = replace(record, topic=told.get("topic", ""), partition=partition, offset=offset, headers=own)
    names = ("stage", "exception.class.name", "exception.message")
    why = ": ".join(told[name] for name in names if told.get(name))
    return Letter(source_id, original, why[:_LONGEST_MESSAGE])


def _packed(letters: Sequence[Letter]) -> bytes:
    return gzip.compress(b"".join(encode(letter.record) for letter in letters), mtime=0)
