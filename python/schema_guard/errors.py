"""
What the guard tells people when it stops: one function per situation.

The classes and their exit codes are the tree in `metastore_sync.errors`; here is only the wording.
"""

from __future__ import annotations

from collections.abc import Sequence

from metastore_sync.errors import (
    BrokenError,
    LandedObjectError,
    RebuildNeededError,
    UsageError,
    VerdictError,
)
from schema_guard.core.finding import Finding
from schema_guard.core.tables import Obstacle

_NOTHING = "Nothing was admitted."


def manifest_unreadable(key: str, mistake: str) -> BrokenError:
    """Return the error of a manifest that does not follow its contract."""
    return BrokenError(
        f"Manifest does not follow its contract: {mistake}",
        where=key,
        not_done=_NOTHING,
        next_command="tidegate doctor",
    )


def manifest_gone(key: str) -> LandedObjectError:
    """Return the error of a manifest that the store no longer holds."""
    return LandedObjectError(
        "Manifest is gone from the raw bucket: there is no such object",
        where=key,
        not_done=_NOTHING,
        next_command="tidegate doctor",
    )


def object_missing(dataset: str, data_key: str) -> LandedObjectError:
    """Return the error of an object that a manifest names and the store does not have."""
    return LandedObjectError(
        f"{dataset}: a landed object is gone; its manifest is there",
        where=data_key,
        not_done=f"{_NOTHING} Other datasets go on.",
        next_command=f"tidegate landing replay {dataset} --object {data_key}",
    )


def removed_by_retention(dataset: str, batch_id: int, data_keys: list[str]) -> BrokenError:
    """Return the error of a batch that cannot be judged again: its objects were removed on purpose."""
    more = [f"and {len(data_keys) - 5} more"] if len(data_keys) > 5 else []  # noqa: PLR2004 - shown
    return BrokenError(
        f"{dataset}: {len(data_keys)} object(s) of batch {batch_id} were removed by retention, none was lost",
        where="\n".join([*data_keys[:5], *more]),
        not_done=f"Nothing of {dataset} was rebuilt: a backup made since knows how the batch was judged.",
        next_command="tidegate registry restore FILE, then: tidegate registry rebuild --onto-backup",
    )


def object_differs(
    dataset: str, data_key: str, what: str, promised: object, found: object
) -> LandedObjectError:
    """Return the error of an object that is not what its manifest promised."""
    return LandedObjectError(
        f"{dataset}: a landed object differs from its manifest: {what} {promised} → {found}",
        where=data_key,
        not_done=f"{_NOTHING} Other datasets go on.",
        next_command=f"tidegate landing replay {dataset} --object {data_key}",
    )


def line_unreadable(data_key: str, line: int, mistake: str) -> BrokenError:
    """Return the error of a line that is not a record line."""
    return BrokenError(
        f"Landed object holds a line that is no record line: {mistake}",
        where=f"{data_key}, line {line}",
        not_done=_NOTHING,
        next_command="tidegate doctor",
    )


def store_away(endpoint: str, key: str, mistake: str) -> BrokenError:
    """Return the error of an object store that does not answer, or refuses."""
    return BrokenError(
        f"Object store failed: {mistake}",
        where=f"{endpoint or 'AWS S3'}, {key}",
        not_done=_NOTHING,
        next_command="tidegate doctor",
    )


def cursor_moved(dataset: str, topic_id: str, partition: int, expected: int) -> BrokenError:
    """Return the error of a batch whose records somebody else judged meanwhile."""
    return BrokenError(
        f"{dataset}: another guard judged these records first",
        where=f"topic id {topic_id}, partition {partition}, offset {expected}",
        not_done="This guard recorded nothing.",
        next_command=f"tidegate check {dataset}",
    )


def judged_against_another(dataset: str, what: str, then: object, now: object) -> BrokenError:
    """Return the error of a batch that was judged by what holds no longer."""
    return BrokenError(
        f"{dataset}: {what} changed while a batch was judged: {then} → {now}",
        not_done="This guard recorded nothing.",
        next_command=f"tidegate check {dataset}",
    )


def recorded_but_away(dataset: str, done: str, mistake: str) -> BrokenError:
    """Return the error of a registry or a snapshot that failed after something was committed."""
    return BrokenError(
        f"{dataset}: {done}, and then the registry went away: {mistake}",
        not_done="The registry snapshot was not written; the next check writes it.",
        next_command=f"tidegate check {dataset}",
    )


def outcome_unknown(dataset: str, mistake: str) -> BrokenError:
    """Return the error of a commit that the registry did not confirm and does not hold."""
    return BrokenError(
        f"{dataset}: the registry went away during the commit: {mistake}",
        not_done="The batch was not recorded; it is judged again on the next run.",
        next_command=f"tidegate check {dataset}",
    )


def not_checked(dataset: str, state: str) -> UsageError:
    """Return the refusal to form batches of a paused or retired dataset."""
    fact = f"{dataset} is {state}: no batches are formed"
    return UsageError(fact, not_done=_NOTHING, next_command="tidegate status")


def contract_unreadable(dataset: str, mistake: str) -> UsageError:
    """Return the error of a contract that no record's types can be read from."""
    return UsageError(
        f"{dataset}: its contract cannot be read: {mistake}",
        not_done=_NOTHING,
        next_command=f"correct contract in the dataset {dataset}, then: tidegate apply {dataset}",
    )


def no_reason(dataset: str, missing: str) -> UsageError:
    """Return the refusal of a decision without a name or a reason."""
    return UsageError(
        f"{dataset}: a decision needs {missing}",
        not_done="Nothing was decided.",
        next_command=f'tidegate schema approve {dataset} --version N --why "…"',
    )


def no_reason_for_gap(dataset: str, missing: str) -> UsageError:
    """Return the refusal of an accepted loss without a name or a reason."""
    return UsageError(
        f"{dataset}: an accepted loss needs {missing}",
        not_done="Nothing was accepted.",
        next_command=f"tidegate landing gaps {dataset}",
    )


def no_such_gap(dataset: str, wanted: str, known: Sequence[str], *, many: bool = False) -> UsageError:
    """Return the refusal of a range that is not exactly one open gap."""
    fact = "is a gap of several topic ids: name one with --topic-id" if many else "is no open gap"
    return UsageError(
        f"{dataset}: {wanted} {fact}",
        where="open gaps: " + ("; ".join(known) or "none"),
        not_done="Nothing was changed.",
        next_command=f"tidegate landing gaps {dataset}",
    )


def object_whole(dataset: str, data_key: str) -> UsageError:
    """Return the refusal to land an object again that is as its manifest says."""
    return UsageError(
        f"{dataset}: the object is there and whole",
        where=data_key,
        not_done="Nothing was written.",
        next_command=f"tidegate landing gaps {dataset}",
    )


def not_needed(dataset: str, data_key: str) -> UsageError:
    """Return the refusal to land an object again that nobody reads any more."""
    return UsageError(
        f"{dataset}: no manifest that still matters names this object",
        where=f"{data_key}: of another dataset, accepted as lost, or proven to be in bronze",
        not_done="Nothing was written.",
        next_command=f"tidegate landing gaps {dataset}",
    )


def not_replayed(dataset: str, place: str, why: str, next_command: str) -> VerdictError:
    """Return the refusal to land a range again."""
    return VerdictError(
        f"{dataset}: {place} cannot be landed again: {why}",
        not_done="Nothing was written.",
        next_command=next_command,
    )


def check_decider(dataset: str, actor: str, why: str) -> None:
    """Refuse a decision that does not say who decides, and why."""
    for given, missing in ((actor, "the name of who decides"), (why, "a reason (--why)")):
        if not given.strip():
            raise no_reason(dataset, missing)


def not_decided(dataset: str, mistake: str) -> BrokenError:
    """Return the error of a decision whose commit the registry did not confirm and does not hold."""
    return BrokenError(
        f"{dataset}: the registry went away during the decision: {mistake}",
        not_done="Nothing was decided.",
        next_command=f"tidegate check {dataset}",
    )


def nothing_blocked(dataset: str, state: str, decided: str = "") -> UsageError:
    """Return the refusal to decide about a dataset that waits for no decision; tells the last decision."""
    return UsageError(
        f"{dataset} is {state}: no batch waits for a decision",
        where=decided,
        not_done="Nothing was decided.",
        next_command=f"tidegate schema history {dataset}",
    )


def other_version_blocked(dataset: str, asked: int, blocked: int) -> UsageError:
    """Return the refusal to decide about a version that is not the one waiting."""
    return UsageError(
        f"{dataset}: version {asked} is not waiting for a decision, version {blocked} is",
        not_done="Nothing was decided.",
        next_command=f"tidegate schema diff {dataset} --version {blocked}",
    )


def active_version_moved(dataset: str, judged_against: int | None, active: int | None) -> VerdictError:
    """Return the refusal of a decision that was judged against another ACTIVE version."""
    return VerdictError(
        f"{dataset}: the ACTIVE version changed: {_number(judged_against)} → {_number(active)}",
        not_done="Nothing was decided; the findings compare with a version no longer ACTIVE.",
        next_command=f"tidegate schema history {dataset}",
    )


def decide_first(dataset: str, blocked: int | None) -> VerdictError:
    """Return the refusal to move the ACTIVE version under a batch that was compared with it."""
    version = f" --version {blocked}" if blocked else ""
    return VerdictError(
        f"{dataset} is BLOCKED: a batch awaits a decision, and was compared with the version ACTIVE now",
        not_done="The ACTIVE version was not changed.",
        next_command=f"tidegate schema diff {dataset}{version}",
    )


def not_rolled_back(dataset: str, version: int, status: str | None) -> UsageError:
    """Return the refusal to go back to a version that was never in force, or still is."""
    reasons = {
        None: f"{dataset} has no version {version}",
        "ACTIVE": f"{dataset}: version {version} is ACTIVE already",
    }
    never = f"{dataset}: version {version} is {status}: only a version that was ACTIVE before can be again"
    return UsageError(
        reasons.get(status, never),
        not_done="The ACTIVE version was not changed.",
        next_command=f"tidegate schema history {dataset}",
    )


def tables_cannot_follow(
    dataset: str, active: int, version: int, obstacles: Sequence[Obstacle]
) -> VerdictError:
    """Return the refusal of a version whose types the tables have grown out of."""
    lines = (
        f"{found.pointer}: the column is {found.held}, version {version} has {found.wanted}"
        for found in obstacles
    )
    return VerdictError(
        f"{dataset}: the tables cannot follow back to version {version}: a column never narrows",
        where="\n".join(lines),
        not_done=f"Version {active} stays ACTIVE.",
        next_command=f"tidegate schema diff {dataset} --version {active}",
    )


def impossible_operation(dataset: str, fact: str) -> UsageError:
    """Return the refusal of operations that the ACTIVE version does not allow."""
    return UsageError(
        f"{dataset}: {fact}",
        not_done="None of the operations was applied.",
        next_command=f"tidegate schema history {dataset}",
    )


def rejected_before(dataset: str, version: int) -> VerdictError:
    """Return the refusal to declare what somebody with a greater role has rejected."""
    return VerdictError(
        f"{dataset}: version {version} has just these columns and is REJECTED",
        not_done="None of the operations was applied.",
        next_command=f"tidegate schema diff {dataset} --version {version}",
    )


def rebuild_needed(dataset: str, findings: Sequence[Finding], commands: Sequence[str]) -> RebuildNeededError:
    """Return the refusal of a change that the tables cannot take in place."""
    lines = (f"{found.pointer}: {found.old} → {found.new}" for found in findings if found.rebuild)
    return RebuildNeededError(
        f"{dataset}: the tables cannot take this in place; they would have to be rebuilt",
        where="\n".join((*lines, *commands)),
        not_done="Nothing was changed.",
        next_command="say --accept-rebuild (HTTP: ?rebuild=accepted), then run the commands above",
    )


def unfit_keys(dataset: str, facts: Sequence[str]) -> UsageError:
    """Return the refusal of keys or an order that the ACTIVE version does not have."""
    return UsageError(
        f"{dataset}: {facts[0]}",
        where="\n".join(facts[1:]),
        not_done="The dataset was not changed.",
        next_command=f"tidegate schema history {dataset}",
    )


def rows_made_anew(dataset: str, facts: Sequence[str], commands: Sequence[str]) -> RebuildNeededError:
    """Return the refusal of a change that rows already loaded speak against."""
    return RebuildNeededError(
        f"{dataset}: {facts[0]}",
        where="\n".join((*facts[1:], *commands)),
        not_done="The dataset was not changed.",
        next_command="say --accept-rebuild (HTTP: ?rebuild=accepted), then run the commands above",
    )


def _number(version: int | None) -> str:
    return "none" if version is None else str(version)
