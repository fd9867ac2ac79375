"""What is so right now, asked of every part at once; a part that is away leaves its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from metastore_sync import object_store, snapshot
from metastore_sync.errors import TidegateError
from metastore_sync.model import Dataset, DatasetState
from metastore_sync.registry import DatasetRow
from metastore_sync.settings import Settings
from metastore_sync.snapshot import SnapshotDataset
from tidegate.facts import connectors, kafka, lags, lake, landing, registry, slots
from tidegate.facts.kafka import TopicEnds
from tidegate.facts.model import DatasetFact, Facts, LandingFact
from tidegate.facts.registry import RegistryView
from tidegate.stack import health
from tidegate.stack.health import FAILURES

__all__ = ["Facts", "gather"]

T = TypeVar("T")
#: Topics whose landing is read at once.
_AT_ONCE = 8


class _Asking:
    """Asks parts and keeps the reasons of those that were away."""

    def __init__(self) -> None:
        self.away: dict[str, str] = {}

    def part(self, name: str, ask: Callable[[], T]) -> T | None:
        """Return the answer, or None when the part is away."""
        try:
            return ask()
        except TidegateError as error:
            self.away[name] = error.fact
        except (*FAILURES, *kafka.AWAY) as error:
            lines = str(error).strip().splitlines()
            self.away[name] = f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
        return None


def gather(settings: Settings, names: Iterable[str] = ()) -> Facts:
    """
    Ask registry, store, Kafka, Connect and catalog about datasets; never raises for a part that is away.

    Args:
        settings: Where the parts are.
        names: Datasets; none means all that are not retired.
    """
    asking = _Asking()
    view = asking.part("registry", lambda: registry.read(settings))
    stand_in = None if view else asking.part("snapshot", lambda: snapshot.read(settings))
    entries = view.rows if view else stand_in.datasets if stand_in else ()
    chosen = set(names)
    wanted = [
        row
        for row in entries
        if (row.dataset.name in chosen if chosen else row.state is not DatasetState.RETIRED)
    ]
    return Facts(
        at=datetime.now(UTC),
        datasets=_datasets(settings, wanted, view, asking),
        away=asking.away,
        snapshot_since=stand_in.written_at if stand_in else None,
    )


def _datasets(
    settings: Settings,
    wanted: Sequence[DatasetRow | SnapshotDataset],
    view: RegistryView | None,
    asking: _Asking,
) -> tuple[DatasetFact, ...]:
    declared = [row.dataset for row in wanted]
    topics = [dataset.kafka_topic for dataset in declared]
    with ThreadPoolExecutor(4) as pool:
        ends = pool.submit(asking.part, "kafka", lambda: kafka.ends(settings, topics))
        running = pool.submit(asking.part, "connect", lambda: connectors.read(settings, declared))
        capturing = pool.submit(asking.part, "connect", lambda: connectors.sources(settings, declared))
        held_slots = pool.submit(slots.read, settings, declared)
        tables = pool.submit(asking.part, "catalog", lambda: lake.changed(settings))
        landed = pool.submit(_landed, settings, declared, view, asking)
    seen, connector, found = landed.result(), running.result() or {}, ends.result()
    held, sources = tables.result(), capturing.result() or {}
    facts = tuple(
        DatasetFact(
            dataset=row.dataset,
            state=row.state,
            source=row.source,
            registry=view.facts[row.dataset.name] if view else None,
            landing=fact if isinstance(fact := seen.get(row.dataset.name), LandingFact) else None,
            landing_wrong=fact if isinstance(fact, str) else "",
            kafka_ends=None if found is None else _ends(found, row.dataset.kafka_topic),
            kafka_topic_id=_topic_id(found or {}, row.dataset.kafka_topic),
            connector=connector.get(row.dataset.name),
            source_connector=sources.get(row.dataset.name),
            slot=held_slots.result().get(row.dataset.name),
            layers=lake.layers_of(settings, row.dataset.name, held) if held else {},
        )
        for row in wanted
    )
    return facts if found is None else _with_oldest(settings, facts, asking)


def _ends(found: Mapping[str, TopicEnds], topic: str) -> Mapping[int, int]:
    return found[topic].ends if topic in found else {}


def _topic_id(found: Mapping[str, TopicEnds], topic: str) -> str | None:
    return found[topic].topic_id if topic in found else None


def _with_oldest(
    settings: Settings, facts: tuple[DatasetFact, ...], asking: _Asking
) -> tuple[DatasetFact, ...]:
    """Return the facts with the times of the oldest records that have not landed: one round for all."""
    places = {
        (fact.dataset.kafka_topic, lag.partition): lag.landed_offset
        for fact in facts
        for lag in lags.of(fact)
        if lag.records and lag.landed_offset is not None
    }
    times = asking.part("kafka", lambda: kafka.oldest(settings, places)) or {}
    by_topic: dict[str, dict[int, datetime]] = {}
    for (topic, partition), at in times.items():
        by_topic.setdefault(topic, {})[partition] = at
    return tuple(replace(fact, oldest=by_topic.get(fact.dataset.kafka_topic, {})) for fact in facts)


def _landed(
    settings: Settings, declared: Sequence[Dataset], view: RegistryView | None, asking: _Asking
) -> dict[str, LandingFact | str]:
    """Return what landed of each dataset, or why that cannot be read; nothing while a part is away."""
    if view is None or not declared:
        return {}
    if wrong := health.check("s3", settings):
        asking.away["store"] = wrong
        return {}

    client = object_store.client(settings, read_seconds=30.0, attempts=2)

    def read(dataset: Dataset) -> LandingFact | str:
        try:
            return landing.read(
                settings,
                dataset.kafka_topic,
                view.cursors.get(dataset.name, []),
                accepted=view.facts[dataset.name].accepted,
                unproven=view.unproven.get(dataset.name, ()),
                client=client,
            )
        except TidegateError as error:
            return error.fact

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip([d.name for d in declared], pool.map(read, declared), strict=True))
