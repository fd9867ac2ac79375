"""
What the guard tells people when it cannot judge what landed: one function per situation.

The classes and their exit codes are the tree in `metastore_sync.errors`; here is only the wording. What is
said of decisions and declarations is in `decision_errors.py`, of gaps in landing in `gap_errors.py`.
"""

from __future__ import annotations

from metastore_sync.errors import BrokenError, LandedObjectError, UsageError

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
