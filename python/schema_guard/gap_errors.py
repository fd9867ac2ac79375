"""What the guard tells people about gaps in landing that are not accepted or not landed again."""

from __future__ import annotations

from collections.abc import Sequence

from metastore_sync.errors import UsageError, VerdictError


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
