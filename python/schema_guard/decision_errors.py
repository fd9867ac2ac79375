"""What the guard tells people when it does not decide, roll back or declare: one function per situation."""

from __future__ import annotations

from collections.abc import Sequence

from metastore_sync.errors import BrokenError, RebuildNeededError, UsageError, VerdictError
from schema_guard.core.finding import Finding
from schema_guard.core.tables import Obstacle


def no_reason(dataset: str, missing: str) -> UsageError:
    """Return the refusal of a decision without a name or a reason."""
    return UsageError(
        f"{dataset}: a decision needs {missing}",
        not_done="Nothing was decided.",
        next_command=f'tidegate schema approve {dataset} --version N --why "…"',
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
