"""What the guard tells people when it does not replay a rejected record: one function per situation."""

from __future__ import annotations

from collections.abc import Sequence

from metastore_sync.errors import BrokenError, UsageError, VerdictError
from schema_guard.core.finding import Finding, Severity

_NOTHING = "Nothing was replayed."


def overtakes(dataset: str, why: str) -> UsageError:
    """Return the refusal to replay while nothing may go by."""
    return UsageError(
        f"{dataset}: no rejected record is replayed now: {why}",
        not_done=_NOTHING,
        next_command=f"tidegate status {dataset}",
    )


def not_rejected(dataset: str, place: str) -> UsageError:
    """Return the error of an identity that no rejected record has."""
    return UsageError(
        f"{dataset}: no rejected record is at {place}",
        not_done=_NOTHING,
        next_command=f"tidegate rejected list {dataset}",
    )


def replayed_before(dataset: str, place: str, batch_id: int, who: str) -> UsageError:
    """Return the refusal to load a record a second time."""
    return UsageError(
        f"{dataset}: the record at {place} was replayed before: batch {batch_id}, by {who}",
        not_done=f"{_NOTHING} A second replay would double it.",
        next_command=f"tidegate rejected list {dataset} --batch {batch_id}",
    )


def cannot(dataset: str, place: str, why: str) -> VerdictError:
    """Return the refusal to replay one record that cannot be read again, or that is loaded another way."""
    return VerdictError(
        f"{dataset}: the record at {place} cannot be replayed: {why}",
        not_done=_NOTHING,
        next_command=f"tidegate rejected list {dataset} --status open",
    )


def breaking(dataset: str, findings: Sequence[Finding]) -> VerdictError:
    """Return the refusal of a replay that would block the dataset."""
    told = [f"{f.code.value} {f.pointer}" for f in findings if f.severity is Severity.BREAKING]
    return VerdictError(
        f"{dataset}: the records would be a BREAKING change: {', '.join(told)}",
        not_done=f"{_NOTHING} The dataset is not BLOCKED by it.",
        next_command="declare the change (POST /ddl) or correct the record, then replay it again",
    )


def one_record_only(dataset: str) -> UsageError:
    """Return the refusal of a payload that belongs to no single record."""
    return UsageError(
        f"{dataset}: an edited payload belongs to one record: --topic-id, --partition and --offset",
        not_done=_NOTHING,
        next_command="tidegate rejected replay --help",
    )


def outcome_unknown(dataset: str, mistake: str) -> BrokenError:
    """Return the error of a replay whose commit the registry did not confirm and does not hold."""
    return BrokenError(
        f"{dataset}: the registry went away during the replay: {mistake}",
        not_done=_NOTHING,
        next_command="repeat the command: what was replayed is not replayed twice",
    )


def taken_by_another(dataset: str, topic: str) -> BrokenError:
    """Return the error of dead letters that another guard took first."""
    return BrokenError(
        f"{dataset}: the dead letters of {topic} were taken by somebody else meanwhile",
        not_done="None of them was taken twice.",
        next_command=f"tidegate check {dataset}",
    )
