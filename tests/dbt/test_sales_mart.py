"""The sales mart, loaded by batches with updates and deletes, asked what the shop's own tables are asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from metastore_sync.settings import PROJECT
from tests.dbt.invocation import invoke
from tests.dbt.shop import Shop

pytestmark = pytest.mark.stack
QUESTIONS = yaml.safe_load((PROJECT / "tests/cases/sales_questions.yml").read_text(encoding="utf-8"))
FIELDS: dict[str, dict[str, Any]] = {
    "orders": {"mode": "upsert", "pk_fields": ["o_orderkey"], "order_by": ["updated_at"]},
    "lineitem": {"mode": "upsert", "pk_fields": ["l_orderkey", "l_linenumber"], "order_by": ["updated_at"]},
    "customers": {
        "mode": "upsert",
        "pk_fields": ["c_custkey"],
        "order_by": ["__lsn"],
        "cdc": {"connection": "shop", "table": "public.customers"},
    },
}
#: Models of the repository that are run under names of the test's own.
MODELS = re.compile(
    r"\b((?:brz|slv|agg|dim|fct)_(?:orders|customers|lineitems?|revenue)(?:_daily|_current|_h)?)\b"
)
MART = ("dim_customers", "dim_customers_h", "fct_orders", "fct_lineitems", "agg_revenue_daily")


class Mart:
    """The shipped models of the mart and its inputs, over datasets of the test's own."""

    def __init__(self, shop: Shop, lakes: dict[str, Any], folder: Path) -> None:
        self.shop, self.lakes, self.folder = shop, lakes, folder
        self.suffix = lakes["orders"].name
        self.offsets = dict.fromkeys(FIELDS, 0)
        for area in (*FIELDS, "marts/sales"):
            for path in sorted((PROJECT / "dbt_project/models" / area).glob("*_*.*")):
                if path.suffix == ".sql" or area == "marts/sales":
                    self._copy(path)

    def _copy(self, path: Path) -> None:
        text = MODELS.sub(lambda found: self.renamed(found[1]), path.read_text(encoding="utf-8"))
        for table, one in self.lakes.items():
            text = text.replace(f"'{table}'", f"'{one.name}'")
        (self.folder / (self.renamed(path.stem) + path.suffix)).write_text(text, encoding="utf-8")

    def renamed(self, model: str) -> str:
        """Return a model's name in this test; those of silver and bronze bear their dataset's."""
        layer, _, rest = model.partition("_")
        table, _, more = rest.partition("_")
        if layer in {"brz", "slv"} and table in self.lakes:
            return "_".join(filter(None, [layer, self.lakes[table].name, more]))
        return f"{model}_{self.suffix}"

    def load(self, changes: list[Any], record: Callable[..., Any]) -> None:
        """Admit the changes as one batch per table, and build everything."""
        for table, one in self.lakes.items():
            records = []
            for change in (change for change in changes if change.table == table):
                offset = self.offsets[table]
                self.offsets[table] += 1
                records.append(record(change.value, key=change.key, offset=offset, at=change.at))
            one.admit(*records, columns=self.shop.columns(table))
        names = sorted({path.stem for path in self.folder.iterdir()})
        one = self.lakes["orders"]
        words = one.words(one.target, "")
        result = invoke([*words[: words.index("--select")], "--select", *names])
        assert result.success, one.messages(result)

    def answer(self, question: str, sql: str) -> list[tuple[Any, ...]]:
        """Ask the mart."""
        sql = sql.replace("TABLE", question)
        for name in MART:
            table = f"dev_tidegate_test_gold.{self.renamed(name)}"
            sql = re.sub(rf"\b{name}\b", table, sql)
        return list(self.lakes["orders"].rows(sql))


@pytest.fixture
def mart(lake: Callable[..., Any], dbt_home: Path, tmp_path: Path) -> Iterator[Mart]:
    lakes = {table: lake(**fields) for table, fields in FIELDS.items()}
    for one in lakes.values():  # the repository's models stand in for the fixture's
        for path in (dbt_home / "models" / one.name).iterdir():
            path.unlink()
    folder = dbt_home / "models" / lakes["orders"].name
    made = Mart(Shop(tmp_path), lakes, folder)
    yield made
    for one in lakes.values():
        for view in ("current", "h"):
            kind = "view" if view == "current" else "table"
            one.rows(f"drop {kind} if exists {{slv}}_{view}")
    for name in (*MART, "agg_orders_daily"):
        lakes["orders"].rows(f"drop table if exists dev_tidegate_test_gold.{made.renamed(name)} purge")


def test_the_mart_answers_as_the_shop_does_after_every_wave(mart: Mart, record: Callable[..., Any]) -> None:
    waves = [mart.shop.first, lambda: mart.shop.wave(0), lambda: mart.shop.wave(1)]
    for number, wave in enumerate(waves):
        mart.load(wave(), record)
        for question, sql in QUESTIONS.items():
            found = canonical(mart.answer(question, sql["mart"]))
            wanted = canonical(mart.shop.rows(sql["source"]))
            assert wanted, f"{question} is answered by no row of the shop"
            assert found == wanted, f"{question} after wave {number}"


def canonical(rows: list[tuple[Any, ...]]) -> list[str]:
    """Return the rows as sorted texts, numbers without trailing zeros."""
    return sorted(json.dumps([_plain(value) for value in row]) for row in rows)


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return str(Decimal(str(value)).normalize())
