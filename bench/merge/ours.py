"""Tidegate's side: dbt models of this bench, written by the project's own materialization and macros."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.merge import content
from bench.merge.content import COLUMNS, Content, statement
from bench.merge.lines import Lines
from bench.merge.operations import Base, Form, Operation
from bench.merge.stack import Stack
from bench.merge.usage import Usage, measured
from lakehouse import spark
from metastore_sync.errors import BrokenError
from metastore_sync.settings import PROJECT

_MODELS = Path(__file__).parent / "models"
_USER = "bench"


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a form writes: its model, its schema, and the rows that readers of its table see."""

    model: str
    schema: str
    seed: str
    visible: str = "true"


_TARGETS = {
    Form.UPSERT: _Target("slv_bench_upsert", f"dev_{_USER}_silver", "upsert", "not is_deleted"),
    Form.APPEND: _Target("slv_bench_append", f"dev_{_USER}_silver", "append"),
    Form.BATCHES: _Target("brz_bench_batches", "bronze", "batches"),
    Form.MERGE: _Target("fct_bench_merge", f"dev_{_USER}_gold", "merge"),
    Form.REPLACE: _Target("fct_bench_merge", f"dev_{_USER}_gold", "merge"),
}


@dataclass(frozen=True, slots=True)
class OurRun:
    """
    One operation done by dbt.

    Attributes:
        seconds: What dbt prints for the model: from its SQL being compiled to the commit, all statements.
        dbt_seconds: The whole of `dbt run`, its start included, in a process that has loaded dbt.
        usage: Of Spark and the store, over the whole of `dbt run`.
        content: What the table holds afterwards.
        summary: What Iceberg says of the commit.
    """

    seconds: float
    dbt_seconds: float
    usage: Usage
    content: Content
    summary: dict[str, str]


class Tables:
    """The tables of all forms; each goes back to its first rows before an operation."""

    def __init__(self, stack: Stack, lines: Lines) -> None:
        self._stack, self._lines = stack, lines
        self._first: dict[str, int] = {}
        self._warm: set[Form] = set()
        os.environ.update(
            TIDEGATE_MODELS=os.path.relpath(_MODELS, PROJECT / "dbt_project"),
            TIDEGATE_USER=_USER,
            TIDEGATE_DBT_TARGET="dev",
            TIDEGATE_THRIFT=stack.settings.thrift,
        )

    def seed(self, operations: Iterable[Operation]) -> None:
        """Make the tables that the operations meet: created by the model, filled by an insert."""
        wanted = {(_TARGETS[form], operation.base) for operation in operations for form in operation.forms}
        for target, base in sorted(wanted, key=str):
            table = _table(target, base)
            self._dbt(target.model, base, self._lines.nothing)
            words = {"table": table, "lines": str(self._lines.base(base)), "columns": ", ".join(COLUMNS)}
            with spark.session(self._stack.settings) as lake:
                lake.rows(statement(f"spark/seed_{target.seed}", **words))
                self._first[table] = int(lake.rows(statement("spark/summary", table=table))[0]["snapshot_id"])

    def warm_up(self, operations: Iterable[Operation]) -> None:
        """Do each form once, unmeasured: in a stack that has run before, Spark has compiled its code."""
        for operation in operations:
            for form in operation.forms:
                if form not in self._warm:
                    self._warm.add(form)
                    self.run(operation, form)

    def run(self, operation: Operation, form: Form) -> OurRun:
        """Do an operation to a table with its first rows."""
        target = _TARGETS[form]
        table = _table(target, operation.base)
        with spark.session(self._stack.settings) as lake:
            words = f"table => '{table}', snapshot_id => {self._first[table]}"
            lake.rows(f"call lake.system.set_current_snapshot({words})")
        with measured(self._stack.pids()) as usage:
            seconds = self._dbt(
                target.model,
                operation.base,
                self._lines.increment(operation),
                in_full=form is Form.REPLACE,
                computed=operation.computed,
            )
        with spark.session(self._stack.settings) as lake:
            summary = lake.rows(statement("spark/summary", table=table))[0]["summary"]
            wanted = statement(
                "spark/content", table=table, text=content.row_text("string"), visible=target.visible
            )
            [row] = lake.rows(wanted)
        held = content.of((row["row_count"], row["digest"]))
        return OurRun(seconds, usage.seconds, usage, held, json.loads(summary))

    def _dbt(
        self, model: str, base: Base, increment: Path, *, in_full: bool = False, computed: bool = False
    ) -> float:
        """Run one model; return the seconds that dbt says it took."""
        from dbt.cli.main import dbtRunner  # noqa: PLC0415  # dbt takes seconds to import

        os.environ.update(
            TIDEGATE_BENCH_BASE=base,
            TIDEGATE_BENCH_INCREMENT=f"file:{increment}",
            TIDEGATE_BENCH_COMPUTED="yes" if computed else "",
        )
        words = ["--full-refresh"] if in_full else []
        project = str(PROJECT / "dbt_project")
        target = str(self._stack.files / "target")
        folders = ["--project-dir", project, "--profiles-dir", project]
        folders += ["--target-path", target, "--log-path", target]
        outcome: Any = dbtRunner().invoke(["--quiet", "run", *folders, "--select", model, *words])
        if not outcome.success:
            said = [str(one.message) for one in outcome.result or []]
            raise BrokenError(
                f"dbt did not build {model}: {outcome.exception or ''}",
                where="\n".join(said).split("\tat ")[0],
                not_done="Nothing was reported.",
                next_command="python -m bench.merge --scale 0.01 --keep",
            )
        return float(outcome.result.results[0].execution_time)


def _name(model: str, base: Base) -> str:
    return f"{model.split('_', 1)[1]}_{base}"


def _table(target: _Target, base: Base) -> str:
    return f"{target.schema}.{_name(target.model, base)}"
