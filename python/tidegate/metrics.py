"""The status as Prometheus text, and as one JSON object per dataset and phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as MEDIA_TYPE
from prometheus_client.registry import Collector

from metastore_sync.captured import Slot
from tidegate.phases import Phase
from tidegate.reason import State
from tidegate.status import DatasetStatus, Status

__all__ = ["MEDIA_TYPE", "phases", "text"]

#: Metric of a phase → field of `Phase`; what it means.
_OF_PHASE = {
    "tidegate_records_ingested": ("records", "Records the phase has taken in."),
    "tidegate_lag_seconds": ("lag_seconds", "Age of the oldest record that waits, in seconds."),
    "tidegate_commit_latency_seconds": ("latency_seconds", "Landing to receipt, newest batch."),
    "tidegate_records_per_second": ("records_per_second", "Of the newest batch."),
    "tidegate_errors": ("errors", "Things that keep the phase from going on."),
}
#: Metric of a dataset → field of `DatasetStatus`; what it means.
_OF_DATASET = {
    "tidegate_records_not_landed": ("not_landed", "Records in Kafka that have not landed."),
    "tidegate_records_waiting": ("waiting", "Landed records without proof."),
    "tidegate_records_rejected": ("rejected", "Records that could not become rows."),
    "tidegate_rejected_open": ("rejected_open", "Rejected records, dead letters too, that nobody replayed."),
    "tidegate_max_lag_seconds": ("max_lag_seconds", "Seconds a landed record may wait."),
    "tidegate_schema_version": ("schema_version", "Number of the ACTIVE schema version."),
}
#: Metric of a captured table's replication slot → its value; what it means.
_OF_SLOT: dict[str, tuple[Callable[[Slot], float], str]] = {
    "tidegate_slot_retained_bytes": (lambda s: s.retained_bytes, "Log that its server keeps for it."),
    "tidegate_slot_behind_bytes": (lambda s: s.behind_bytes, "Log since the last change that was confirmed."),
    "tidegate_slot_active": (lambda s: s.is_active, "1 while a connector reads it."),
    "tidegate_slot_lost": (lambda s: s.wal_status == "lost", "1 when changes are missing for good."),
}


def phases(status: Status) -> list[dict[str, Any]]:
    """Return one object per dataset and phase; null where a value is not known."""
    return [
        {
            "pipeline": entry.name,
            "phase": phase.name,
            "timestamp": status.at.isoformat(),
            "records_ingested": phase.records,
            "lag_seconds": _rounded(phase.lag_seconds),
            "last_commit": phase.last_commit.isoformat() if phase.last_commit else None,
            "commit_latency_seconds": _rounded(phase.latency_seconds),
            "records_per_second": _rounded(phase.records_per_second),
            "error_count": phase.errors,
        }
        for entry in status.datasets
        for phase in entry.phases
    ]


def text(status: Status) -> bytes:
    """Return the status in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(status))
    return generate_latest(registry)


class _Collector(Collector):
    """One status as metric families; values that are not known are left out."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """Give every family."""
        yield self._breaking()
        yield self._state()
        yield from self._of_datasets()
        yield from self._of_phases()
        yield from self._of_slots()
        away = GaugeMetricFamily("tidegate_part_away", "1: cannot be asked.", labels=["part"])
        for part in self._status.away:
            away.add_metric([part], 1)
        yield away

    def _breaking(self) -> Metric:
        told = "1 while a breaking version awaits a decision."
        family = GaugeMetricFamily("breaking_schema_change", told, labels=["dataset"])
        for entry in self._status.datasets:
            # A dataset that was paused meanwhile still awaits its decision.
            waits = entry.state is State.BLOCKED or entry.blocked_version is not None
            family.add_metric([entry.name], int(waits))
        return family

    def _state(self) -> Metric:
        family = GaugeMetricFamily("tidegate_state", "1: is so.", labels=["dataset", "state"])
        for entry in self._status.datasets:
            for state in State:
                family.add_metric([entry.name, state.value], int(entry.state is state))
        return family

    def _of_datasets(self) -> Iterator[Metric]:
        for name, (field, told) in _OF_DATASET.items():
            family = GaugeMetricFamily(name, told, labels=["dataset"])
            for entry in self._status.datasets:
                if (value := getattr(entry, field)) is not None:
                    family.add_metric([entry.name], value)
            yield family

    def _of_slots(self) -> Iterator[Metric]:
        held = [(entry.name, entry.slot) for entry in self._status.datasets if entry.slot]
        for name, (value, told) in _OF_SLOT.items():
            family = GaugeMetricFamily(name, told, labels=["dataset"])
            for dataset, slot in held:
                family.add_metric([dataset], value(slot))
            yield family

    def _of_phases(self) -> Iterator[Metric]:
        for name, (field, told) in _OF_PHASE.items():
            family = GaugeMetricFamily(name, told, labels=["dataset", "phase"])
            for entry, phase in self._pairs():
                if (value := getattr(phase, field)) is not None:
                    family.add_metric([entry.name, phase.name], value)
            yield family
        told = "When the phase last committed, seconds since 1970."
        last = GaugeMetricFamily("tidegate_last_commit_timestamp", told, labels=["dataset", "phase"])
        for entry, phase in self._pairs():
            if phase.last_commit:
                last.add_metric([entry.name, phase.name], phase.last_commit.timestamp())
        yield last

    def _pairs(self) -> Iterator[tuple[DatasetStatus, Phase]]:
        return ((entry, phase) for entry in self._status.datasets for phase in entry.phases)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
