"""Which state a dataset is in, and why: every rule in one list, the first that speaks wins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from metastore_sync.model import DatasetState, Source
from schema_guard.accepted import GapKind
from schema_guard.core.finding import Code, Severity
from schema_guard.core.policy import SEVERITY, resolve
from schema_guard.gaps import Gap
from tidegate import reasons_cdc
from tidegate.facts.model import DatasetFact, Facts
from tidegate.reason import Reason, State
from tidegate.words import age, count

__all__ = ["RULES", "Reason", "State", "reason", "waiting_since"]

#: Findings that a reason names; the command it ends with shows all of them.
_FINDINGS_TOLD = 2


def reason(fact: DatasetFact, facts: Facts) -> Reason:
    """Return the state of one dataset among everything seen."""
    for rule in RULES:
        found = rule(fact, facts)
        if found:
            return found
    return Reason(State.OK, _what_is_well(fact))


def waiting_since(fact: DatasetFact) -> datetime | None:
    """Return when the oldest landed record without proof landed; None when none waits."""
    seen = fact.registry
    times = [
        seen and seen.unproven_since,
        seen and seen.blocked and seen.blocked.landed_at,
        fact.landing and fact.landing.waiting_since,
    ]
    return min((at for at in times if at), default=None)


def _paused(fact: DatasetFact, _: Facts) -> Reason | None:
    if fact.state not in (DatasetState.PAUSED, DatasetState.RETIRED):
        return None
    changed = fact.registry and fact.registry.changed
    by = f" by {changed.actor}, {changed.at:%Y-%m-%d %H:%M}Z: {changed.why}" if changed else ""
    text = f"{fact.state.lower()}{by}; nothing lands, no batch is formed"
    return Reason(State.PAUSED, text, f'tidegate resume {fact.dataset.name} --why "…"')


def _blocked(fact: DatasetFact, _: Facts) -> Reason | None:
    name, blocked = fact.dataset.name, fact.registry and fact.registry.blocked
    if fact.state is not DatasetState.BLOCKED and not blocked:
        return None
    if not blocked:
        return Reason(State.BLOCKED, "a version awaits a decision", f"tidegate check {name}")
    breaking = [finding for finding in blocked.findings if finding["severity"] == "BREAKING"]
    told = [
        f"{finding['pointer'] or 'the record'} {finding['old'] or 'absent'} → {finding['new'] or 'absent'}"
        for finding in breaking[:_FINDINGS_TOLD]
    ]
    if len(breaking) > _FINDINGS_TOLD:
        told.append(f"{len(breaking) - _FINDINGS_TOLD} more")
    text = f"version {blocked.schema_version} is breaking: {'; '.join(told) or 'see its findings'}"
    next_command = f"tidegate schema diff {name} --version {blocked.schema_version}"
    return Reason(State.BLOCKED, text, next_command)


def _registry_away(fact: DatasetFact, facts: Facts) -> Reason | None:
    if fact.registry is not None:
        return None
    since = facts.snapshot_since
    shown = f"; shown as of {since:%Y-%m-%d %H:%M:%S}Z" if since else ""
    return Reason(State.DEGRADED, f"the registry is away{shown}", "tidegate doctor")


def _red_receipt(fact: DatasetFact, _: Facts) -> Reason | None:
    seen = fact.registry
    if seen is None or seen.receipt.red_batch is None:
        return None
    text = f"the receipt of batch {seen.receipt.red_batch} is red: {seen.receipt.mismatch}"
    return Reason(State.DEGRADED, text, f"tidegate run {fact.dataset.name}")


def _connector(fact: DatasetFact, facts: Facts) -> Reason | None:
    name, connector = fact.dataset.name, fact.connector
    if fact.dataset.landing.is_foreign:
        return None
    if "connect" in facts.away:
        return Reason(State.DEGRADED, "Kafka Connect is away: nothing lands", "tidegate doctor")
    if connector is not None and connector.state in ("PAUSED", "STOPPED"):
        text = f"connector {connector.name} is {connector.state} by hand, the dataset is not"
        return Reason(State.DEGRADED, text, f'tidegate resume {name} --why "…"')
    is_adopted = fact.source is Source.CONNECT
    again = "tidegate doctor" if is_adopted else f"tidegate apply {name}"
    if connector is None:
        made = f'PUT its connector again through Connect REST, or: tidegate retire {name} --why "…"'
        return Reason(State.DEGRADED, "no connector lands its topic", made if is_adopted else again)
    if connector.is_running:
        return None
    tasks = ", ".join(connector.tasks) or "none"
    why = f": {connector.cause}" if connector.cause else ""
    text = f"connector {connector.name} is {connector.state}, tasks: {tasks}{why}"
    return Reason(State.DEGRADED, text, again)


def _landing(fact: DatasetFact, facts: Facts) -> Reason | None:
    name = fact.dataset.name
    if "store" in facts.away:
        return Reason(State.DEGRADED, "the object store is away", "tidegate doctor")
    if fact.landing_wrong:
        return Reason(State.DEGRADED, fact.landing_wrong, f"tidegate check {name}")
    return _gap(fact)


def _gap(fact: DatasetFact) -> Reason | None:
    """Name the worst open gap: one that holds records up comes before one that policy lets pass."""
    found = [gap for gap in fact.landing.gaps if _is_red(fact, gap)] if fact.landing else []
    if not found:
        return None
    gap = found[0]
    more = f", and {count(len(found) - 1, 'more gap')}" if len(found) > 1 else ""
    text = f"records are missing from the raw zone: {gap.place}: {gap.fact}{more}"
    return Reason(State.DEGRADED, text, gap.next_command(fact.dataset.name))


def _is_red(fact: DatasetFact, gap: Gap) -> bool:
    severity = SEVERITY[resolve(Code.LANDING_GAP, fact.dataset.policy)]
    return gap.kind is not GapKind.RETENTION_LOSS or severity is Severity.BREAKING


def _lagging(fact: DatasetFact, facts: Facts) -> Reason | None:
    since = waiting_since(fact)
    if since is None:
        return None
    seconds = (facts.at - since).total_seconds()
    limit = fact.dataset.max_lag
    if seconds <= limit:
        return None
    text = f"the oldest landed record has waited {age(seconds)}; max_lag is {age(limit)}"
    return Reason(State.LAGGING, text, f"tidegate run {fact.dataset.name}")


def _what_is_well(fact: DatasetFact) -> str:
    seen, landing = fact.registry, fact.landing
    waiting = (seen.unproven_records if seen else 0) + (landing.waiting if landing else 0)
    if waiting:
        return f"{count(waiting, 'landed record')} to load, within max_lag"
    if seen is None or not seen.batches:
        return "nothing has landed yet"
    note = f"; {count(len(seen.accepted), 'accepted loss', 'accepted losses')}" if seen.accepted else ""
    told = f"; {fact.dataset.landing.guarantee}" if fact.dataset.landing.is_foreign else ""
    return f"all {count(seen.records, 'landed record')} loaded and proven{note}{told}"


#: In order of what a person must know first.
RULES: tuple[Callable[[DatasetFact, Facts], Reason | None], ...] = (
    reasons_cdc.slot_in_danger,
    _paused,
    _blocked,
    _registry_away,
    _red_receipt,
    _connector,
    reasons_cdc.capture_stands_still,
    _landing,
    _lagging,
)
