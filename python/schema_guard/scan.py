"""
Reads landed objects in blocks of records: what is in them, what is poison, what their content hashes to.

One call reads a few objects in one process; `scan_pool.py` spreads a batch over several.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from metastore_sync.model import Mode
from schema_guard import (
    errors,
    event_time,
    lines,
    records,
    tombstones,
    unavailable,
    value_blocks,
    values,
)
from schema_guard.content_hash import content_hash
from schema_guard.core.kinds import Position
from schema_guard.core.poison import ErrorType, PoisonError
from schema_guard.edges.rejected import (
    CONTRACT,
    MAX_PAYLOAD_BYTES,
    PARSE,
    RejectedFile,
    RejectedRecord,
)
from schema_guard.edges.s3 import Store
from schema_guard.fitting import check_fit
from schema_guard.lines import MAX_RECORD_BYTES
from schema_guard.reading import ObjectRange, Rules, Scan


def scan(store: Store, sources: Sequence[ObjectRange], rules: Rules, rejected_file: Path) -> Scan:
    """
    Read the given ranges once; rejected records go to `rejected_file`, made only when there are any.

    Raises:
        BrokenError: An object is missing, damaged, or not what its manifest promised.
    """
    found = Scan(rejected_files=(rejected_file,))
    with RejectedFile(rejected_file) as rejected:
        for source in sorted(sources, key=_place):
            _ObjectScan(source, rules, found, rejected).read(store)
    return found


def _place(source: ObjectRange) -> tuple[str, int, int]:
    return (source.topic_id, source.partition, source.first_offset)


class _ObjectScan:
    """One object on its way through the scan."""

    def __init__(self, source: ObjectRange, rules: Rules, found: Scan, rejected: RejectedFile) -> None:
        self._source = source
        self._rules = rules
        self._found = found
        self._rejected = rejected
        self._pk_fields = rules.pk_fields
        self._event_time = rules.event_time
        self._records = 0
        self._last_offset = -1
        self._latest: datetime | None = None
        #: Records whose values wait to be read together, and those values.
        self._waiting: list[records.Record] = []
        self._texts: list[bytes] = []
        self._waiting_bytes = 0

    def read(self, store: Store) -> None:
        """Read the object to its end, then check that it was the object its manifest describes."""
        source = self._source
        stored = store.stream(
            source.data_key, sha256=source.sha256, size=source.bytes, dataset=self._rules.dataset
        )
        text = lines.gunzip(stored) if source.is_gzip else stored
        try:
            for number, line in enumerate(lines.split(text, MAX_RECORD_BYTES), 1):
                self._line(number, line)
            self._infer_waiting()
        except zlib.error as mistake:
            # The checksum tells a damaged object from one that was written like this.
            for _ in stored:
                pass
            raise errors.object_differs(
                self._rules.dataset, source.data_key, "content", "gzip", str(mistake)
            ) from mistake
        if self._records != source.record_count:
            raise errors.object_differs(
                self._rules.dataset,
                source.data_key,
                "record_count",
                source.record_count,
                self._records,
            )
        if source.contiguous_read and self._last_offset < source.last_offset:
            # The cursor would pass offsets that nobody has read, and no gap would name them.
            raise errors.object_differs(
                self._rules.dataset, source.data_key, "last_offset", source.last_offset, self._last_offset
            )
        self._found.record_count += self._records
        self._found.see_event_time(event_time.clipped(self._latest, source.landed_at))

    def _line(self, number: int, line: bytes | lines.SkippedLine) -> None:
        if isinstance(line, lines.SkippedLine):
            identity = records.identity_of(line)
            if identity is None:
                raise errors.line_unreadable(self._source.data_key, number, "no identity")
            if self._is_mine(number, *identity):
                self._reject_large(identity[1])
            return
        try:
            record = records.decode(line)
        except msgspec.MsgspecError as mistake:
            raise errors.line_unreadable(self._source.data_key, number, str(mistake)) from mistake
        if self._is_mine(number, record.partition, record.offset):
            self._record(record)

    def _is_mine(self, number: int, partition: int, offset: int) -> bool:
        """Return whether a record lies in the range; identities must rise, or one comes twice."""
        if partition != self._source.partition or offset <= self._last_offset:
            where = f"partition {partition}, offset {offset} after {self._last_offset}"
            raise errors.line_unreadable(self._source.data_key, number, where)
        self._last_offset = offset
        is_mine = self._source.first_offset <= offset <= self._source.last_offset
        self._records += is_mine
        return is_mine

    def _record(self, record: records.Record) -> None:
        text = record.value
        is_alone = self._rules.judge_each or (
            self._rules.is_captured and text is not None and unavailable.may_be_in(text)
        )
        if text is not None and not is_alone:
            self._wait(record, text.encode())
            return
        try:
            if text is None:
                self._check_no_text(record)
            else:
                self._take_alone(record, text.encode())
        except PoisonError as poison:
            self._reject_record(record, poison)
        else:
            self._add_hash(record)

    def _wait(self, record: records.Record, text: bytes) -> None:
        """Keep a record until a block of them is read at once."""
        self._waiting.append(record)
        self._texts.append(text)
        self._waiting_bytes += len(text)
        if len(self._texts) >= value_blocks.MOST_RECORDS or self._waiting_bytes >= value_blocks.MOST_BYTES:
            self._infer_waiting()

    def _infer_waiting(self) -> None:
        """Count the waiting records that become rows, reject those that cannot."""
        if not self._waiting:
            return
        source, found, waiting, texts = self._source, self._found, self._waiting, self._texts
        self._waiting, self._texts, self._waiting_bytes = [], [], 0
        offsets = [record.offset for record in waiting]
        stretch = value_blocks.Stretch(source.topic_id, source.partition, offsets)
        outcome = value_blocks.infer_texts(found.inference, texts, stretch)
        for record, text, value in zip(waiting, texts, outcome.values, strict=True):
            if value is not None:
                self._see_event_time(value)
                self._add_hash(record)
                found.value_bytes += len(text)
        for number, poison in outcome.rejected.items():
            self._reject_record(waiting[number], poison)

    def _take_alone(self, record: records.Record, text: bytes) -> None:
        """Count a record that is judged alone; raise `PoisonError` for one that cannot become a row."""
        source, found = self._source, self._found
        value = values.read(text)
        if self._rules.is_captured:
            unavailable.check(value)
        check_fit(value, self._rules)
        found.inference.add(value, Position(source.topic_id, source.partition, record.offset))
        self._see_event_time(value)
        found.value_bytes += len(text)

    def _add_hash(self, record: records.Record) -> None:
        source = self._source
        self._found.content_hash += content_hash(
            source.topic_id, source.partition, record.offset, record.key_text, record.value
        )

    def _reject_record(self, record: records.Record, poison: PoisonError) -> None:
        payload: bytes | None = record.payload
        stage = CONTRACT if poison.error_type is ErrorType.MISFIT else PARSE
        if payload is not None and len(payload) > MAX_PAYLOAD_BYTES:
            payload = None
        self._reject(record.offset, stage, poison, payload)

    def _see_event_time(self, value: dict[str, object]) -> None:
        moment = event_time.event_time(value.get(self._event_time)) if self._event_time else None
        if moment is not None and (self._latest is None or moment > self._latest):
            self._latest = moment

    def _check_no_text(self, record: records.Record) -> None:
        """Accept a tombstone that deletes a row."""
        if record.value_base64 is not None:
            raise PoisonError(ErrorType.NOT_UTF8, "the value's bytes are not UTF-8")
        if self._rules.mode is Mode.APPEND:
            raise PoisonError(ErrorType.NOT_OBJECT, "a tombstone, and mode append has no rows to delete")
        if not tombstones.names_a_row(record.key, self._pk_fields):
            names = ", ".join(self._pk_fields)
            raise PoisonError(ErrorType.TOMBSTONE_KEY, f"the key of a tombstone does not hold {names}")

    def _reject_large(self, offset: int) -> None:
        self._reject(offset, PARSE, lines.too_large(), None)

    def _reject(self, offset: int, stage: str, poison: PoisonError, payload: bytes | None) -> None:
        self._found.rejected_count += 1
        self._rejected.add(
            RejectedRecord(
                topic_id=self._source.topic_id,
                partition=self._source.partition,
                offset=offset,
                stage=stage,
                error_type=poison.error_type.value,
                error_message=poison.message,
                payload=payload,
            )
        )
