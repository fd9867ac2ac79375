"""Features of dbt on Iceberg, each run by dbt-spark alone and by this project's macros."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pyhive.exc import Error

from metastore_sync.settings import PROJECT
from tests.dbt.invocation import invoke

CASES = PROJECT / "tests/cases/conformance"
#: What the last recorded run saw; docs/conformance.md is written from it.
RECORDED = PROJECT / "docs/conformance.json"
FORMATS = ("v2", "v3")
SIDES = ("stock", "ours")
GOLD = "dev_tidegate_test_gold"
STOCK_PROJECT = """
name: stock
version: "1.0.0"
profile: tidegate
models: {stock: {+file_format: iceberg, +on_schema_change: append_new_columns, +schema: gold}}
"""

#: What dbt and Thrift say before the fact: where the model's file lay, and of which class the error is.
_WRAPPING = re.compile(
    r"(Runtime|Compilation) Error in model \S+ \(\S+\)|Database Error|Error running query:"
    r"|\b(?:org|java)\.[\w.]+(?:Exception|Error):"
)


@dataclass(frozen=True)
class Feature:
    """One case: what two runs of a model must lead to.

    Args:
        first, then: The model's text in the first and second run; `stock_…`: what dbt-spark is given instead.
        ask, rows: A question to the table afterwards, and its right answer.
        refused: Text that dbt must fail with instead; with `rows`, the table must hold those still.
        between: Statements between the runs.
        properties: The model's properties, as in its yml.
        seen: Side, or format and side -> outcome where it is not `works`: `wrong` or `error`.
    """

    name: str
    feature: str
    first: str
    stock_does: str = ""
    then: str = ""
    stock_first: str = ""
    stock_then: str = ""
    ask: str = ""
    stock_ask: str = ""
    rows: list[list[Any]] | None = None
    refused: str = ""
    between: list[str] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def expected(self, form: str, side: str) -> str:
        """Return the outcome that this format and side must have."""
        return self.seen.get(f"{form} {side}", self.seen.get(side, "works"))

    def text(self, side: str, phase: int) -> str:
        """Return the model's text; empty when it is not run in this phase."""
        texts = [self.first, self.then]
        if side == "stock":
            texts = [self.stock_first or self.first, self.stock_then or self.then]
        return texts[phase]


def features() -> list[Feature]:
    """Return every case, by name."""
    paths = sorted(CASES.glob("*.yml"))
    return [Feature(name=path.stem, **yaml.safe_load(path.read_text(encoding="utf-8"))) for path in paths]


@dataclass
class Bench:
    """Runs all features of a format on both sides over one dataset: a run of dbt per phase and side."""

    one: Any
    form: str
    home: Path
    sides: tuple[str, ...] = SIDES
    failed: dict[str, str] = field(default_factory=dict)

    def run(self, admit: Iterator[Any]) -> dict[tuple[str, str], tuple[str, str]]:
        """Return (feature, side) -> (outcome, what was seen)."""
        (self.home / "models").mkdir(parents=True)
        (self.home / "dbt_project.yml").write_text(STOCK_PROJECT, encoding="utf-8")
        for phase, _ in enumerate(admit):
            for side in reversed(self.sides):  # stock reads the silver that ours has built
                self._phase(side, phase)
            if phase == 0:
                self._between()
        return {(one.name, side): self._outcome(one, side) for one in features() for side in self.sides}

    def drop(self) -> None:
        """Forget every table."""
        for feature in features():
            for side in self.sides:
                views = f"show views in {GOLD} like '{self._model(feature, side)}'"
                kind = "view" if self.one.rows(views) else "table"
                self.one.rows(f"drop {kind} if exists {self._table(feature, side)}")

    def _model(self, feature: Feature, side: str) -> str:
        return f"{'agg' if side == 'ours' else 'stock'}_{feature.name}_{self.form}_{self.one.name}"

    def _table(self, feature: Feature, side: str) -> str:
        return f"{GOLD}.{self._model(feature, side)}"

    def _phase(self, side: str, phase: int) -> None:
        folder = self.one.target.parent / "models" / self.one.name if side == "ours" else self.home / "models"
        names = []
        for feature in features():
            if text := feature.text(side, phase):
                name = self._model(feature, side)
                (folder / f"{name}.sql").write_text(self._filled(text), encoding="utf-8")
                self._describe(folder, feature, side)
                names.append(name)
        self._dbt(side, names)

    def _filled(self, text: str) -> str:
        layers = {"BRONZE": "bronze.brz_NAME", "SILVER": f"{self.one.silver}.slv_NAME"}
        for word, table in layers.items():
            text = text.replace(word, table)
        return text.replace("NAME", self.one.name)

    def _describe(self, folder: Path, feature: Feature, side: str) -> None:
        given = dict(feature.properties)
        if side == "stock":
            given.pop("data_tests", None)
        config = {**given.pop("config", {}), "tblproperties": {"format-version": self.form[1:]}}
        described = {"models": [{"name": self._model(feature, side), "config": config, **given}]}
        path = folder / f"{self._model(feature, side)}.yml"
        path.write_text(yaml.safe_dump(described), encoding="utf-8")

    def _dbt(self, side: str, names: list[str]) -> None:
        words = self.one.words(self.one.target if side == "ours" else self.home / "target", "")
        words = words[: words.index("--select")]
        if side == "stock":
            words[words.index("--project-dir") + 1] = str(self.home)
        else:
            names = [f"brz_{self.one.name}", f"slv_{self.one.name}", *names]
        words[words.index("run")] = "build"
        result = invoke([*words, "--threads", "4", "--select", *names])
        assert result.result, result.exception
        for node in result.result:
            if node.status not in {"success", "pass"}:
                name = (getattr(node.node, "attached_node", None) or node.node.name).rpartition(".")[2]
                self.failed.setdefault(name, self._plain(str(node.message)))
        assert side == "stock" or not {f"{layer}_{self.one.name}" for layer in ("brz", "slv")} & set(
            self.failed
        )

    def _between(self) -> None:
        for feature in features():
            for side in self.sides:
                for statement in feature.between:
                    self.one.rows(statement.replace("TABLE", self._table(feature, side)))

    def _outcome(self, feature: Feature, side: str) -> tuple[str, str]:
        said = self.failed.get(self._model(feature, side), "")
        if said and not (feature.refused and feature.refused in said):
            return "error", said
        rows = None
        if feature.ask:
            ask = (feature.stock_ask if side == "stock" else "") or feature.ask
            try:
                rows = [list(row) for row in self.one.rows(ask.replace("TABLE", self._table(feature, side)))]
            except Error as error:
                return "error", self._plain(str(error.args[0].status.errorMessage if error.args else error))
        right = rows == feature.rows if feature.rows is not None else True
        if right and bool(said) == bool(feature.refused):
            return "works", ""
        return "wrong", json.dumps(rows, default=str)

    def _plain(self, message: str) -> str:
        """Return what dbt said on one line, without stack traces, places of files and names of the run."""
        kept = _WRAPPING.sub("", message.partition("\tat ")[0].partition("== SQL")[0])
        return " ".join(kept.replace(f"_{self.form}_{self.one.name}", "").split())[:400]
