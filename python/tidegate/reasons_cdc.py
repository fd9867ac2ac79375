"""Rules about captured tables: what their slots retain, and whether somebody reads them."""

from __future__ import annotations

from metastore_sync.model import DatasetState
from metastore_sync.render_cdc import slot_name, source_name
from tidegate.facts.model import DatasetFact, Facts
from tidegate.reason import Reason, State
from tidegate.words import size

#: Log that a slot may retain before somebody should look: 16 segments of PostgreSQL's default size.
MOST_RETAINED_BYTES = 256 << 20


def slot_in_danger(fact: DatasetFact, _: Facts) -> Reason | None:
    """A slot that is lost, will be lost, or fills its server's disk, whatever else is so, paused too."""
    slot = fact.slot and fact.slot.slot
    if not slot:
        return None
    name, source = fact.dataset.name, source_name(fact.dataset.name)
    if slot.wal_status == "lost":
        text = f"replication slot {slot.name} is lost: changes are missing for good, a new snapshot is needed"
        stop = f"curl -X PUT $TIDEGATE_CONNECT_URL/connectors/{source}/stop   (then docs/cdc.md, A lost slot)"
        return Reason(State.DEGRADED, text, stop)
    if slot.wal_status != "unreserved" and slot.retained_bytes <= MOST_RETAINED_BYTES:
        return None
    left = "" if slot.safe_bytes is None else f", {size(max(0, slot.safe_bytes))} more and it is lost"
    who = "its connector lags behind" if slot.is_active else "nobody reads it"
    text = f"replication slot {slot.name} retains {size(slot.retained_bytes)} of the log: {who}{left}"
    state = State.LAGGING if slot.is_active and slot.wal_status != "unreserved" else State.DEGRADED
    return Reason(state, text, _what_to_do(fact, name, is_active=slot.is_active))


def capture_stands_still(fact: DatasetFact, facts: Facts) -> Reason | None:
    """The connector before the topic does not run, or its database cannot be asked."""
    if fact.slot is None or "connect" in facts.away:
        return None
    name, connector = fact.dataset.name, fact.source_connector
    if connector is None:
        return Reason(State.DEGRADED, "no connector captures its table", f"tidegate apply {name}")
    if not connector.is_running:
        tasks = ", ".join(connector.tasks) or "none"
        why = f": {connector.cause}" if connector.cause else ""
        text = f"connector {connector.name} is {connector.state}, tasks: {tasks}{why}"
        return Reason(State.DEGRADED, text, f"tidegate apply {name}")
    if fact.slot.wrong:
        return Reason(State.DEGRADED, fact.slot.wrong, "tidegate doctor")
    slot = fact.slot.slot
    if slot is None or not slot.is_active:
        text = f"nobody reads replication slot {slot_name(name)}"
        return Reason(State.DEGRADED, text, f"tidegate apply {name}")
    return None


def _what_to_do(fact: DatasetFact, name: str, *, is_active: bool) -> str:
    if fact.state is DatasetState.PAUSED:
        return f'tidegate resume {name} --why "…"'
    if fact.state is DatasetState.RETIRED:
        return f'tidegate retire {name} --why "…"'
    return "tidegate doctor" if is_active else f"tidegate apply {name}"
