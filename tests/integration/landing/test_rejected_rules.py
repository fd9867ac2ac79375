"""Records that a rule keeps out of silver: on record, counted, replayed into silver alone, each once."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
from typing import Any

import pytest
from landing.conftest import Landing

from lakehouse import build, deploy, ledger, receipt, rule_rejects, run, spark
from metastore_sync import lifecycle, registry
from metastore_sync.errors import EXIT_FINE, VerdictError
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings
from schema_guard.rejections.replay import Outcome, replay
from schema_guard.rejections.selection import Wanted

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

RULE = """
models:
  - name: slv_{name}
    config:
      meta:
        owner: tests
        rules:
          - {{name: n_is_high, check: n > {least}, on_failure: reject}}
"""
#: Ends the process at a named point of a run, as `kill -9` would.
KILLED = """
import os, signal, sys
from pyhive import hive
from lakehouse import receipt_queries, run
from metastore_sync import settings

def end(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

execute = hive.Cursor.execute
def watched(self, sql, *more, **named):
    if sys.argv[1] == "before silver" and "merge into" in sql.lower() and "slv_" in sql:
        end()
    return execute(self, sql, *more, **named)
hive.Cursor.execute = watched
if sys.argv[1] == "before the registry":
    receipt_queries.QUERIES.put_rule_rejected = end
run.run(settings.load(), [sys.argv[2]], print)
"""
SILVER = "select id, n, kafka_offset as at, batch_id as batch from silver.slv_{} order by id, kafka_offset"
REFS = "select snapshot_id from silver.slv_{}.refs"
TERMS = (
    "select batch_id, is_green, terms ->> 'bronze' as bronze, terms ->> 'rule_rejected' as ruled,"
    " terms ->> 'silver' as silver from registry.receipt"
    " where dataset = %(name)s and line = 'bronze_to_silver' order by 1"
)


class Ruled(Landing):
    """A keyed dataset whose silver rejects records with a low `n`."""

    def dataset(self) -> Dataset:
        return dataclasses.replace(super().dataset(), mode=Mode.UPSERT, pk_fields=("id",))

    def rule(self, least: int) -> None:
        folder = self.settings.scaffold_folder / self.name
        text = RULE.format(name=self.name, least=least)
        (folder / f"slv_{self.name}.yml").write_text(text, encoding="utf-8")

    def load(self, *values: dict[str, int]) -> None:
        sent = [(str(value["id"]).encode(), json.dumps(value).encode()) for value in values]
        self.send(*({"key": key, "value": value} for key, value in sent))
        self.until_landed()

    def run(self) -> None:
        [result] = run.run(self.settings, [self.name], lambda _: None)
        assert (result.exit_code, result.message) == (EXIT_FINE, "")

    def killed(self, point: str) -> None:
        words = [sys.executable, "-c", KILLED, point, self.name]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr

    def silver(self) -> list[tuple[int, ...]]:
        return [tuple(row.values()) for row in spark.rows(self.settings, SILVER.format(self.name))]

    def offsets_of_bronze(self) -> list[int]:
        query = f"select kafka_offset as at from bronze.brz_{self.name} order by 1"  # noqa: S608  our name
        return [row["at"] for row in spark.rows(self.settings, query)]

    def terms(self) -> list[tuple[Any, ...]]:
        return [
            (row["batch_id"], row["is_green"], *(int(row[name]) for name in ("bronze", "ruled", "silver")))
            for row in self.rows(TERMS)
        ]

    def rejected(self, **wanted: Any) -> list[tuple[Any, ...]]:
        with registry.connect(self.settings) as conn:
            rows = ledger.rejected(conn, self.name, ledger.Filter(**wanted))
        return [(r["batch_id"], r["offset"], r["stage"], r["error_message"], r["status"]) for r in rows]

    def again(self, payload: bytes | None = None, offset: int | None = None) -> Outcome:
        wanted = Wanted(stage="rule")
        if offset is not None:
            [row] = self.rows("select distinct topic_id from registry.batch_object where dataset = %(name)s")
            wanted = Wanted(topic_id=row["topic_id"], partition=0, offset=offset)
        return replay(self.settings, self.name, wanted, "ada", "the rule was wrong", payload=payload)

    def forget_receipts(self) -> None:
        self.rows("delete from registry.receipt where dataset = %(name)s returning 1")

    def harm(self, *statements: str) -> None:
        with spark.session(self.settings) as lake:
            for statement in statements:
                lake.rows(statement.format(silver=f"silver.slv_{self.name}"))

    def clean(self) -> None:
        lifecycle.retire(self.settings, self.name, "a test", "its end")
        for table in ("silver.slv_{}", "silver.slv_{}__rejected", "bronze.brz_{}"):
            spark.rows(self.settings, f"drop table if exists {table.format(self.name)}")
        super().clean()


@pytest.fixture
def ruled(spark_settings: Settings) -> Any:
    made = Ruled(spark_settings)
    made.apply()
    deploy.deploy(made.settings)
    made.rule(least=0)
    yield made
    made.clean()


BROKEN = "breaks n_is_high"
FIRST = ({"id": 1, "n": 5}, {"id": 1, "n": -1}, {"id": 2, "n": -2}, {"id": 3, "n": 3})


def test_what_a_rule_rejects_is_on_record_and_comes_back_once(ruled: Ruled) -> None:
    ruled.load(*FIRST)
    for point in ("before silver", "before the registry"):
        ruled.killed(point)
    assert ruled.rejected() == []

    ruled.run()

    # The state before the one that was rejected is shown: a rule judges records, not states.
    assert ruled.silver() == [(1, 5, 0, 1), (3, 3, 3, 1)]
    assert ruled.rejected() == [(1, 2, "rule", BROKEN, "open"), (1, 1, "rule", BROKEN, "open")]
    assert ruled.terms() == [(1, True, 4, 2, 2)]

    # One is edited, wrongly first; then the rule changes, and all that is open is judged again.
    assert [one.batch_id for one in ruled.again(b'{"id": 2, "n": -3}', offset=2).batches] == [2]
    ruled.run()
    assert ruled.rejected(status="open")[0] == (2, 2, "rule", BROKEN, "open")
    ruled.rule(least=-2)
    ruled.again(b'{"id": 2, "n": 2}', offset=2)
    [rest] = ruled.again().batches
    assert (rest.batch_id, rest.record_count) == (4, 1)
    assert (ruled.again().batches, ruled.rejected(status="open")) == ([], [])
    ruled.killed("before silver")
    ruled.run()

    after = [(1, -1, 1, 4), (2, 2, 2, 3), (3, 3, 3, 1)]
    assert ruled.silver() == after
    assert ruled.offsets_of_bronze() == [0, 1, 2, 3]
    assert ruled.terms() == [
        (1, True, 4, 2, 2), (2, True, 1, 1, 0), (3, True, 1, 0, 1), (4, True, 1, 0, 1)
    ]  # fmt: skip

    # A rebuild makes what was built step by step, and the rules of today judge nothing of yesterday.
    build.build(ruled.settings, f"slv_{ruled.name}", words=["--full-refresh"])
    assert ruled.silver() == after
    ruled.forget_receipts()
    ruled.run()
    assert {green for _, green, *_ in ruled.terms()} == {True}

    # A registry that lost them has them again from what the builds noted, before anybody builds.
    known = ruled.rejected()
    ruled.rows("delete from registry.rejected_record where dataset = %(name)s returning 1")
    with registry.connect(ruled.settings) as conn, spark.session(ruled.settings) as lake:
        assert rule_rejects.take_noted(conn, lake, ruled.name) == len(known) == 3
    assert ruled.rejected() == known


def test_a_rejected_record_that_nobody_knows_of_and_a_replayed_one_that_is_gone_turn_receipts_red(
    ruled: Ruled,
) -> None:
    ruled.load(*FIRST)
    ruled.run()
    ruled.again(b'{"id": 2, "n": 2}', offset=2)
    ruled.run()
    [replayed] = ruled.rows(
        "select data_key from registry.batch_object where dataset = %(name)s and is_silver_only"
    )
    facts = []
    for harm in ("row", "object", "registry"):
        ruled.forget_receipts()
        match harm:
            case "row":
                [kept] = spark.rows(ruled.settings, REFS.format(ruled.name))
                ruled.harm("delete from {silver} where id = 2")
            case "object":
                call = "call lake.system.set_current_snapshot('{silver}', " + str(kept["snapshot_id"]) + ")"
                ruled.harm(call)
                body = ruled.remove(replayed["data_key"])
            case _:
                ruled.client.put_object(
                    Bucket=ruled.settings.raw_bucket, Key=replayed["data_key"], Body=body
                )
                ruled.harm("delete from {silver}__rejected where kafka_offset = 1")
                ruled.rows(
                    "delete from registry.rejected_record"
                    ' where dataset = %(name)s and "offset" = 1 returning 1'
                )
        with pytest.raises(VerdictError) as red:
            receipt.receipt(ruled.settings, ruled.name)
        facts.append(str(red.value))

    assert "offsets 2…2: 1 of 1 bronze records are not in silver" in facts[0]
    assert "offsets 2…2: 1 landed ≠ 0 rejected + 0 bronze" in facts[1]
    assert "offsets 1…1: 1 of 4 bronze records are not in silver" in facts[2]
