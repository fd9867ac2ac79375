"""The status as a table for a terminal."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from tidegate.cli import landing_lines, output
from tidegate.reasons import State
from tidegate.status import LAYERS, DatasetStatus, Status
from tidegate.words import age, ago

#: State → sign and colour; the sign tells it without colour too.
SIGNS = {
    State.OK: ("●", "green"),
    State.LAGGING: ("◐", "yellow"),
    State.BLOCKED: ("■", "red"),
    State.DEGRADED: ("▲", "dark_orange"),
    State.PAUSED: ("‖", "blue"),
}


def show(status: Status, *, is_detailed: bool = False) -> None:
    """Print one row per dataset, then what is to be done, and on demand how each lands."""
    if status.snapshot_since:
        since = f"{status.snapshot_since:%Y-%m-%d %H:%M:%S}Z"
        output.result(f"The registry is away; running on the snapshot of {since}.")
    for part, why in status.away.items():
        output.result(f"{part} is away: {why}")
    if not status.datasets:
        output.say("No dataset is registered. Next: tidegate apply")
        return
    output.table(_row(entry, status) for entry in status.datasets)
    for entry in status.datasets:
        output.result(f"{entry.name}: {entry.reason}")
        if entry.next_command:
            output.result(f"  Next: {entry.next_command}")
        if is_detailed:
            landing_lines.show(entry, status.at)


def _row(entry: DatasetStatus, status: Status) -> dict[str, Any]:
    sign, colour = SIGNS[entry.state]
    layers = {layer: ago(entry.layers[layer], status.at) for layer in LAYERS}
    return {
        "dataset": entry.name,
        "state": Text(f"{sign} {entry.state}", style=colour),
        **layers,
        "not landed": entry.not_landed,
        "waiting": entry.waiting,
        "lag": "—" if entry.lag_seconds is None else age(entry.lag_seconds),
        "schema": _schema(entry),
        "receipt": _receipt(entry),
        "rejected": _rejected(entry),
        "connector": _connector(entry),
    }


def _schema(entry: DatasetStatus) -> str:
    active = f"v{entry.schema_version}" if entry.schema_version else "—"
    return f"{active} (v{entry.blocked_version} waits)" if entry.blocked_version else active


def _rejected(entry: DatasetStatus) -> str:
    if entry.rejected is None:
        return ""
    return f"{entry.rejected} ({entry.rejected_open} open)" if entry.rejected_open else str(entry.rejected)


def _receipt(entry: DatasetStatus) -> Text:
    if entry.receipt is None:
        return Text("—")
    if entry.receipt.is_green:
        return Text(f"batch {entry.receipt.batch_id} green", style="green")
    return Text(f"batch {entry.receipt.batch_id} RED", style="red")


def _connector(entry: DatasetStatus) -> str:
    is_ours = entry.guarantee == "exactly-once"
    return entry.connector.word if entry.connector else "—" if is_ours else entry.guarantee
