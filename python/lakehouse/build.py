"""dbt through its Python runner: build models with their tests, say in one message what broke."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dbt.cli.main import dbtRunner, dbtRunnerResult

from lakehouse import dbt_environment, project_view, spark
from metastore_sync.errors import BrokenError, TidegateError, UsageError
from metastore_sync.settings import Settings

#: dbt's events whose text is one line per finished node.
NODE_EVENTS = frozenset(
    {"LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult", "SkippingDetails"}
)
#: Node statuses that mean dbt did not do what was asked.
FAILED = frozenset({"error", "fail", "runtime error", "partial success"})
#: The project turns dbt's warning of an empty selection into an error that says this.
_NOTHING_MATCHED = "does not match any enabled nodes"
#: How lines of Java's stack traces begin, which say nothing to who wrote the SQL.
_FRAMES = ("at ", "... ", "Suppressed: ")
#: What the incremental materialization says of a table that lacks nothing.
_NOTHING_NEW = "OK no new batch"
_NOT_STORED = frozenset({"view", "ephemeral"})
_MESSAGE_LINES = 8
_LINE_WIDTH = 400
_NODES_TOLD = 5

#: dbt keeps flags, events and adapters in module globals: one invocation at a time in a process.
_ONE_AT_A_TIME = threading.Lock()

Line = Callable[[str], None]
#: dbt's own event, as its runner hands it to callbacks.
OnEvent = Callable[[Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeResult:
    """What became of one model or test; `seconds` is wall clock, `has_written`: its table may differ."""

    name: str
    kind: str
    status: str
    seconds: float
    message: str = ""
    has_written: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """The nodes of one `dbt build` in the order they finished; `seconds` is wall clock."""

    nodes: tuple[NodeResult, ...]
    seconds: float


def build(
    settings: Settings,
    select: str,
    target: str = "prod",
    on_line: Line | None = None,
    words: Sequence[str] = (),
    *,
    on_event: OnEvent | None = None,
) -> BuildResult:
    """
    Build the selected models and run their tests.

    Args:
        settings: Where Spark and the project are.
        select: dbt selection, usually a dataset's name.
        target: Target of the project's profile.
        on_line: Called with dbt's own line for each finished node.
        words: Further options of `dbt build`.
        on_event: Called with every event of dbt, for who measures it.

    Raises:
        UsageError: The selection names no node.
        BrokenError: Spark is away, the project does not compile, or a node failed.
    """
    spark.reach(settings)
    command = ["build", "--select", select, *dbt_environment.PRODUCTION_FLAGS, *words]
    outcome = invoke(settings, command, target=target, on_line=on_line, on_event=on_event)
    executed = getattr(outcome.result, "results", None)
    if executed is None:
        raise _did_not_start(outcome, select)
    failed = [node for node in executed if str(node.status) in FAILED]
    if failed:
        raise _failed(failed, select)
    if not executed:
        raise _nothing_selected(select)
    nodes = tuple(_node_result(node) for node in executed)
    return BuildResult(nodes=nodes, seconds=float(outcome.result.elapsed_time))


def invoke(
    settings: Settings,
    words: list[str],
    *,
    target: str = "prod",
    on_line: Line | None = None,
    on_event: OnEvent | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> dbtRunnerResult:
    """
    Run dbt in this process with the project's environment and folders, and return its own result.

    The partial parse is kept per target under `TIDEGATE_HOME/dbt`; `--vars` would discard it and
    are never given. `environment` adds to what the project reads.
    """

    def hear(event: Any) -> None:
        if on_line and event.info.name in NODE_EVENTS:
            on_line(event.info.msg)
        if on_event:
            on_event(event)

    project = project_view.refresh(settings)
    folder = project.parent
    fixed = [
        *("--project-dir", str(project), "--profiles-dir", str(settings.dbt_project)),
        *("--target", target, "--target-path", str(folder / target)),
        *("--log-path", str(folder / "logs"), "--log-level", "none", "--log-level-file", "info"),
        *("--no-use-colors", "--no-print", "--no-send-anonymous-usage-stats"),
    ]
    with _ONE_AT_A_TIME, _environment({**dbt_environment.variables(settings), **environment}):
        return dbtRunner(callbacks=[hear]).invoke([*words, *fixed])


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def _node_result(result: Any) -> NodeResult:
    return NodeResult(
        name=result.node.name,
        kind=str(result.node.resource_type),
        status=str(result.status),
        seconds=round(float(result.execution_time), 3),
        message=result.message or "",
        has_written=_has_written(result),
    )


def _has_written(result: Any) -> bool:
    is_table = result.node.resource_type == "model" and result.node.config.materialized not in _NOT_STORED
    return is_table and result.message != _NOTHING_NEW


def _failed(failed: list[Any], select: str) -> BrokenError:
    lines = [line for result in failed[:_NODES_TOLD] for line in told(result)]
    if len(failed) > _NODES_TOLD:
        lines.append(f"and {len(failed) - _NODES_TOLD} more")
    first = failed[0].node
    return BrokenError(
        f"{select}: {len(failed)} dbt node(s) failed, first {first.resource_type} {first.name}",
        where="\n".join(lines),
        not_done="Models below a failed node were not built; tables above it are complete.",
        next_command=f"tidegate run {select}" if select.isidentifier() else "tidegate run",
    )


def told(result: Any) -> list[str]:
    """Return what to tell of a node that failed: its message without Java's frames, its files."""
    said = [line.strip() for line in (result.message or "no message").splitlines()]
    message = [line for line in said if line and not line.startswith(_FRAMES)][:_MESSAGE_LINES]
    compiled = getattr(result.node, "compiled_path", None)
    lines = [f"{result.node.resource_type} {result.node.name}: {result.status}"]
    lines += [f"  {line[:_LINE_WIDTH]}" for line in message]
    lines.append(f"  file {result.node.original_file_path}")
    if compiled and Path(compiled).exists():
        lines.append(f"  compiled {compiled}")
    return lines


def _did_not_start(outcome: dbtRunnerResult, select: str) -> TidegateError:
    lines = str(outcome.exception or "dbt gave no reason").strip().splitlines()
    if _NOTHING_MATCHED in str(outcome.exception):
        return _nothing_selected(select)
    return BrokenError(
        f"{select}: dbt did not start: {lines[0] if lines else 'no reason given'}",
        where="\n".join(lines[1 : _MESSAGE_LINES * 2]),
        not_done="No model was built.",
        next_command="tidegate doctor",
    )


def _nothing_selected(select: str) -> UsageError:
    return UsageError(
        f"{select}: no model is called that, nor lies in a folder of that name",
        where="dbt_project/models, $TIDEGATE_HOME/models",
        not_done="No model was built.",
        next_command=f"tidegate scaffold {select}",
    )
