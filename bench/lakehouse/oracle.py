"""What the tables of the series must hold, from its records alone and by other code than the models'."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from bench.lakehouse.hashes import digest
from bench.lakehouse.orders import START, Event

_MICROSECOND = timedelta(microseconds=1)
_EPOCH_MICROS = int(START.timestamp()) * 1_000_000

#: SQL expressions whose texts are hashed: of each table's rows, in the order that `Truth` hashes them.
BRONZE = "kafka_partition, kafka_offset, kafka_key, value"
UPSERT = (
    "o_orderkey, is_deleted, o_orderstatus, unix_micros(cast(updated_at as timestamp)), kafka_partition,"
    " kafka_offset"
)
HISTORY = (
    "o_orderkey, kafka_partition, kafka_offset, is_deleted, is_current, unix_micros(valid_from),"
    " unix_micros(valid_to), o_orderstatus"
)


class Truth:
    """
    The records so far, by key.

    Attributes:
        newest: Per key, its newest state, or its tombstone: nothing follows one.
    """

    def __init__(self) -> None:
        self.newest: dict[int, tuple[int, int, Event]] = {}
        self._states: dict[int, list[tuple[datetime, int, int, Event]]] = defaultdict(list)

    def take(self, placed: Iterable[tuple[int, int, Event]]) -> None:
        """Take a batch's records with their partitions and offsets."""
        for partition, offset, event in placed:
            began = event.updated_at or event.at
            self._states[event.key].append((began, partition, offset, event))
            held = self.newest.get(event.key)
            if held is None or began > (held[2].updated_at or held[2].at):
                self.newest[event.key] = (partition, offset, event)

    def upsert(self) -> tuple[int, int]:
        """Return number and digest of the rows of one row per key."""
        total = 0
        for key, (partition, offset, event) in self.newest.items():
            is_deleted = event.updated_at is None
            status = None if is_deleted else event.status
            total += digest(key, _sql(is_deleted), status, _micros(event.updated_at), partition, offset)
        return len(self.newest), total

    def history(self) -> tuple[int, int]:
        """Return number and digest of the rows of one row per record with its interval."""
        total = count = 0
        for key, states in self._states.items():
            states.sort(key=lambda state: state[0])
            ends = [*(state[0] for state in states[1:]), None]
            for (began, partition, offset, event), followed in zip(states, ends, strict=True):
                is_deleted = event.updated_at is None
                until = began if is_deleted else followed
                flags = (_sql(is_deleted), _sql(not is_deleted and until is None))
                status = None if is_deleted else event.status
                total += digest(key, partition, offset, *flags, _micros(began), _micros(until), status)
                count += 1
        return count, total


def _sql(value: bool) -> str:  # noqa: FBT001
    return "true" if value else "false"


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else _EPOCH_MICROS + (moment - START) // _MICROSECOND
