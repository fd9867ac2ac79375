"""dbt in this process or as the command, with the time that its statements took in Spark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lakehouse import dbt_environment, project_view
from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings

_STATEMENT_ENDED, _STATEMENT = "SQLQueryStatus", "SQLQuery"
_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: the model it was for, its first words, wall clock, and when it ended (epoch)."""

    node: str
    sql: str
    seconds: float
    ended: float


@dataclass(frozen=True, slots=True)
class Command:
    """
    One dbt command in a process of its own.

    Attributes:
        seconds: From its start to its end.
        in_spark: Of these, seconds in which at least one statement was under way.
        statements: How many.
    """

    seconds: float
    in_spark: float
    statements: list[Statement]


def command(settings: Settings, words: list[str], logs: Path) -> Command:
    """
    Run dbt as somebody does by hand, target dev, its partial parse kept.

    Raises:
        BrokenError: It ended with another code than 0.
    """
    project = project_view.refresh(settings)
    fixed = [
        *("--project-dir", str(project), "--profiles-dir", str(settings.dbt_project), "--target", "dev"),
        *("--target-path", str(logs / "target"), "--log-path", str(logs)),
        *("--log-format-file", "json", "--log-level-file", "debug"),
    ]
    log = logs / "dbt.log"
    log.unlink(missing_ok=True)
    environment = {**os.environ, **dbt_environment.variables(settings), "TIDEGATE_USER": "bench"}
    began = time.perf_counter()
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), *words, *fixed],
        env=environment, check=False, capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    if done.returncode:
        raise BrokenError(
            f"dbt {' '.join(words)} failed", where=done.stdout[-2000:], next_command="tidegate doctor"
        )
    with log.open(encoding="utf-8") as lines:
        statements = list(_statements(map(json.loads, lines)))
    return Command(seconds, busy(statements), statements)


def _statements(events: Iterable[dict[str, Any]]) -> Iterator[Statement]:
    open_sql: dict[str, str] = {}
    for event in events:
        name, data = event["info"]["name"], event["data"]
        thread = event["info"].get("thread", "")
        if name == _STATEMENT:
            open_sql[thread] = data["sql"]
        elif name == _STATEMENT_ENDED:
            ended = datetime.fromisoformat(event["info"]["ts"]).timestamp()
            node = (data.get("node_info") or {}).get("node_name") or ""
            sql = _without_comment(open_sql.pop(thread, ""))
            yield Statement(node, sql[:_SHOWN], float(data["elapsed"]), ended)


def _without_comment(sql: str) -> str:
    """Return the statement without dbt's own comment ahead of it."""
    return " ".join(sql.split("*/", 1)[-1].split())


def busy(statements: Iterable[Statement]) -> float:
    """
    Return the seconds in which at least one statement was under way.

    >>> busy([Statement("a", "", 2.0, 10.0), Statement("b", "", 1.0, 9.5), Statement("b", "", 1.0, 20.0)])
    3.0
    """
    spent, until = 0.0, float("-inf")
    for one in sorted(statements, key=lambda one: one.ended - one.seconds):
        began = one.ended - one.seconds
        spent += max(0.0, one.ended - max(began, until))
        until = max(until, one.ended)
    return spent


class Listener:
    """Keeps the statements of dbt invocations in this process: `build.build(…, on_event=listener)`."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self._open: dict[str, str] = {}

    def __call__(self, event: Any) -> None:
        """Hear one of dbt's events."""
        thread = event.info.thread
        if event.info.name == _STATEMENT:
            self._open[thread] = event.data.sql
        elif event.info.name == _STATEMENT_ENDED:
            sql = _without_comment(self._open.pop(thread, ""))
            node = event.data.node_info.node_name
            self.statements.append(Statement(node, sql[:_SHOWN], event.data.elapsed, time.time()))
