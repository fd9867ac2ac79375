"""How a dataset lands, as lines for a terminal: what `tidegate status DATASET` adds to the table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tidegate.cli import output
from tidegate.facts.lags import Lag
from tidegate.facts.model import ConnectorFact
from tidegate.status import DatasetStatus
from tidegate.words import age, ago, count


def show(entry: DatasetStatus, now: datetime) -> None:
    """Print them, indented under the dataset's reason."""
    for line in lines(entry, now):
        output.result(f"  {line}")


def lines(entry: DatasetStatus, now: datetime) -> Iterator[str]:
    """Yield connector, topic, lags, last object, watermark, gaps and accepted losses."""
    landing = entry.landing
    if entry.connector:
        yield from _connector(entry.connector)
    if landing.topic_id:
        number = f", generation {landing.generation}" if landing.generation else ""
        yield f"topic       {entry.topic}, id {landing.topic_id}{number}, {landing.delivery or 'unknown'}"
    for lag in landing.partitions:
        yield _lag(lag)
    if last := landing.last_object:
        yield f"last object {last.key}"
        yield f"            {count(last.records, 'record')}, {ago(last.landed_at, now)}"
    if landing.watermark:
        yield f"watermark   {landing.watermark:%Y-%m-%d %H:%M:%S}Z"
    for gap in landing.gaps:
        yield f"GAP         {gap.kind} {gap.place} ({gap.missing} missing): {gap.fact}"
        yield f"            Next: {gap.next_command(entry.name)}"
    for loss in landing.accepted:
        place = f"partition {loss.partition}, offsets {loss.first_offset}…{loss.last_offset}"
        yield f"accepted    {loss.kind} {place}: {loss.actor}, {loss.at:%Y-%m-%d %H:%M}Z: {loss.why}"


def _connector(connector: ConnectorFact) -> Iterator[str]:
    tasks = ", ".join(f"task {number} {state}" for number, state in enumerate(connector.tasks))
    yield f"connector   {connector.name} {connector.state}, {tasks or 'no task'}"
    for part, causes in connector.causes.items():
        yield f"            {part}: {causes[0]}"
        yield from (f"              caused by {cause}" for cause in causes[1:])


def _lag(lag: Lag) -> str:
    if lag.records is None:
        return f"partition {lag.partition} ends at {lag.end_offset}, landed: not known"
    place = f"partition {lag.partition} landed up to {lag.landed_offset} of {lag.end_offset}"
    if not lag.records:
        return f"{place}, no lag"
    seconds = "unknown time" if lag.seconds is None else age(lag.seconds)
    return f"{place}, {count(lag.records, 'record')} and {'at most ' if lag.is_bound else ''}{seconds} behind"
